"""MfaService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.mfa.v1 import mfa_authenticator_pb2, mfa_service_pb2, mfa_service_pb2_grpc
from tenantry.password_credentials.v1 import person_credential_pb2
from tenantry.users.v1 import end_user_pb2

from server.kernel import values
from server.kernel.access.caller import current_call
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.access_enums import CLASSIFICATIONS, FEATURES, PLATFORM_ROLES
from server.kernel.rpc.context import Context
from server.subdomains.identity.mfa.application.associations import Associations
from server.subdomains.identity.mfa.application.authenticators import Authenticators
from server.subdomains.identity.mfa.application.entrance import Claim
from server.subdomains.identity.mfa.application.options import CredentialOfUser, Options
from server.subdomains.identity.mfa.application.proofs import Answer
from server.subdomains.identity.mfa.application.verifications import Verifications
from server.subdomains.identity.mfa.domain.authenticator import AuthenticatorType, MfaAuthenticator
from server.subdomains.identity.mfa.errors import AlreadyAuthenticated, MfaTokenInvalid
from server.subdomains.identity.servicer import tokens_to_proto

_TYPES = {
    mfa_authenticator_pb2.MFA_AUTHENTICATOR_TYPE_RECOVERY_CODES: AuthenticatorType.RECOVERY_CODES,
    mfa_authenticator_pb2.MFA_AUTHENTICATOR_TYPE_OOB_SMS: AuthenticatorType.OOB_SMS,
    mfa_authenticator_pb2.MFA_AUTHENTICATOR_TYPE_OOB_EMAIL: AuthenticatorType.OOB_EMAIL,
    mfa_authenticator_pb2.MFA_AUTHENTICATOR_TYPE_TOTP: AuthenticatorType.TOTP,
}
_NUMBERS = {kind: number for number, kind in _TYPES.items()}
_DEFAULT_PAGE_SIZE = 100
_DIGITS = 6

_Answering = mfa_service_pb2.ConfirmMfaAuthenticatorAssociationRequest | mfa_service_pb2.VerifyMfaAuthenticatorRequest


class MfaServicer(mfa_service_pb2_grpc.MfaServiceServicer):
    """Answers MfaService."""

    def __init__(
        self,
        *,
        options: Options,
        associations: Associations,
        authenticators: Authenticators,
        verifications: Verifications,
        lists: Lists,
    ) -> None:
        self._options = options
        self._associations = associations
        self._authenticators = authenticators
        self._verifications = verifications
        self._lists = lists

    async def ChangeMfa(
        self, request: mfa_service_pb2.ChangeMfaRequest, context: Context
    ) -> mfa_service_pb2.ChangeMfaResponse:
        user_id = current_call().caller.user_id
        found = await self._options.change_mfa(user_id=user_id, is_enabled=request.is_enabled)
        return mfa_service_pb2.ChangeMfaResponse(credential=_credential_to_proto(found))

    async def ResetMfa(
        self, request: mfa_service_pb2.ResetMfaRequest, context: Context
    ) -> mfa_service_pb2.ResetMfaResponse:
        found = await self._options.reset_mfa(user_id=request.user_id)
        return mfa_service_pb2.ResetMfaResponse(credential=_credential_to_proto(found))

    def check_AssociateMfaAuthenticator(
        self, request: mfa_service_pb2.AssociateMfaAuthenticatorRequest
    ) -> Iterator[Violation]:
        _require_token(request.mfa_token)
        if request.phone_number and values.phone(request.phone_number) is None:
            yield Violation(
                "phone_number", "INVALID_PHONE_NUMBER", "must be an international number, such as +6421300033"
            )

    async def AssociateMfaAuthenticator(
        self, request: mfa_service_pb2.AssociateMfaAuthenticatorRequest, context: Context
    ) -> mfa_service_pb2.AssociateMfaAuthenticatorResponse:
        found = await self._associations.associate(
            _claim(request.mfa_token),
            kind=_TYPES[request.authenticator_type],
            phone_number=values.phone(request.phone_number),
        )
        return mfa_service_pb2.AssociateMfaAuthenticatorResponse(
            authenticator=mfa_authenticator_pb2.MfaAuthenticatorAssociation(
                type=_NUMBERS[found.type],
                oob_code=found.oob_code,
                secret=found.secret,
                bar_code_uri=found.bar_code_uri,
                bar_code_svg=found.bar_code_svg,
                recovery_codes=found.recovery_codes,
            )
        )

    def check_ConfirmMfaAuthenticatorAssociation(
        self, request: mfa_service_pb2.ConfirmMfaAuthenticatorAssociationRequest
    ) -> Iterator[Violation]:
        _require_token(request.mfa_token)
        yield from _violations_of_handle(request)

    async def ConfirmMfaAuthenticatorAssociation(
        self, request: mfa_service_pb2.ConfirmMfaAuthenticatorAssociationRequest, context: Context
    ) -> mfa_service_pb2.ConfirmMfaAuthenticatorAssociationResponse:
        found = await self._associations.confirm(
            _claim(request.mfa_token),
            _answer(request),
        )
        return mfa_service_pb2.ConfirmMfaAuthenticatorAssociationResponse(
            authenticators=[_to_proto(each) for each in found.authenticators],
            tokens=None if found.tokens is None else tokens_to_proto(found.tokens),
        )

    async def DisassociateMfaAuthenticator(
        self, request: mfa_service_pb2.DisassociateMfaAuthenticatorRequest, context: Context
    ) -> mfa_service_pb2.DisassociateMfaAuthenticatorResponse:
        await self._authenticators.disassociate(_claim(""), authenticator_id=request.id)
        return mfa_service_pb2.DisassociateMfaAuthenticatorResponse()

    def check_ListMfaAuthenticators(self, request: mfa_service_pb2.ListMfaAuthenticatorsRequest) -> Iterator[Violation]:
        _require_token(_token_of_metadata())
        return self._lists.token_violations(request)

    async def ListMfaAuthenticators(
        self, request: mfa_service_pb2.ListMfaAuthenticatorsRequest, context: Context
    ) -> mfa_service_pb2.ListMfaAuthenticatorsResponse:
        found = await self._authenticators.list_authenticators(_claim(_token_of_metadata()))
        after, size = self._lists.after(request), request.page_size or _DEFAULT_PAGE_SIZE
        rest = [each for each in found if after is None or (each.created_at, each.id) > after]
        token = ""
        if len(rest) > size:
            last = rest[size - 1]
            token = self._lists.token(request, (last.created_at, last.id))
        return mfa_service_pb2.ListMfaAuthenticatorsResponse(
            authenticators=[_to_proto(each) for each in rest[:size]], next_page_token=token, total_size=len(found)
        )

    def check_ChallengeMfaAuthenticator(
        self, request: mfa_service_pb2.ChallengeMfaAuthenticatorRequest
    ) -> Iterator[Violation]:
        _refuse_signed_in()
        yield from ()

    async def ChallengeMfaAuthenticator(
        self, request: mfa_service_pb2.ChallengeMfaAuthenticatorRequest, context: Context
    ) -> mfa_service_pb2.ChallengeMfaAuthenticatorResponse:
        found = await self._verifications.challenge(
            _claim(request.mfa_token), authenticator_id=request.authenticator_id
        )
        challenge = mfa_authenticator_pb2.MfaAuthenticatorChallenge(type=_NUMBERS[found.type], oob_code=found.oob_code)
        return mfa_service_pb2.ChallengeMfaAuthenticatorResponse(challenge=challenge)

    def check_VerifyMfaAuthenticator(
        self, request: mfa_service_pb2.VerifyMfaAuthenticatorRequest
    ) -> Iterator[Violation]:
        _refuse_signed_in()
        is_recovery = _TYPES.get(request.authenticator_type) is AuthenticatorType.RECOVERY_CODES
        if is_recovery is (len(request.confirmation_code) == _DIGITS):
            form = "xxxxx-xxxxx" if is_recovery else "six digits"
            yield Violation("confirmation_code", "INVALID_CONFIRMATION_CODE", f"must have the form {form}")
        yield from _violations_of_handle(request)

    async def VerifyMfaAuthenticator(
        self, request: mfa_service_pb2.VerifyMfaAuthenticatorRequest, context: Context
    ) -> mfa_service_pb2.VerifyMfaAuthenticatorResponse:
        tokens = await self._verifications.verify(
            _claim(request.mfa_token),
            _answer(request),
        )
        return mfa_service_pb2.VerifyMfaAuthenticatorResponse(tokens=tokens_to_proto(tokens))


def _claim(mfa_token: str) -> Claim:
    caller = current_call().caller
    return Claim(user_id=None if caller.is_anonymous else caller.user_id, mfa_token=mfa_token)


def _token_of_metadata() -> str:
    return str(current_call().metadata.get("x-mfa-token", ""))


def _require_token(mfa_token: str) -> None:
    """Refuse whoever has no credential at all before looking at the rest of the request."""
    if not mfa_token and current_call().caller.is_anonymous:
        raise MfaTokenInvalid


def _refuse_signed_in() -> None:
    """Who may call comes before what is asked."""
    if not current_call().caller.is_anonymous:
        raise AlreadyAuthenticated


def _answer(request: _Answering) -> Answer:
    kind = _TYPES[request.authenticator_type]
    return Answer(kind=kind, code=request.confirmation_code, oob_code=request.oob_code or None)


def _violations_of_handle(request: _Answering) -> Iterator[Violation]:
    kind = _TYPES.get(request.authenticator_type)
    if kind is not None and kind.is_oob and not request.oob_code:
        yield Violation("oob_code", "INVALID_OOB_CODE", "must be that of the code that was sent")


def _to_proto(authenticator: MfaAuthenticator) -> mfa_authenticator_pb2.MfaAuthenticator:
    return mfa_authenticator_pb2.MfaAuthenticator(
        id=authenticator.id, type=_NUMBERS[authenticator.type], is_active=authenticator.is_active
    )


def _credential_to_proto(found: CredentialOfUser) -> person_credential_pb2.PersonCredential:
    user = found.user
    status = end_user_pb2.USER_STATUS_REGISTERED if user.is_registered else end_user_pb2.USER_STATUS_UNREGISTERED
    return person_credential_pb2.PersonCredential(
        id=found.credential.id,
        is_mfa_enabled=found.credential.is_mfa_enabled,
        user=end_user_pb2.EndUser(
            id=user.id,
            access=end_user_pb2.USER_ACCESS_SUSPENDED if user.is_suspended else end_user_pb2.USER_ACCESS_ENABLED,
            status=status,
            classification=CLASSIFICATIONS[user.classification],
            roles=[PLATFORM_ROLES[role] for role in user.roles],
            features=[FEATURES[feature] for feature in user.features],
        ),
    )
