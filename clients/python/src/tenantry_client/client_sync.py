"""The client for everything but asyncio. The twin of ``client``."""

from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import RevokeTokenRequest
from tenantry.auth_tokens.v1.tokens_pb2 import Tokens
from tenantry.password_credentials.v1.password_credentials_service_pb2 import AuthenticateCredentialRequest
from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import StartSingleSignOnRequest

from tenantry_client.credentials import Key, Metadata, bearer
from tenantry_client.deadlines import Deadline
from tenantry_client.errors import MfaRequired, TenantryError, Unauthenticated
from tenantry_client.methods import Method, Request, Response
from tenantry_client.retries import RetryPolicy
from tenantry_client.second_factor_sync import SecondFactorSync
from tenantry_client.services import ServicesSync
from tenantry_client.services.password_credentials import AUTHENTICATE_CREDENTIAL
from tenantry_client.services.single_sign_on import AUTHENTICATE_SINGLE_SIGN_ON, START_SINGLE_SIGN_ON
from tenantry_client.session_sync import SessionSync
from tenantry_client.single_sign_on import StartedSignOn, code_challenge, new_code_verifier
from tenantry_client.targets import Target
from tenantry_client.tokens import HeldTokens
from tenantry_client.transport_sync import TransportSync


class TenantrySync(ServicesSync):
    """
    A connection to a Tenantry server, to be shared by all threads.

    ``with TenantrySync("api.example.com") as client`` closes it at the end. Anonymous until ``sign_in``, unless it is
    given an API key or a service token.
    """

    def __init__(
        self,
        target: str,
        *,
        api_key: str | None = None,
        service_token: str | Callable[[], str] | None = None,
        timeout: float = 10.0,
        retries: RetryPolicy | None = None,
        tls: bool | None = None,
        root_certificates: bytes | None = None,
    ) -> None:
        """
        Take what holds for every call. Nothing is sent yet.

        ``target`` is a base URL or an address. ``timeout`` is in seconds and covers all attempts of a call; each call
        may have its own. ``tls`` is on except towards this machine; ``root_certificates`` (PEM) replace the usual ones.
        """
        self._key = Key(api_key, service_token)
        self._timeout = timeout
        self._retries = retries or RetryPolicy()
        self._transport = TransportSync(Target.parsed(target, tls=tls), root_certificates)
        self._session = SessionSync(self._transport)
        super().__init__(self._call)

    def sign_in(self, email_address: str, password: str) -> Tokens:
        """
        Sign a person in. From then on every call is made in that session, whose tokens are renewed as needed. It ends
        an earlier session of this client.

        Raises ``Unauthenticated`` ``INVALID_CREDENTIALS``, and ``MfaRequired`` when a second factor is needed.
        """
        self._key.refuse_session()
        request = AuthenticateCredentialRequest(username=email_address, password=password)
        return self._begin((self._call_anonymously(AUTHENTICATE_CREDENTIAL, request)).tokens)

    def second_factor(self, required: MfaRequired | str) -> SecondFactorSync:
        """Go on with a sign-in that needs a second factor: with the error, or the ``mfa_token`` in it."""
        self._key.refuse_session()
        mfa_token = required.mfa_token if isinstance(required, MfaRequired) else required
        return SecondFactorSync(self._call_anonymously, self._begin, mfa_token)

    def start_single_sign_on(self, provider: str, *, prompt_login: bool = False, login_hint: str = "") -> StartedSignOn:
        """Start a sign-in at a provider that the server knows, such as ``google``. Good for 10 minutes."""
        self._key.refuse_session()
        verifier = new_code_verifier()
        request = StartSingleSignOnRequest(
            provider=provider,
            code_challenge=code_challenge(verifier),
            prompt_login=prompt_login,
            login_hint=login_hint,
        )
        return StartedSignOn.of(provider, verifier, self._call_anonymously(START_SINGLE_SIGN_ON, request))

    def finish_single_sign_on(
        self,
        started: StartedSignOn,
        address: str,
        *,
        invitation_token: str = "",
        terms_and_conditions_accepted: bool = True,
    ) -> Tokens:
        """
        Sign in with the address that the provider has sent the browser back to, code and state included. Somebody new
        is registered, by the invitation if there is one.

        Raises ``SignOnFailed`` before anything is sent, ``Unauthenticated`` ``SSO_AUTHENTICATION_FAILED``, and
        ``Unavailable`` ``SSO_PROVIDER_UNAVAILABLE``. After any error a new sign-in has to be started.
        """
        self._key.refuse_session()
        request = started.answered(address)
        request.invitation_token = invitation_token
        request.terms_and_conditions_accepted = terms_and_conditions_accepted
        return self._begin((self._call_anonymously(AUTHENTICATE_SINGLE_SIGN_ON, request)).tokens)

    def resume(self, tokens: Tokens) -> None:
        """Go on in a session whose tokens were kept elsewhere. Only one client may use them."""
        self._key.refuse_session()
        self._session.begin(HeldTokens.resumed(tokens))

    def sign_out(self) -> None:
        """End the session, here and on the server. Does nothing when nobody is signed in."""
        tokens = self._session.end()
        if tokens:
            self._revoke(tokens)

    @property
    def tokens(self) -> Tokens | None:
        """The latest tokens of the session: secrets, to be kept by those who want to ``resume`` it later."""
        return self._session.tokens

    def close(self) -> None:
        """Close the connection. The session goes on and can be resumed."""
        self._session.settled()
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: Method[Request, Response], request: Request | None, *, timeout: float | None) -> Response:
        deadline = Deadline.after(self._timeout if timeout is None else timeout)
        message = method.ready(request)
        if not method.shows_credential or self._key:
            return self._send(method, message, self._key.metadata() if method.shows_credential else (), deadline)
        token = self._session.access_token(deadline)
        if token is None:
            return self._send(method, message, (), deadline)
        try:
            return self._send(method, message, bearer(token), deadline)
        except Unauthenticated as error:
            if error.reason != "TOKEN_EXPIRED":
                raise
        # Refused before anything was done, so even a write may be sent again.
        token = self._session.access_token_after(token, deadline)
        return self._send(method, message, bearer(token) if token else (), deadline)

    def _call_anonymously(
        self, method: Method[Request, Response], request: Request, metadata: Metadata = ()
    ) -> Response:
        # Without the client's credential: a session that has ended must not stand in the way of a new one.
        return self._send(method, method.ready(request), metadata, Deadline.after(self._timeout))

    def _begin(self, tokens: Tokens) -> Tokens:
        earlier = self._session.end()
        self._session.begin(HeldTokens.received(tokens))
        if earlier:  # nobody could end it later; if this fails, it runs out by itself
            with suppress(TenantryError):
                self._revoke(earlier)
        return tokens

    def _revoke(self, tokens: Tokens) -> None:
        self.auth_tokens.RevokeToken(RevokeTokenRequest(refresh_token=tokens.refresh_token.value))

    def _send(
        self, method: Method[Request, Response], message: Request, metadata: Metadata, deadline: Deadline
    ) -> Response:
        return self._transport.send(method, message, metadata=metadata, deadline=deadline, retries=self._retries)
