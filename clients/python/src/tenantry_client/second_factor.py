"""The rest of a sign-in whose password was right. Asynchronous; ``second_factor_sync`` is its twin."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from tenantry.auth_tokens.v1.tokens_pb2 import Tokens
from tenantry.mfa.v1.mfa_authenticator_pb2 import (
    MfaAuthenticator,
    MfaAuthenticatorAssociation,
    MfaAuthenticatorChallenge,
    MfaAuthenticatorType,
)
from tenantry.mfa.v1.mfa_service_pb2 import (
    AssociateMfaAuthenticatorRequest,
    ChallengeMfaAuthenticatorRequest,
    ConfirmMfaAuthenticatorAssociationRequest,
    ListMfaAuthenticatorsRequest,
    VerifyMfaAuthenticatorRequest,
)

from tenantry_client.credentials import Metadata
from tenantry_client.methods import Method, Request, Response
from tenantry_client.services.mfa import (
    ASSOCIATE_MFA_AUTHENTICATOR,
    CHALLENGE_MFA_AUTHENTICATOR,
    CONFIRM_MFA_AUTHENTICATOR_ASSOCIATION,
    LIST_MFA_AUTHENTICATORS,
    VERIFY_MFA_AUTHENTICATOR,
)


class AnonymousCall(Protocol):
    """Carries out an RPC that brings its own proof, without the client's credential."""

    async def __call__(
        self, method: Method[Request, Response], request: Request, metadata: Metadata = ()
    ) -> Response: ...


class SecondFactor:
    """
    Answers what ``MfaRequired`` asks for: ``challenge`` and ``verify``, the first time ``associate`` and ``confirm``.

    Good for 10 minutes, one sign-in and five wrong codes. Made by ``Tenantry.second_factor``.
    """

    def __init__(self, call: AnonymousCall, begin: Callable[[Tokens], Awaitable[Tokens]], mfa_token: str) -> None:
        self._call = call
        self._begin = begin
        self._mfa_token = mfa_token

    async def authenticators(self) -> Sequence[MfaAuthenticator]:
        """Return what the person has: those that are active can be challenged. Nothing means: associate one."""
        shown = (("x-mfa-token", self._mfa_token),)
        return (await self._call(LIST_MFA_AUTHENTICATORS, ListMfaAuthenticatorsRequest(), shown)).authenticators

    async def challenge(self, authenticator: MfaAuthenticator) -> MfaAuthenticatorChallenge:
        """Have a code sent, if this authenticator is one to which codes are sent."""
        request = ChallengeMfaAuthenticatorRequest(authenticator_id=authenticator.id, mfa_token=self._mfa_token)
        return (await self._call(CHALLENGE_MFA_AUTHENTICATOR, request)).challenge

    async def verify(self, challenged: MfaAuthenticatorChallenge | MfaAuthenticator, code: str) -> Tokens:
        """
        Answer with a code and be signed in. For TOTP and recovery codes no challenge is needed.

        Raises ``Unauthenticated`` ``MFA_CODE_INVALID``.
        """
        request = VerifyMfaAuthenticatorRequest(
            authenticator_type=challenged.type,
            mfa_token=self._mfa_token,
            confirmation_code=code,
            oob_code=challenged.oob_code if isinstance(challenged, MfaAuthenticatorChallenge) else "",
        )
        return await self._begin((await self._call(VERIFY_MFA_AUTHENTICATOR, request)).tokens)

    async def associate(
        self, authenticator_type: "MfaAuthenticatorType.ValueType", *, phone_number: str = ""
    ) -> MfaAuthenticatorAssociation:
        """Begin with a first authenticator. Show its secret and the recovery codes: nobody can ask for them again."""
        request = AssociateMfaAuthenticatorRequest(
            authenticator_type=authenticator_type, mfa_token=self._mfa_token, phone_number=phone_number
        )
        return (await self._call(ASSOCIATE_MFA_AUTHENTICATOR, request)).authenticator

    async def confirm(self, association: MfaAuthenticatorAssociation, code: str) -> Tokens:
        """
        Complete the association with a code and be signed in.

        Raises ``Unauthenticated`` ``MFA_CODE_INVALID``.
        """
        request = ConfirmMfaAuthenticatorAssociationRequest(
            authenticator_type=association.type,
            confirmation_code=code,
            oob_code=association.oob_code,
            mfa_token=self._mfa_token,
        )
        return await self._begin((await self._call(CONFIRM_MFA_AUTHENTICATOR_ASSOCIATION, request)).tokens)
