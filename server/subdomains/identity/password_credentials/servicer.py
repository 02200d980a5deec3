"""PasswordCredentialsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.access.v1 import types_pb2
from tenantry.password_credentials.v1 import (
    password_credentials_service_pb2,
    password_credentials_service_pb2_grpc,
    person_credential_pb2,
)
from tenantry.users.v1 import end_user_pb2

from server.kernel import values
from server.kernel.access.caller import current_call
from server.kernel.errors import Violation
from server.kernel.rpc.access_enums import FEATURES, PLATFORM_ROLES
from server.kernel.rpc.context import Context
from server.subdomains.identity.password_credentials.application.confirmations import Confirmations
from server.subdomains.identity.password_credentials.application.registrations import (
    RegisteredPerson,
    Registrations,
)
from server.subdomains.identity.password_credentials.application.resets import Resets
from server.subdomains.identity.password_credentials.application.sign_ins import SignIns
from server.subdomains.identity.password_credentials.domain import passwords
from server.subdomains.identity.password_credentials.domain.registration import Registration
from server.subdomains.identity.servicer import tokens_to_proto


class PasswordCredentialsServicer(password_credentials_service_pb2_grpc.PasswordCredentialsServiceServicer):
    """Answers PasswordCredentialsService."""

    def __init__(
        self, registrations: Registrations, confirmations: Confirmations, sign_ins: SignIns, resets: Resets
    ) -> None:
        self._registrations = registrations
        self._confirmations = confirmations
        self._sign_ins = sign_ins
        self._resets = resets

    def check_AuthenticateCredential(
        self, request: password_credentials_service_pb2.AuthenticateCredentialRequest
    ) -> Iterator[Violation]:
        if values.email(request.username) is None:
            yield Violation("username", "INVALID_USERNAME", "must be an e-mail address")
        if not passwords.is_possible(request.password):
            yield Violation("password", "INVALID_PASSWORD", f"must have 1 to {passwords.LONGEST} characters")

    async def AuthenticateCredential(
        self, request: password_credentials_service_pb2.AuthenticateCredentialRequest, context: Context
    ) -> password_credentials_service_pb2.AuthenticateCredentialResponse:
        tokens = await self._sign_ins.authenticate_credential(
            email_address=values.email(request.username) or request.username, password=request.password
        )
        return password_credentials_service_pb2.AuthenticateCredentialResponse(tokens=tokens_to_proto(tokens))

    def check_RegisterPerson(
        self, request: password_credentials_service_pb2.RegisterPersonRequest
    ) -> Iterator[Violation]:
        return self._registrations.violations_of_registration(_registration(request))

    async def RegisterPerson(
        self, request: password_credentials_service_pb2.RegisterPersonRequest, context: Context
    ) -> password_credentials_service_pb2.RegisterPersonResponse:
        caller = current_call().caller
        person = await self._registrations.register_person(
            _registration(request), caller_id=None if caller.is_anonymous else caller.user_id
        )
        return password_credentials_service_pb2.RegisterPersonResponse(person=_to_proto(person))

    async def ConfirmPersonRegistration(
        self, request: password_credentials_service_pb2.ConfirmPersonRegistrationRequest, context: Context
    ) -> password_credentials_service_pb2.ConfirmPersonRegistrationResponse:
        await self._confirmations.confirm_person_registration(token=request.token)
        return password_credentials_service_pb2.ConfirmPersonRegistrationResponse()

    def check_InitiatePasswordReset(
        self, request: password_credentials_service_pb2.InitiatePasswordResetRequest
    ) -> Iterator[Violation]:
        if values.email(request.email_address) is None:
            yield Violation("email_address", "INVALID_EMAIL_ADDRESS", "must be an e-mail address")

    async def InitiatePasswordReset(
        self, request: password_credentials_service_pb2.InitiatePasswordResetRequest, context: Context
    ) -> password_credentials_service_pb2.InitiatePasswordResetResponse:
        await self._resets.initiate_password_reset(
            email_address=values.email(request.email_address) or request.email_address,
            client_address=current_call().client_address,
        )
        return password_credentials_service_pb2.InitiatePasswordResetResponse()

    async def ResendPasswordReset(
        self, request: password_credentials_service_pb2.ResendPasswordResetRequest, context: Context
    ) -> password_credentials_service_pb2.ResendPasswordResetResponse:
        await self._resets.resend_password_reset(token=request.token)
        return password_credentials_service_pb2.ResendPasswordResetResponse()

    async def VerifyPasswordReset(
        self, request: password_credentials_service_pb2.VerifyPasswordResetRequest, context: Context
    ) -> password_credentials_service_pb2.VerifyPasswordResetResponse:
        await self._resets.verify_password_reset(token=request.token)
        return password_credentials_service_pb2.VerifyPasswordResetResponse()

    def check_CompletePasswordReset(
        self, request: password_credentials_service_pb2.CompletePasswordResetRequest
    ) -> Iterator[Violation]:
        return self._resets.violations_of_password(request.password)

    async def CompletePasswordReset(
        self, request: password_credentials_service_pb2.CompletePasswordResetRequest, context: Context
    ) -> password_credentials_service_pb2.CompletePasswordResetResponse:
        await self._resets.complete_password_reset(token=request.token, password=request.password)
        return password_credentials_service_pb2.CompletePasswordResetResponse()

    async def GetRegistrationConfirmation(
        self, request: password_credentials_service_pb2.GetRegistrationConfirmationRequest, context: Context
    ) -> password_credentials_service_pb2.GetRegistrationConfirmationResponse:
        token = await self._confirmations.get_registration_confirmation(user_id=request.user_id)
        return password_credentials_service_pb2.GetRegistrationConfirmationResponse(token=token)


def _registration(request: password_credentials_service_pb2.RegisterPersonRequest) -> Registration:
    return Registration(
        email_address=request.email_address,
        first_name=request.first_name,
        last_name=request.last_name,
        password=request.password,
        timezone=request.timezone,
        locale=request.locale,
        country_code=request.country_code,
        invitation_token=request.invitation_token,
    )


def _to_proto(person: RegisteredPerson) -> person_credential_pb2.PersonCredential:
    return person_credential_pb2.PersonCredential(
        id=person.credential_id,
        is_mfa_enabled=False,
        user=end_user_pb2.EndUser(
            id=person.user_id,
            access=end_user_pb2.USER_ACCESS_ENABLED,
            status=end_user_pb2.USER_STATUS_REGISTERED,
            classification=types_pb2.USER_CLASSIFICATION_PERSON,
            roles=[PLATFORM_ROLES[role] for role in person.roles],
            features=[FEATURES[feature] for feature in person.features],
        ),
    )
