"""MfaService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.mfa.v1 import mfa_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

CHANGE_MFA = Method(
    "/tenantry.mfa.v1.MfaService/ChangeMfa",
    pb.ChangeMfaRequest,
    pb.ChangeMfaResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
ASSOCIATE_MFA_AUTHENTICATOR = Method(
    "/tenantry.mfa.v1.MfaService/AssociateMfaAuthenticator",
    pb.AssociateMfaAuthenticatorRequest,
    pb.AssociateMfaAuthenticatorResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
CONFIRM_MFA_AUTHENTICATOR_ASSOCIATION = Method(
    "/tenantry.mfa.v1.MfaService/ConfirmMfaAuthenticatorAssociation",
    pb.ConfirmMfaAuthenticatorAssociationRequest,
    pb.ConfirmMfaAuthenticatorAssociationResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
DISASSOCIATE_MFA_AUTHENTICATOR = Method(
    "/tenantry.mfa.v1.MfaService/DisassociateMfaAuthenticator",
    pb.DisassociateMfaAuthenticatorRequest,
    pb.DisassociateMfaAuthenticatorResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
LIST_MFA_AUTHENTICATORS = Method(
    "/tenantry.mfa.v1.MfaService/ListMfaAuthenticators",
    pb.ListMfaAuthenticatorsRequest,
    pb.ListMfaAuthenticatorsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
CHALLENGE_MFA_AUTHENTICATOR = Method(
    "/tenantry.mfa.v1.MfaService/ChallengeMfaAuthenticator",
    pb.ChallengeMfaAuthenticatorRequest,
    pb.ChallengeMfaAuthenticatorResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
VERIFY_MFA_AUTHENTICATOR = Method(
    "/tenantry.mfa.v1.MfaService/VerifyMfaAuthenticator",
    pb.VerifyMfaAuthenticatorRequest,
    pb.VerifyMfaAuthenticatorResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
RESET_MFA = Method(
    "/tenantry.mfa.v1.MfaService/ResetMfa",
    pb.ResetMfaRequest,
    pb.ResetMfaResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)


class MfaService:
    """
    Second factors of persons who sign in with a password.

    Where MFA is on, AuthenticateCredential answers PERMISSION_DENIED MFA_REQUIRED with an mfa_token, good for 10
    minutes and for nothing but some of these calls. With it a person associates and confirms a first authenticator, or
    is challenged by one and answers; that opens the session and uses the token up. Five wrong answers void it, and each
    counts as a wrong password. At most five codes are sent for one token, or to a signed-in person within 10 minutes
    (RESOURCE_EXHAUSTED MFA_SEND_LIMIT), and 20 in an hour to one number or address (a setting; RESOURCE_EXHAUSTED
    RATE_LIMITED).

    Calls that take an mfa_token are refused UNAUTHENTICATED MFA_TOKEN_INVALID without a good one, unless the caller is
    signed in and may call them so: then it is ignored. All but ChangeMfa and ResetMfa are refused FAILED_PRECONDITION
    REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED while the credential is not that far.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def ChangeMfa(self, request: pb.ChangeMfaRequest, *, timeout: float | None = None) -> pb.ChangeMfaResponse:
        """
        Lets signing in ask for a second factor, or no more. To enable it changes no session: the next sign-in
        associates a first authenticator. To disable it removes every authenticator. No change succeeds too.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_IS_ENABLED (not given).
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: the caller has no password credential (single sign-on only, a machine).
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED or PASSWORD_NOT_SET: the credential is not complete.
        - FAILED_PRECONDITION, MFA_CANNOT_BE_DISABLED: this person has to use a second factor.
        """
        return await self._call(CHANGE_MFA, request, timeout=timeout)

    async def AssociateMfaAuthenticator(
        self, request: pb.AssociateMfaAuthenticatorRequest, *, timeout: float | None = None
    ) -> pb.AssociateMfaAuthenticatorResponse:
        """
        Begins to associate an authenticator, or begins again with one that is not confirmed: what was sent or shown
        before is void then. Out of band a code is sent. The first association also makes the recovery codes. Anonymous
        callers show their mfa_token, and may only associate while no authenticator is confirmed.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_AUTHENTICATOR_TYPE, INVALID_MFA_TOKEN (malformed),
          INVALID_PHONE_NUMBER, INVALID_REQUEST_ID.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: anonymous, and without a good mfa_token.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: signed in, without a password credential.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, MFA_MUST_CHALLENGE: anonymous, and an authenticator is confirmed: challenge that one.
        - FAILED_PRECONDITION, MFA_ALREADY_ASSOCIATED: one of this type is confirmed.
        - FAILED_PRECONDITION, MFA_PHONE_REQUIRED or MFA_EMAIL_REQUIRED: neither request nor profile has a number; the
          profile has no address.
        - RESOURCE_EXHAUSTED, MFA_SEND_LIMIT: the sixth code for this mfa_token, or within 10 minutes when signed in.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many codes to this number or address within an hour, or too many calls.
        """
        return await self._call(ASSOCIATE_MFA_AUTHENTICATOR, request, timeout=timeout)

    async def ConfirmMfaAuthenticatorAssociation(
        self, request: pb.ConfirmMfaAuthenticatorAssociationRequest, *, timeout: float | None = None
    ) -> pb.ConfirmMfaAuthenticatorAssociationResponse:
        """
        Completes an association with a code. For an anonymous caller that is the second factor: a session is opened,
        and the mfa_token is used up. A TOTP code that was accepted here is not accepted again. Signed in, the fifth
        wrong code voids the association.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_AUTHENTICATOR_TYPE, INVALID_CONFIRMATION_CODE (not six digits),
          INVALID_OOB_CODE (malformed, or not given for an out of band type), INVALID_MFA_TOKEN (malformed),
          INVALID_REQUEST_ID.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: anonymous, and without a good mfa_token.
        - UNAUTHENTICATED, MFA_CODE_INVALID: the code or the oob_code is wrong, expired or used.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: signed in, without a password credential.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, ACCOUNT_LOCKED or ACCOUNT_SUSPENDED: meanwhile.
        - FAILED_PRECONDITION, MFA_NOT_ASSOCIATED: there is no authenticator of this type to confirm.
        """
        return await self._call(CONFIRM_MFA_AUTHENTICATOR_ASSOCIATION, request, timeout=timeout)

    async def DisassociateMfaAuthenticator(
        self, request: pb.DisassociateMfaAuthenticatorRequest, *, timeout: float | None = None
    ) -> pb.DisassociateMfaAuthenticatorResponse:
        """
        Removes one of the caller's authenticators, confirmed or not. The recovery codes go with the last one; MFA stays
        on, so that the next sign-in associates anew.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: the caller has no password credential.
        - NOT_FOUND, MFA_AUTHENTICATOR_NOT_FOUND: unknown, or another user's.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, MFA_RECOVERY_CODES_NOT_REMOVABLE: it is the recovery codes.
        """
        return await self._call(DISASSOCIATE_MFA_AUTHENTICATOR, request, timeout=timeout)

    async def ListMfaAuthenticators(
        self, request: pb.ListMfaAuthenticatorsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListMfaAuthenticatorsResponse:
        """
        Lists the caller's authenticators, confirmed or not, in the order in which they were added: recovery codes
        first. Anonymous callers show their MFA token in the metadata x-mfa-token (over REST: the header of that name).

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_PAGE_SIZE, INVALID_PAGE_TOKEN.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: anonymous, and without a good x-mfa-token.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: signed in, without a password credential.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        """
        return await self._call(LIST_MFA_AUTHENTICATORS, request, timeout=timeout)

    async def ChallengeMfaAuthenticator(
        self, request: pb.ChallengeMfaAuthenticatorRequest, *, timeout: float | None = None
    ) -> pb.ChallengeMfaAuthenticatorResponse:
        """
        Has a confirmed authenticator ask for a code. Out of band one is sent, and earlier ones are void; for TOTP and
        recovery codes nothing happens.

        Errors:
        - PERMISSION_DENIED, ALREADY_AUTHENTICATED: the caller is signed in.
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID, INVALID_MFA_TOKEN (malformed), INVALID_REQUEST_ID.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: the mfa_token is unknown, replaced, used up or expired.
        - NOT_FOUND, MFA_AUTHENTICATOR_NOT_FOUND: unknown, or another user's.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, MFA_NOT_CONFIRMED: its association was not completed.
        - RESOURCE_EXHAUSTED, MFA_SEND_LIMIT: the sixth code for this mfa_token.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many codes to this number or address within an hour, or too many calls.
        """
        return await self._call(CHALLENGE_MFA_AUTHENTICATOR, request, timeout=timeout)

    async def VerifyMfaAuthenticator(
        self, request: pb.VerifyMfaAuthenticatorRequest, *, timeout: float | None = None
    ) -> pb.VerifyMfaAuthenticatorResponse:
        """
        Signs in with a code of a confirmed authenticator: opens a session and uses the mfa_token up. Each code is
        accepted once. Out of band there must be a challenge; a recovery code needs another authenticator that is
        confirmed.

        Errors:
        - PERMISSION_DENIED, ALREADY_AUTHENTICATED: the caller is signed in.
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_AUTHENTICATOR_TYPE, INVALID_CONFIRMATION_CODE (not six digits,
          for recovery codes not of their form), INVALID_OOB_CODE (malformed, or not given for an out of band type),
          INVALID_MFA_TOKEN (malformed), INVALID_REQUEST_ID.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: the mfa_token is unknown, replaced, used up or expired.
        - UNAUTHENTICATED, MFA_CODE_INVALID: the code or the oob_code is wrong, expired or used.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, ACCOUNT_LOCKED or ACCOUNT_SUSPENDED: meanwhile.
        - FAILED_PRECONDITION, MFA_NOT_ASSOCIATED: there is no authenticator of this type.
        - FAILED_PRECONDITION, MFA_NOT_CONFIRMED: it is not confirmed; or nothing else is, and the code is a recovery
          code.
        """
        return await self._call(VERIFY_MFA_AUTHENTICATOR, request, timeout=timeout)

    async def ResetMfa(self, request: pb.ResetMfaRequest, *, timeout: float | None = None) -> pb.ResetMfaResponse:
        """
        Takes a person's second factors away, for one who has lost them: removes every authenticator, voids the MFA
        token, and switches MFA off. Sessions go on. For a credential without a password, or that is not confirmed,
        nothing happens. Operators only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: the user has no password credential.
        """
        return await self._call(RESET_MFA, request, timeout=timeout)


class MfaServiceSync:
    """
    Second factors of persons who sign in with a password.

    Where MFA is on, AuthenticateCredential answers PERMISSION_DENIED MFA_REQUIRED with an mfa_token, good for 10
    minutes and for nothing but some of these calls. With it a person associates and confirms a first authenticator, or
    is challenged by one and answers; that opens the session and uses the token up. Five wrong answers void it, and each
    counts as a wrong password. At most five codes are sent for one token, or to a signed-in person within 10 minutes
    (RESOURCE_EXHAUSTED MFA_SEND_LIMIT), and 20 in an hour to one number or address (a setting; RESOURCE_EXHAUSTED
    RATE_LIMITED).

    Calls that take an mfa_token are refused UNAUTHENTICATED MFA_TOKEN_INVALID without a good one, unless the caller is
    signed in and may call them so: then it is ignored. All but ChangeMfa and ResetMfa are refused FAILED_PRECONDITION
    REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED while the credential is not that far.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def ChangeMfa(self, request: pb.ChangeMfaRequest, *, timeout: float | None = None) -> pb.ChangeMfaResponse:
        """
        Lets signing in ask for a second factor, or no more. To enable it changes no session: the next sign-in
        associates a first authenticator. To disable it removes every authenticator. No change succeeds too.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_IS_ENABLED (not given).
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: the caller has no password credential (single sign-on only, a machine).
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED or PASSWORD_NOT_SET: the credential is not complete.
        - FAILED_PRECONDITION, MFA_CANNOT_BE_DISABLED: this person has to use a second factor.
        """
        return self._call(CHANGE_MFA, request, timeout=timeout)

    def AssociateMfaAuthenticator(
        self, request: pb.AssociateMfaAuthenticatorRequest, *, timeout: float | None = None
    ) -> pb.AssociateMfaAuthenticatorResponse:
        """
        Begins to associate an authenticator, or begins again with one that is not confirmed: what was sent or shown
        before is void then. Out of band a code is sent. The first association also makes the recovery codes. Anonymous
        callers show their mfa_token, and may only associate while no authenticator is confirmed.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_AUTHENTICATOR_TYPE, INVALID_MFA_TOKEN (malformed),
          INVALID_PHONE_NUMBER, INVALID_REQUEST_ID.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: anonymous, and without a good mfa_token.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: signed in, without a password credential.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, MFA_MUST_CHALLENGE: anonymous, and an authenticator is confirmed: challenge that one.
        - FAILED_PRECONDITION, MFA_ALREADY_ASSOCIATED: one of this type is confirmed.
        - FAILED_PRECONDITION, MFA_PHONE_REQUIRED or MFA_EMAIL_REQUIRED: neither request nor profile has a number; the
          profile has no address.
        - RESOURCE_EXHAUSTED, MFA_SEND_LIMIT: the sixth code for this mfa_token, or within 10 minutes when signed in.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many codes to this number or address within an hour, or too many calls.
        """
        return self._call(ASSOCIATE_MFA_AUTHENTICATOR, request, timeout=timeout)

    def ConfirmMfaAuthenticatorAssociation(
        self, request: pb.ConfirmMfaAuthenticatorAssociationRequest, *, timeout: float | None = None
    ) -> pb.ConfirmMfaAuthenticatorAssociationResponse:
        """
        Completes an association with a code. For an anonymous caller that is the second factor: a session is opened,
        and the mfa_token is used up. A TOTP code that was accepted here is not accepted again. Signed in, the fifth
        wrong code voids the association.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_AUTHENTICATOR_TYPE, INVALID_CONFIRMATION_CODE (not six digits),
          INVALID_OOB_CODE (malformed, or not given for an out of band type), INVALID_MFA_TOKEN (malformed),
          INVALID_REQUEST_ID.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: anonymous, and without a good mfa_token.
        - UNAUTHENTICATED, MFA_CODE_INVALID: the code or the oob_code is wrong, expired or used.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: signed in, without a password credential.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, ACCOUNT_LOCKED or ACCOUNT_SUSPENDED: meanwhile.
        - FAILED_PRECONDITION, MFA_NOT_ASSOCIATED: there is no authenticator of this type to confirm.
        """
        return self._call(CONFIRM_MFA_AUTHENTICATOR_ASSOCIATION, request, timeout=timeout)

    def DisassociateMfaAuthenticator(
        self, request: pb.DisassociateMfaAuthenticatorRequest, *, timeout: float | None = None
    ) -> pb.DisassociateMfaAuthenticatorResponse:
        """
        Removes one of the caller's authenticators, confirmed or not. The recovery codes go with the last one; MFA stays
        on, so that the next sign-in associates anew.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: the caller has no password credential.
        - NOT_FOUND, MFA_AUTHENTICATOR_NOT_FOUND: unknown, or another user's.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, MFA_RECOVERY_CODES_NOT_REMOVABLE: it is the recovery codes.
        """
        return self._call(DISASSOCIATE_MFA_AUTHENTICATOR, request, timeout=timeout)

    def ListMfaAuthenticators(
        self, request: pb.ListMfaAuthenticatorsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListMfaAuthenticatorsResponse:
        """
        Lists the caller's authenticators, confirmed or not, in the order in which they were added: recovery codes
        first. Anonymous callers show their MFA token in the metadata x-mfa-token (over REST: the header of that name).

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_PAGE_SIZE, INVALID_PAGE_TOKEN.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: anonymous, and without a good x-mfa-token.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: signed in, without a password credential.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        """
        return self._call(LIST_MFA_AUTHENTICATORS, request, timeout=timeout)

    def ChallengeMfaAuthenticator(
        self, request: pb.ChallengeMfaAuthenticatorRequest, *, timeout: float | None = None
    ) -> pb.ChallengeMfaAuthenticatorResponse:
        """
        Has a confirmed authenticator ask for a code. Out of band one is sent, and earlier ones are void; for TOTP and
        recovery codes nothing happens.

        Errors:
        - PERMISSION_DENIED, ALREADY_AUTHENTICATED: the caller is signed in.
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID, INVALID_MFA_TOKEN (malformed), INVALID_REQUEST_ID.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: the mfa_token is unknown, replaced, used up or expired.
        - NOT_FOUND, MFA_AUTHENTICATOR_NOT_FOUND: unknown, or another user's.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, MFA_NOT_CONFIRMED: its association was not completed.
        - RESOURCE_EXHAUSTED, MFA_SEND_LIMIT: the sixth code for this mfa_token.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many codes to this number or address within an hour, or too many calls.
        """
        return self._call(CHALLENGE_MFA_AUTHENTICATOR, request, timeout=timeout)

    def VerifyMfaAuthenticator(
        self, request: pb.VerifyMfaAuthenticatorRequest, *, timeout: float | None = None
    ) -> pb.VerifyMfaAuthenticatorResponse:
        """
        Signs in with a code of a confirmed authenticator: opens a session and uses the mfa_token up. Each code is
        accepted once. Out of band there must be a challenge; a recovery code needs another authenticator that is
        confirmed.

        Errors:
        - PERMISSION_DENIED, ALREADY_AUTHENTICATED: the caller is signed in.
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_AUTHENTICATOR_TYPE, INVALID_CONFIRMATION_CODE (not six digits,
          for recovery codes not of their form), INVALID_OOB_CODE (malformed, or not given for an out of band type),
          INVALID_MFA_TOKEN (malformed), INVALID_REQUEST_ID.
        - UNAUTHENTICATED, MFA_TOKEN_INVALID: the mfa_token is unknown, replaced, used up or expired.
        - UNAUTHENTICATED, MFA_CODE_INVALID: the code or the oob_code is wrong, expired or used.
        - FAILED_PRECONDITION, REGISTRATION_NOT_VERIFIED, PASSWORD_NOT_SET or MFA_NOT_ENABLED: as for the service.
        - FAILED_PRECONDITION, ACCOUNT_LOCKED or ACCOUNT_SUSPENDED: meanwhile.
        - FAILED_PRECONDITION, MFA_NOT_ASSOCIATED: there is no authenticator of this type.
        - FAILED_PRECONDITION, MFA_NOT_CONFIRMED: it is not confirmed; or nothing else is, and the code is a recovery
          code.
        """
        return self._call(VERIFY_MFA_AUTHENTICATOR, request, timeout=timeout)

    def ResetMfa(self, request: pb.ResetMfaRequest, *, timeout: float | None = None) -> pb.ResetMfaResponse:
        """
        Takes a person's second factors away, for one who has lost them: removes every authenticator, voids the MFA
        token, and switches MFA off. Sessions go on. For a credential without a password, or that is not confirmed,
        nothing happens. Operators only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, CREDENTIAL_NOT_FOUND: the user has no password credential.
        """
        return self._call(RESET_MFA, request, timeout=timeout)
