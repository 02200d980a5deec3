"""PasswordCredentialsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.password_credentials.v1 import password_credentials_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

AUTHENTICATE_CREDENTIAL = Method(
    "/tenantry.password_credentials.v1.PasswordCredentialsService/AuthenticateCredential",
    pb.AuthenticateCredentialRequest,
    pb.AuthenticateCredentialResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
REGISTER_PERSON = Method(
    "/tenantry.password_credentials.v1.PasswordCredentialsService/RegisterPerson",
    pb.RegisterPersonRequest,
    pb.RegisterPersonResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
CONFIRM_PERSON_REGISTRATION = Method(
    "/tenantry.password_credentials.v1.PasswordCredentialsService/ConfirmPersonRegistration",
    pb.ConfirmPersonRegistrationRequest,
    pb.ConfirmPersonRegistrationResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
INITIATE_PASSWORD_RESET = Method(
    "/tenantry.password_credentials.v1.PasswordCredentialsService/InitiatePasswordReset",
    pb.InitiatePasswordResetRequest,
    pb.InitiatePasswordResetResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
RESEND_PASSWORD_RESET = Method(
    "/tenantry.password_credentials.v1.PasswordCredentialsService/ResendPasswordReset",
    pb.ResendPasswordResetRequest,
    pb.ResendPasswordResetResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
VERIFY_PASSWORD_RESET = Method(
    "/tenantry.password_credentials.v1.PasswordCredentialsService/VerifyPasswordReset",
    pb.VerifyPasswordResetRequest,
    pb.VerifyPasswordResetResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
COMPLETE_PASSWORD_RESET = Method(
    "/tenantry.password_credentials.v1.PasswordCredentialsService/CompletePasswordReset",
    pb.CompletePasswordResetRequest,
    pb.CompletePasswordResetResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
GET_REGISTRATION_CONFIRMATION = Method(
    "/tenantry.password_credentials.v1.PasswordCredentialsService/GetRegistrationConfirmation",
    pb.GetRegistrationConfirmationRequest,
    pb.GetRegistrationConfirmationResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class PasswordCredentialsService:
    """
    Persons sign up and in with an e-mail address and a password.

    E-mail addresses are trimmed, brought to Unicode NFC and lower case, and their domain to IDNA, wherever one is
    given.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def AuthenticateCredential(
        self, request: pb.AuthenticateCredentialRequest, *, timeout: float | None = None
    ) -> pb.AuthenticateCredentialResponse:
        """
        Signs a person in. Opens a new session; the others go on. Five wrong passwords in a row (a setting) lock the
        name for ten minutes (a setting), whether or not it exists.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_USERNAME, INVALID_PASSWORD (empty or over 200 characters),
          INVALID_REQUEST_ID.
        - UNAUTHENTICATED, INVALID_CREDENTIALS: unknown name or wrong password; which one is not told.
        - FAILED_PRECONDITION, ACCOUNT_LOCKED: too many wrong passwords; the password was not looked at.
        - FAILED_PRECONDITION, ACCOUNT_SUSPENDED: the password is right, and operators have suspended the user.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED: the password is right, and the registration is not confirmed
          yet.
        - PERMISSION_DENIED, MFA_REQUIRED: the password is right, and a second factor is needed. The metadata holds
          mfa_token, good for 10 minutes.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many sign-ins at once, or from this address.
        """
        return await self._call(AUTHENTICATE_CREDENTIAL, request, timeout=timeout)

    async def RegisterPerson(
        self, request: pb.RegisterPersonRequest, *, timeout: float | None = None
    ) -> pb.RegisterPersonResponse:
        """
        Registers a person, who can sign in once the registration is confirmed by the link in the e-mail that follows.
        In the same transaction come the profile, the personal organization and its subscription. To register an address
        again succeeds and changes nothing: the answer does not tell whether the address was known, the e-mail does.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_FIRST_NAME, INVALID_LAST_NAME, INVALID_EMAIL_ADDRESS;
          PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON, PASSWORD_CONTAINS_NAME; INVALID_INVITATION_TOKEN,
          WRONG_INVITATION_KIND (the invitation is one to a team); INVALID_TIMEZONE, INVALID_LOCALE,
          INVALID_COUNTRY_CODE, TERMS_NOT_ACCEPTED, INVALID_REQUEST_ID.
        - PERMISSION_DENIED, INVITATION_NOT_ANONYMOUS: the caller is signed in and gives an invitation.
        - ALREADY_EXISTS, EMAIL_ALREADY_REGISTERED: the invitation is good, and the address is that of somebody else.
        - FAILED_PRECONDITION, INVITATION_EXPIRED: the invitation is over 14 days old.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many registrations at once, or from this address.
        """
        return await self._call(REGISTER_PERSON, request, timeout=timeout)

    async def ConfirmPersonRegistration(
        self, request: pb.ConfirmPersonRegistrationRequest, *, timeout: float | None = None
    ) -> pb.ConfirmPersonRegistrationResponse:
        """
        Confirms a registration with the token of the e-mail. The person can then sign in; no tokens are issued here.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_TOKEN (malformed).
        - NOT_FOUND, REGISTRATION_TOKEN_NOT_FOUND: unknown, replaced by a newer one, or used before.
        - FAILED_PRECONDITION, REGISTRATION_TOKEN_EXPIRED: the token is over 24 hours old.
        """
        return await self._call(CONFIRM_PERSON_REGISTRATION, request, timeout=timeout)

    async def InitiatePasswordReset(
        self, request: pb.InitiatePasswordResetRequest, *, timeout: float | None = None
    ) -> pb.InitiatePasswordResetResponse:
        """
        Starts a password reset: sends an e-mail with a link that is good for 2 hours. It succeeds for any address: to
        one that nobody has registered goes an e-mail that says so, and to one whose registration is not confirmed the
        link that confirms it. Until the reset is completed the old password works.

        An address gets at most 5 such e-mails an hour (a setting); further calls succeed and send nothing, and the last
        link stays good.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_EMAIL_ADDRESS, INVALID_REQUEST_ID.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: over 20 calls within an hour from this client address (a setting), or too
          many calls at once.
        """
        return await self._call(INITIATE_PASSWORD_RESET, request, timeout=timeout)

    async def ResendPasswordReset(
        self, request: pb.ResendPasswordResetRequest, *, timeout: float | None = None
    ) -> pb.ResendPasswordResetResponse:
        """
        Sends the e-mail of a pending reset once more, with a new token that is good for 2 hours. The one that is given
        here may have expired; it is replaced. The limit of e-mails of InitiatePasswordReset holds: beyond it the call
        succeeds, sends nothing, and replaces nothing.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_TOKEN (malformed), INVALID_REQUEST_ID.
        - NOT_FOUND, RESET_TOKEN_NOT_FOUND: unknown, replaced by a newer one, or used before.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many calls at once from this address.
        """
        return await self._call(RESEND_PASSWORD_RESET, request, timeout=timeout)

    async def VerifyPasswordReset(
        self, request: pb.VerifyPasswordResetRequest, *, timeout: float | None = None
    ) -> pb.VerifyPasswordResetResponse:
        """
        Says whether CompletePasswordReset would accept a token now. It is not used up.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_TOKEN (malformed).
        - NOT_FOUND, RESET_TOKEN_NOT_FOUND: unknown, replaced by a newer one, or used before.
        - FAILED_PRECONDITION, RESET_TOKEN_EXPIRED: the token is over 2 hours old.
        """
        return await self._call(VERIFY_PASSWORD_RESET, request, timeout=timeout)

    async def CompletePasswordReset(
        self, request: pb.CompletePasswordResetRequest, *, timeout: float | None = None
    ) -> pb.CompletePasswordResetResponse:
        """
        Sets a new password with the token of the e-mail, which is then used up. Every session of the person ends, a
        name that was locked is unlocked, and an e-mail tells of the change. No tokens are issued here; a second factor
        stays required. API keys stay as they are.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_TOKEN (malformed); PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG,
          PASSWORD_TOO_COMMON, PASSWORD_CONTAINS_NAME (known only once the token is found good).
        - NOT_FOUND, RESET_TOKEN_NOT_FOUND: unknown, replaced by a newer one, or used before.
        - FAILED_PRECONDITION, RESET_TOKEN_EXPIRED: the token is over 2 hours old.
        - FAILED_PRECONDITION, PASSWORD_UNCHANGED: it is the password that the person has. The token stays good.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many passwords at once, or calls from this address.
        """
        return await self._call(COMPLETE_PASSWORD_RESET, request, timeout=timeout)

    async def GetRegistrationConfirmation(
        self, request: pb.GetRegistrationConfirmationRequest, *, timeout: float | None = None
    ) -> pb.GetRegistrationConfirmationResponse:
        """
        Returns the token that confirms a pending registration, as the e-mail has it. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: the user has no password credential.
        - FAILED_PRECONDITION, REGISTRATION_ALREADY_VERIFIED: the registration is confirmed.
        """
        return await self._call(GET_REGISTRATION_CONFIRMATION, request, timeout=timeout)


class PasswordCredentialsServiceSync:
    """
    Persons sign up and in with an e-mail address and a password.

    E-mail addresses are trimmed, brought to Unicode NFC and lower case, and their domain to IDNA, wherever one is
    given.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def AuthenticateCredential(
        self, request: pb.AuthenticateCredentialRequest, *, timeout: float | None = None
    ) -> pb.AuthenticateCredentialResponse:
        """
        Signs a person in. Opens a new session; the others go on. Five wrong passwords in a row (a setting) lock the
        name for ten minutes (a setting), whether or not it exists.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_USERNAME, INVALID_PASSWORD (empty or over 200 characters),
          INVALID_REQUEST_ID.
        - UNAUTHENTICATED, INVALID_CREDENTIALS: unknown name or wrong password; which one is not told.
        - FAILED_PRECONDITION, ACCOUNT_LOCKED: too many wrong passwords; the password was not looked at.
        - FAILED_PRECONDITION, ACCOUNT_SUSPENDED: the password is right, and operators have suspended the user.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED: the password is right, and the registration is not confirmed
          yet.
        - PERMISSION_DENIED, MFA_REQUIRED: the password is right, and a second factor is needed. The metadata holds
          mfa_token, good for 10 minutes.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many sign-ins at once, or from this address.
        """
        return self._call(AUTHENTICATE_CREDENTIAL, request, timeout=timeout)

    def RegisterPerson(
        self, request: pb.RegisterPersonRequest, *, timeout: float | None = None
    ) -> pb.RegisterPersonResponse:
        """
        Registers a person, who can sign in once the registration is confirmed by the link in the e-mail that follows.
        In the same transaction come the profile, the personal organization and its subscription. To register an address
        again succeeds and changes nothing: the answer does not tell whether the address was known, the e-mail does.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_FIRST_NAME, INVALID_LAST_NAME, INVALID_EMAIL_ADDRESS;
          PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON, PASSWORD_CONTAINS_NAME; INVALID_INVITATION_TOKEN,
          WRONG_INVITATION_KIND (the invitation is one to a team); INVALID_TIMEZONE, INVALID_LOCALE,
          INVALID_COUNTRY_CODE, TERMS_NOT_ACCEPTED, INVALID_REQUEST_ID.
        - PERMISSION_DENIED, INVITATION_NOT_ANONYMOUS: the caller is signed in and gives an invitation.
        - ALREADY_EXISTS, EMAIL_ALREADY_REGISTERED: the invitation is good, and the address is that of somebody else.
        - FAILED_PRECONDITION, INVITATION_EXPIRED: the invitation is over 14 days old.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many registrations at once, or from this address.
        """
        return self._call(REGISTER_PERSON, request, timeout=timeout)

    def ConfirmPersonRegistration(
        self, request: pb.ConfirmPersonRegistrationRequest, *, timeout: float | None = None
    ) -> pb.ConfirmPersonRegistrationResponse:
        """
        Confirms a registration with the token of the e-mail. The person can then sign in; no tokens are issued here.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_TOKEN (malformed).
        - NOT_FOUND, REGISTRATION_TOKEN_NOT_FOUND: unknown, replaced by a newer one, or used before.
        - FAILED_PRECONDITION, REGISTRATION_TOKEN_EXPIRED: the token is over 24 hours old.
        """
        return self._call(CONFIRM_PERSON_REGISTRATION, request, timeout=timeout)

    def InitiatePasswordReset(
        self, request: pb.InitiatePasswordResetRequest, *, timeout: float | None = None
    ) -> pb.InitiatePasswordResetResponse:
        """
        Starts a password reset: sends an e-mail with a link that is good for 2 hours. It succeeds for any address: to
        one that nobody has registered goes an e-mail that says so, and to one whose registration is not confirmed the
        link that confirms it. Until the reset is completed the old password works.

        An address gets at most 5 such e-mails an hour (a setting); further calls succeed and send nothing, and the last
        link stays good.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_EMAIL_ADDRESS, INVALID_REQUEST_ID.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: over 20 calls within an hour from this client address (a setting), or too
          many calls at once.
        """
        return self._call(INITIATE_PASSWORD_RESET, request, timeout=timeout)

    def ResendPasswordReset(
        self, request: pb.ResendPasswordResetRequest, *, timeout: float | None = None
    ) -> pb.ResendPasswordResetResponse:
        """
        Sends the e-mail of a pending reset once more, with a new token that is good for 2 hours. The one that is given
        here may have expired; it is replaced. The limit of e-mails of InitiatePasswordReset holds: beyond it the call
        succeeds, sends nothing, and replaces nothing.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_TOKEN (malformed), INVALID_REQUEST_ID.
        - NOT_FOUND, RESET_TOKEN_NOT_FOUND: unknown, replaced by a newer one, or used before.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many calls at once from this address.
        """
        return self._call(RESEND_PASSWORD_RESET, request, timeout=timeout)

    def VerifyPasswordReset(
        self, request: pb.VerifyPasswordResetRequest, *, timeout: float | None = None
    ) -> pb.VerifyPasswordResetResponse:
        """
        Says whether CompletePasswordReset would accept a token now. It is not used up.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_TOKEN (malformed).
        - NOT_FOUND, RESET_TOKEN_NOT_FOUND: unknown, replaced by a newer one, or used before.
        - FAILED_PRECONDITION, RESET_TOKEN_EXPIRED: the token is over 2 hours old.
        """
        return self._call(VERIFY_PASSWORD_RESET, request, timeout=timeout)

    def CompletePasswordReset(
        self, request: pb.CompletePasswordResetRequest, *, timeout: float | None = None
    ) -> pb.CompletePasswordResetResponse:
        """
        Sets a new password with the token of the e-mail, which is then used up. Every session of the person ends, a
        name that was locked is unlocked, and an e-mail tells of the change. No tokens are issued here; a second factor
        stays required. API keys stay as they are.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_TOKEN (malformed); PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG,
          PASSWORD_TOO_COMMON, PASSWORD_CONTAINS_NAME (known only once the token is found good).
        - NOT_FOUND, RESET_TOKEN_NOT_FOUND: unknown, replaced by a newer one, or used before.
        - FAILED_PRECONDITION, RESET_TOKEN_EXPIRED: the token is over 2 hours old.
        - FAILED_PRECONDITION, PASSWORD_UNCHANGED: it is the password that the person has. The token stays good.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many passwords at once, or calls from this address.
        """
        return self._call(COMPLETE_PASSWORD_RESET, request, timeout=timeout)

    def GetRegistrationConfirmation(
        self, request: pb.GetRegistrationConfirmationRequest, *, timeout: float | None = None
    ) -> pb.GetRegistrationConfirmationResponse:
        """
        Returns the token that confirms a pending registration, as the e-mail has it. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: the user has no password credential.
        - FAILED_PRECONDITION, REGISTRATION_ALREADY_VERIFIED: the registration is confirmed.
        """
        return self._call(GET_REGISTRATION_CONFIRMATION, request, timeout=timeout)
