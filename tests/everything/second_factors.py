"""Second factors: somebody who has switched them on, and what requests about them need."""

import base64
from dataclasses import dataclass, replace

from tenantry.mfa.v1 import mfa_authenticator_pb2 as types
from tenantry.mfa.v1 import mfa_service_pb2 as mfa
from tenantry.mfa.v1.mfa_service_pb2_grpc import MfaServiceStub

from server.subdomains.identity.mfa.domain import totp
from tests.everything.callers import Caller
from tests.everything.people import People, Person, metadata_of
from tests.everything.requests import Value
from tests.harness import Metadata, Running, refusal

TOTP = types.MFA_AUTHENTICATOR_TYPE_TOTP


@dataclass(frozen=True)
class Association:
    """An app that somebody has begun to associate while signing in, and what was handed out."""

    person: Person
    mfa_token: str
    secret: str
    recovery_codes: tuple[str, ...]


class SecondFactors:
    """Does with second factors what a client does."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._people = People(running)
        self._mfa = MfaServiceStub(running.channel)

    async def switch_on(self, metadata: Metadata) -> None:
        """Let signing in ask for a second factor."""
        await self._mfa.ChangeMfa(mfa.ChangeMfaRequest(is_enabled=True), metadata=metadata)

    async def person(self) -> Person:
        """Somebody who has switched them on."""
        person = await self._people.person()
        await self.switch_on(metadata_of(person))
        return person

    async def token(self, person: Person) -> str:
        """What the password gives whoever needs a second factor."""
        return (await refusal(self._people.sign_in(person.username))).metadata["mfa_token"]

    async def associate(self, person: Person) -> Association:
        """Begin to associate an app while signing in."""
        token = await self.token(person)
        request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=TOTP, mfa_token=token)
        found = (await self._mfa.AssociateMfaAuthenticator(request)).authenticator
        return Association(person, token, found.secret, tuple(found.recovery_codes))

    async def confirm(self, association: Association) -> Person:
        """Sign in with the app; the person in the new session."""
        request = mfa.ConfirmMfaAuthenticatorAssociationRequest(
            authenticator_type=TOTP, confirmation_code=self.code(association), mfa_token=association.mfa_token
        )
        answer = await self._mfa.ConfirmMfaAuthenticatorAssociation(request)
        return replace(association.person, tokens=answer.tokens)

    async def refuse(self, association: Association) -> None:
        """Give a wrong code."""
        code = f"{(int(self.code(association)) + 1) % 1_000_000:06d}"
        request = mfa.ConfirmMfaAuthenticatorAssociationRequest(
            authenticator_type=TOTP, confirmation_code=code, mfa_token=association.mfa_token
        )
        assert (await refusal(self._mfa.ConfirmMfaAuthenticatorAssociation(request))).reason == "MFA_CODE_INVALID"

    async def reset(self, person: Person, operator: Metadata) -> None:
        """Take somebody's second factors away."""
        await self._mfa.ResetMfa(mfa.ResetMfaRequest(user_id=person.user_id), metadata=operator)

    async def id_of_app(self, metadata: Metadata) -> str:
        """The id of somebody's app, a new one if need be."""
        await self.switch_on(metadata)
        request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=TOTP)
        await self._mfa.AssociateMfaAuthenticator(request, metadata=metadata)
        found = await self._mfa.ListMfaAuthenticators(mfa.ListMfaAuthenticatorsRequest(), metadata=metadata)
        return next(each.id for each in found.authenticators if each.type == TOTP)

    def code(self, association: Association) -> str:
        """What the app shows now."""
        return totp.code_at(base64.b32decode(association.secret), totp.step_of(self._running.clock()))


class SignIns:
    """Makes a sign-in for each request: a value that comes first begins it, those that follow are of the last one."""

    def __init__(self, running: Running) -> None:
        self._factors = SecondFactors(running)
        self._mfa = MfaServiceStub(running.channel)
        self._last: Association | None = None

    @property
    def last(self) -> Association:
        assert self._last is not None
        return self._last

    async def new_token(self, *_: object) -> str:
        return await self._factors.token(await self._factors.person())

    async def code_to_confirm(self, *_: object) -> str:
        self._last = await self._factors.associate(await self._factors.person())
        return self._factors.code(self._last)

    async def token_of_another_sign_in(self, *_: object) -> str:
        """Of somebody who has an app, and signs in once more."""
        begun = await self._factors.associate(await self._factors.person())
        person = await self._factors.confirm(begun)
        self._last = replace(begun, person=person, mfa_token=await self._factors.token(person))
        return self._last.mfa_token

    async def confirmed_authenticator(self, *_: object) -> str:
        await self.token_of_another_sign_in()
        metadata = metadata_of(self.last.person)
        found = await self._mfa.ListMfaAuthenticators(mfa.ListMfaAuthenticatorsRequest(), metadata=metadata)
        return found.authenticators[0].id

    async def token_of_the_last(self, *_: object) -> str:
        return self.last.mfa_token

    async def recovery_code(self, *_: object) -> str:
        return self.last.recovery_codes[0]


def second_factors(running: Running, enrolled: Caller) -> dict[str, Value]:
    """The values of requests about them: each is for a sign-in of its own, unless it is about *enrolled*."""
    factors, sign_ins = SecondFactors(running), SignIns(running)

    async def app(*_: object) -> str:
        return await factors.id_of_app(enrolled.metadata)

    async def page_size(*_: object) -> int:
        await factors.switch_on(enrolled.metadata)
        return 0

    return {
        "ChangeMfa.is_enabled": _always(False),
        "AssociateMfaAuthenticator.authenticator_type": _always(TOTP),
        "AssociateMfaAuthenticator.mfa_token": sign_ins.new_token,
        "AssociateMfaAuthenticator.phone_number": _always(None),
        "ConfirmMfaAuthenticatorAssociation.authenticator_type": _always(TOTP),
        "ConfirmMfaAuthenticatorAssociation.confirmation_code": sign_ins.code_to_confirm,
        "ConfirmMfaAuthenticatorAssociation.mfa_token": sign_ins.token_of_the_last,
        "DisassociateMfaAuthenticator.id": app,
        "ListMfaAuthenticators.page_size": page_size,
        "ChallengeMfaAuthenticator.authenticator_id": sign_ins.confirmed_authenticator,
        "ChallengeMfaAuthenticator.mfa_token": sign_ins.token_of_the_last,
        "VerifyMfaAuthenticator.authenticator_type": _always(types.MFA_AUTHENTICATOR_TYPE_RECOVERY_CODES),
        "VerifyMfaAuthenticator.mfa_token": sign_ins.token_of_another_sign_in,
        "VerifyMfaAuthenticator.confirmation_code": sign_ins.recovery_code,
    }


def _always(value: object) -> Value:
    async def given(*_: object) -> object:
        return value

    return given
