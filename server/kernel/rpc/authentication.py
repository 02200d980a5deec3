"""Who is calling, from what the call presents."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from server.kernel.access.caller import NOBODY, Caller, Credential
from server.kernel.access.principals import Principals
from server.kernel.errors import AccountSuspended, Refusal, Unauthenticated
from server.kernel.security.tokens import ServiceTokenExpired, ServiceTokenInvalid, TokenInvalid, TokenRevoked, Tokens

Metadata = Mapping[str, str | bytes]
OnRefused = Callable[[Refusal], Awaitable[None]]


class CredentialsAmbiguous(Unauthenticated):
    """Two credentials at once."""

    reason = "CREDENTIALS_AMBIGUOUS"
    message = "Send either an access token or an API key, not both."


class ApiKeyInvalid(Unauthenticated):
    """The API key is unknown, expired, revoked, or malformed: nobody is told which."""

    reason = "API_KEY_INVALID"
    message = "The API key is not valid."


class ApiKeys(Protocol):
    """Who knows API keys, if anybody does."""

    async def caller_of(self, api_key: str, principals: Principals) -> Caller:
        """
        The owner of a key, who has used it.

        Raises:
            ApiKeyInvalid: It is not good, for whatever reason.
            AccountSuspended: It is good, and its owner is suspended.
        """


class Authentication:
    """Turns the credential of a call into a caller, as the database has that caller now."""

    def __init__(
        self,
        tokens: Tokens,
        principals: Principals,
        *,
        api_keys: ApiKeys | None = None,
        on_refused: OnRefused | None = None,
    ) -> None:
        self._tokens = tokens
        self._principals = principals
        self._api_keys = api_keys
        self._on_refused = on_refused

    async def caller_of(self, metadata: Metadata) -> Caller:
        """
        The caller of a call with this metadata.

        Raises:
            Unauthenticated: A credential is presented, and bad.
            AccountSuspended: It is good, and its user is suspended.
        """
        authorization = metadata.get("authorization")
        api_key = metadata.get("x-api-key")
        if authorization is None and api_key is None:
            return NOBODY
        if authorization is not None and api_key is not None:
            raise CredentialsAmbiguous
        if api_key is not None:
            if self._api_keys is None:
                raise ApiKeyInvalid
            return await self._api_keys.caller_of(str(api_key), self._principals)
        return await self._by_token(str(authorization))

    async def _by_token(self, authorization: str) -> Caller:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenInvalid
        try:
            claims = self._tokens.verify(token)
        except (ServiceTokenInvalid, ServiceTokenExpired) as refusal:
            if self._on_refused is not None:
                await self._on_refused(refusal)
            raise
        if claims.is_service:
            return Caller(claims.subject, Credential.SERVICE_TOKEN)
        principal = await self._principals.find(claims.subject, claims.session_id)
        if principal is None or not principal.is_registered:
            raise TokenInvalid
        if principal.is_suspended:
            raise AccountSuspended
        if not principal.is_session_live:
            raise TokenRevoked
        return Caller(claims.subject, Credential.ACCESS_TOKEN, principal, claims.session_id, claims.auth_time)
