"""SingleSignOnService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.single_sign_on.v1 import single_sign_on_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

START_SINGLE_SIGN_ON = Method(
    "/tenantry.single_sign_on.v1.SingleSignOnService/StartSingleSignOn",
    pb.StartSingleSignOnRequest,
    pb.StartSingleSignOnResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
AUTHENTICATE_SINGLE_SIGN_ON = Method(
    "/tenantry.single_sign_on.v1.SingleSignOnService/AuthenticateSingleSignOn",
    pb.AuthenticateSingleSignOnRequest,
    pb.AuthenticateSingleSignOnResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)


class SingleSignOnService:
    """
    Persons sign up and in with an account at another OpenID Connect provider, such as Google or Microsoft.

    StartSingleSignOn gives the address to send the person's browser to. The provider sends the browser back to the
    redirect URI of the configuration, with a code and the state. AuthenticateSingleSignOn exchanges those for our
    tokens. Between the two the client keeps a code verifier (PKCE, RFC 7636) to itself: nobody else can finish what it
    started.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def StartSingleSignOn(
        self, request: pb.StartSingleSignOnRequest, *, timeout: float | None = None
    ) -> pb.StartSingleSignOnResponse:
        """
        Starts a sign-in at a provider. What it answers is good for 10 minutes.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_PROVIDER, INVALID_CODE_CHALLENGE, INVALID_LOGIN_HINT,
          INVALID_REQUEST_ID.
        - NOT_FOUND, SSO_PROVIDER_NOT_FOUND: no provider of this name is configured, or it has no page to sign in at.
        - UNAVAILABLE, SSO_PROVIDER_UNAVAILABLE: the provider cannot be reached, or does not say what it must. The
          metadata holds provider.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: more than 60 calls from this client address within a minute (a setting).
        """
        return await self._call(START_SINGLE_SIGN_ON, request, timeout=timeout)

    async def AuthenticateSingleSignOn(
        self, request: pb.AuthenticateSingleSignOnRequest, *, timeout: float | None = None
    ) -> pb.AuthenticateSingleSignOnResponse:
        """
        Signs a person in with the code that the provider has sent back, and registers somebody new. Opens a new
        session; the others go on. The provider vouches for the person: there is no mail to confirm, and no second
        factor is asked for. A sign-in that was started can be finished once: after any error of this call begin again
        with StartSingleSignOn.

        A person who has registered here with the same e-mail address is the same person, if the provider says that it
        has verified the address. From then on it is the account at the provider that counts, whatever its address
        becomes.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_PROVIDER, INVALID_AUTH_CODE (empty or over 4000 characters),
          INVALID_STATE, INVALID_CODE_VERIFIER, INVALID_ISS, INVALID_USERNAME, INVALID_INVITATION_TOKEN,
          WRONG_INVITATION_KIND (the invitation is one to a team), INVALID_REQUEST_ID.
        - UNAUTHENTICATED, SSO_AUTHENTICATION_FAILED: no such provider; an unknown, expired or finished state; another
          client's verifier; a code, a token or particulars of the person that are not good; an address that the
          provider has not verified; not a registered person. Which one is not told. The metadata holds provider.
        - UNAVAILABLE, SSO_PROVIDER_UNAVAILABLE: the provider cannot be reached, or fails. The metadata holds provider.
        - FAILED_PRECONDITION, TERMS_NOT_ACCEPTED: the person is new, and terms_and_conditions_accepted is false.
        - FAILED_PRECONDITION, ACCOUNT_SUSPENDED: operators have suspended the user.
        - PERMISSION_DENIED, INVITATION_NOT_ANONYMOUS: the caller is signed in and gives an invitation.
        - ALREADY_EXISTS, EMAIL_ALREADY_REGISTERED: the invitation is good, and the address is that of somebody else.
        - FAILED_PRECONDITION, INVITATION_EXPIRED: the invitation is over 14 days old.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many sign-ins from this address.
        """
        return await self._call(AUTHENTICATE_SINGLE_SIGN_ON, request, timeout=timeout)


class SingleSignOnServiceSync:
    """
    Persons sign up and in with an account at another OpenID Connect provider, such as Google or Microsoft.

    StartSingleSignOn gives the address to send the person's browser to. The provider sends the browser back to the
    redirect URI of the configuration, with a code and the state. AuthenticateSingleSignOn exchanges those for our
    tokens. Between the two the client keeps a code verifier (PKCE, RFC 7636) to itself: nobody else can finish what it
    started.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def StartSingleSignOn(
        self, request: pb.StartSingleSignOnRequest, *, timeout: float | None = None
    ) -> pb.StartSingleSignOnResponse:
        """
        Starts a sign-in at a provider. What it answers is good for 10 minutes.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_PROVIDER, INVALID_CODE_CHALLENGE, INVALID_LOGIN_HINT,
          INVALID_REQUEST_ID.
        - NOT_FOUND, SSO_PROVIDER_NOT_FOUND: no provider of this name is configured, or it has no page to sign in at.
        - UNAVAILABLE, SSO_PROVIDER_UNAVAILABLE: the provider cannot be reached, or does not say what it must. The
          metadata holds provider.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: more than 60 calls from this client address within a minute (a setting).
        """
        return self._call(START_SINGLE_SIGN_ON, request, timeout=timeout)

    def AuthenticateSingleSignOn(
        self, request: pb.AuthenticateSingleSignOnRequest, *, timeout: float | None = None
    ) -> pb.AuthenticateSingleSignOnResponse:
        """
        Signs a person in with the code that the provider has sent back, and registers somebody new. Opens a new
        session; the others go on. The provider vouches for the person: there is no mail to confirm, and no second
        factor is asked for. A sign-in that was started can be finished once: after any error of this call begin again
        with StartSingleSignOn.

        A person who has registered here with the same e-mail address is the same person, if the provider says that it
        has verified the address. From then on it is the account at the provider that counts, whatever its address
        becomes.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_PROVIDER, INVALID_AUTH_CODE (empty or over 4000 characters),
          INVALID_STATE, INVALID_CODE_VERIFIER, INVALID_ISS, INVALID_USERNAME, INVALID_INVITATION_TOKEN,
          WRONG_INVITATION_KIND (the invitation is one to a team), INVALID_REQUEST_ID.
        - UNAUTHENTICATED, SSO_AUTHENTICATION_FAILED: no such provider; an unknown, expired or finished state; another
          client's verifier; a code, a token or particulars of the person that are not good; an address that the
          provider has not verified; not a registered person. Which one is not told. The metadata holds provider.
        - UNAVAILABLE, SSO_PROVIDER_UNAVAILABLE: the provider cannot be reached, or fails. The metadata holds provider.
        - FAILED_PRECONDITION, TERMS_NOT_ACCEPTED: the person is new, and terms_and_conditions_accepted is false.
        - FAILED_PRECONDITION, ACCOUNT_SUSPENDED: operators have suspended the user.
        - PERMISSION_DENIED, INVITATION_NOT_ANONYMOUS: the caller is signed in and gives an invitation.
        - ALREADY_EXISTS, EMAIL_ALREADY_REGISTERED: the invitation is good, and the address is that of somebody else.
        - FAILED_PRECONDITION, INVITATION_EXPIRED: the invitation is over 14 days old.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: too many sign-ins from this address.
        """
        return self._call(AUTHENTICATE_SINGLE_SIGN_ON, request, timeout=timeout)
