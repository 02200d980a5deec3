"""AuthTokensService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.auth_tokens.v1 import auth_tokens_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

REFRESH_TOKEN = Method(
    "/tenantry.auth_tokens.v1.AuthTokensService/RefreshToken",
    pb.RefreshTokenRequest,
    pb.RefreshTokenResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=False,
)
REVOKE_TOKEN = Method(
    "/tenantry.auth_tokens.v1.AuthTokensService/RevokeToken",
    pb.RevokeTokenRequest,
    pb.RevokeTokenResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=False,
)
LIST_SESSIONS = Method(
    "/tenantry.auth_tokens.v1.AuthTokensService/ListSessions",
    pb.ListSessionsRequest,
    pb.ListSessionsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
REVOKE_SESSION = Method(
    "/tenantry.auth_tokens.v1.AuthTokensService/RevokeSession",
    pb.RevokeSessionRequest,
    pb.RevokeSessionResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
REVOKE_OTHER_SESSIONS = Method(
    "/tenantry.auth_tokens.v1.AuthTokensService/RevokeOtherSessions",
    pb.RevokeOtherSessionsRequest,
    pb.RevokeOtherSessionsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
GET_JSON_WEB_KEY_SET = Method(
    "/tenantry.auth_tokens.v1.AuthTokensService/GetJsonWebKeySet",
    pb.GetJsonWebKeySetRequest,
    pb.GetJsonWebKeySetResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class AuthTokensService:
    """The tokens and sessions of persons, however they signed in. Each sign-in opens one session."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def RefreshToken(
        self, request: pb.RefreshTokenRequest, *, timeout: float | None = None
    ) -> pb.RefreshTokenResponse:
        """
        Exchanges a refresh token for a new access token and a new refresh token. The refresh token is the only proof;
        any credential sent along is ignored. It can be used once. Used again, it ends the session, except within 10
        seconds and with the same request_id: that gets the same tokens again.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_REFRESH_TOKEN (malformed), INVALID_REQUEST_ID.
        - UNAUTHENTICATED, REFRESH_TOKEN_INVALID: unknown, expired, revoked, or used before.
        - FAILED_PRECONDITION, ACCOUNT_SUSPENDED: operators have suspended the user.
        - FAILED_PRECONDITION, REQUEST_ID_REUSED: the request_id has just refreshed an earlier token of this session.
        """
        return await self._call(REFRESH_TOKEN, request, timeout=timeout)

    async def RevokeToken(
        self, request: pb.RevokeTokenRequest, *, timeout: float | None = None
    ) -> pb.RevokeTokenResponse:
        """
        Ends the session of a refresh token, its access tokens included. The refresh token is the only proof, also when
        it has expired; any credential sent along is ignored. Other sessions of the user go on.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_REFRESH_TOKEN (malformed).
        - UNAUTHENTICATED, REFRESH_TOKEN_INVALID: unknown, revoked, or used before.
        """
        return await self._call(REVOKE_TOKEN, request, timeout=timeout)

    async def ListSessions(
        self, request: pb.ListSessionsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListSessionsResponse:
        """
        Lists the caller's sessions that have not ended.

        Errors:
        - PERMISSION_DENIED, INTERACTIVE_SESSION_REQUIRED: the caller has no session (API key, service account).
        """
        return await self._call(LIST_SESSIONS, request, timeout=timeout)

    async def RevokeSession(
        self, request: pb.RevokeSessionRequest, *, timeout: float | None = None
    ) -> pb.RevokeSessionResponse:
        """
        Ends one of the caller's sessions. To end the current one is to sign out.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, SESSION_NOT_FOUND: unknown, another user's, or ended already.
        - PERMISSION_DENIED, INTERACTIVE_SESSION_REQUIRED: the caller has no session (API key, service account).
        """
        return await self._call(REVOKE_SESSION, request, timeout=timeout)

    async def RevokeOtherSessions(
        self, request: pb.RevokeOtherSessionsRequest | None = None, *, timeout: float | None = None
    ) -> pb.RevokeOtherSessionsResponse:
        """
        Ends all sessions of the caller but the current one. API keys stay.

        Errors:
        - PERMISSION_DENIED, INTERACTIVE_SESSION_REQUIRED: the caller has no session (API key, service account).
        """
        return await self._call(REVOKE_OTHER_SESSIONS, request, timeout=timeout)

    async def GetJsonWebKeySet(
        self, request: pb.GetJsonWebKeySetRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetJsonWebKeySetResponse:
        """
        Returns the public keys that verify access tokens (RFC 7517), the one that signs now first. May be cached for 5
        minutes; a verifier that meets an unknown kid fetches again, at most once in 10 seconds.
        """
        return await self._call(GET_JSON_WEB_KEY_SET, request, timeout=timeout)


class AuthTokensServiceSync:
    """The tokens and sessions of persons, however they signed in. Each sign-in opens one session."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def RefreshToken(self, request: pb.RefreshTokenRequest, *, timeout: float | None = None) -> pb.RefreshTokenResponse:
        """
        Exchanges a refresh token for a new access token and a new refresh token. The refresh token is the only proof;
        any credential sent along is ignored. It can be used once. Used again, it ends the session, except within 10
        seconds and with the same request_id: that gets the same tokens again.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_REFRESH_TOKEN (malformed), INVALID_REQUEST_ID.
        - UNAUTHENTICATED, REFRESH_TOKEN_INVALID: unknown, expired, revoked, or used before.
        - FAILED_PRECONDITION, ACCOUNT_SUSPENDED: operators have suspended the user.
        - FAILED_PRECONDITION, REQUEST_ID_REUSED: the request_id has just refreshed an earlier token of this session.
        """
        return self._call(REFRESH_TOKEN, request, timeout=timeout)

    def RevokeToken(self, request: pb.RevokeTokenRequest, *, timeout: float | None = None) -> pb.RevokeTokenResponse:
        """
        Ends the session of a refresh token, its access tokens included. The refresh token is the only proof, also when
        it has expired; any credential sent along is ignored. Other sessions of the user go on.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_REFRESH_TOKEN (malformed).
        - UNAUTHENTICATED, REFRESH_TOKEN_INVALID: unknown, revoked, or used before.
        """
        return self._call(REVOKE_TOKEN, request, timeout=timeout)

    def ListSessions(
        self, request: pb.ListSessionsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListSessionsResponse:
        """
        Lists the caller's sessions that have not ended.

        Errors:
        - PERMISSION_DENIED, INTERACTIVE_SESSION_REQUIRED: the caller has no session (API key, service account).
        """
        return self._call(LIST_SESSIONS, request, timeout=timeout)

    def RevokeSession(
        self, request: pb.RevokeSessionRequest, *, timeout: float | None = None
    ) -> pb.RevokeSessionResponse:
        """
        Ends one of the caller's sessions. To end the current one is to sign out.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, SESSION_NOT_FOUND: unknown, another user's, or ended already.
        - PERMISSION_DENIED, INTERACTIVE_SESSION_REQUIRED: the caller has no session (API key, service account).
        """
        return self._call(REVOKE_SESSION, request, timeout=timeout)

    def RevokeOtherSessions(
        self, request: pb.RevokeOtherSessionsRequest | None = None, *, timeout: float | None = None
    ) -> pb.RevokeOtherSessionsResponse:
        """
        Ends all sessions of the caller but the current one. API keys stay.

        Errors:
        - PERMISSION_DENIED, INTERACTIVE_SESSION_REQUIRED: the caller has no session (API key, service account).
        """
        return self._call(REVOKE_OTHER_SESSIONS, request, timeout=timeout)

    def GetJsonWebKeySet(
        self, request: pb.GetJsonWebKeySetRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetJsonWebKeySetResponse:
        """
        Returns the public keys that verify access tokens (RFC 7517), the one that signs now first. May be cached for 5
        minutes; a verifier that meets an unknown kid fetches again, at most once in 10 seconds.
        """
        return self._call(GET_JSON_WEB_KEY_SET, request, timeout=timeout)
