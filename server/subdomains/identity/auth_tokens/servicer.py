"""AuthTokensService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator
from uuid import UUID

from tenantry.auth_tokens.v1 import (
    auth_tokens_service_pb2,
    auth_tokens_service_pb2_grpc,
    json_web_key_pb2,
    session_pb2,
)

from server.kernel.access.caller import current_call
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_timestamp
from server.kernel.security.keys import public_jwk
from server.subdomains.identity.auth_tokens.application import SESSION_ORDERING, AuthTokensApplication
from server.subdomains.identity.auth_tokens.domain import AuthTokens, Client
from server.subdomains.identity.servicer import tokens_to_proto

_JWKS_METADATA = (("cache-control", "public, max-age=300"),)


class AuthTokensServicer(auth_tokens_service_pb2_grpc.AuthTokensServiceServicer):
    """Answers AuthTokensService."""

    def __init__(self, application: AuthTokensApplication, lists: Lists) -> None:
        self._tokens = application
        self._lists = lists

    async def RefreshToken(
        self, request: auth_tokens_service_pb2.RefreshTokenRequest, context: Context
    ) -> auth_tokens_service_pb2.RefreshTokenResponse:
        call = current_call()
        tokens = await self._tokens.refresh_token(
            refresh_token=request.refresh_token,
            request_id=UUID(request.request_id) if request.request_id else None,
            client=Client(call.client_address, call.user_agent),
        )
        return auth_tokens_service_pb2.RefreshTokenResponse(tokens=tokens_to_proto(tokens))

    async def RevokeToken(
        self, request: auth_tokens_service_pb2.RevokeTokenRequest, context: Context
    ) -> auth_tokens_service_pb2.RevokeTokenResponse:
        await self._tokens.revoke_token(refresh_token=request.refresh_token)
        return auth_tokens_service_pb2.RevokeTokenResponse()

    def check_ListSessions(self, request: auth_tokens_service_pb2.ListSessionsRequest) -> Iterator[Violation]:
        return self._lists.violations(request, SESSION_ORDERING)

    async def ListSessions(
        self, request: auth_tokens_service_pb2.ListSessionsRequest, context: Context
    ) -> auth_tokens_service_pb2.ListSessionsResponse:
        caller = current_call().caller
        found = await self._tokens.list_sessions(
            user_id=caller.user_id,
            provider=request.provider.lower() or None,
            page=self._lists.page(request, SESSION_ORDERING),
        )
        return auth_tokens_service_pb2.ListSessionsResponse(
            sessions=[_to_proto(session, caller.session_id) for session in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def RevokeSession(
        self, request: auth_tokens_service_pb2.RevokeSessionRequest, context: Context
    ) -> auth_tokens_service_pb2.RevokeSessionResponse:
        await self._tokens.revoke_session(user_id=current_call().caller.user_id, session_id=request.id)
        return auth_tokens_service_pb2.RevokeSessionResponse()

    async def RevokeOtherSessions(
        self, request: auth_tokens_service_pb2.RevokeOtherSessionsRequest, context: Context
    ) -> auth_tokens_service_pb2.RevokeOtherSessionsResponse:
        caller = current_call().caller
        count = await self._tokens.revoke_other_sessions(user_id=caller.user_id, session_id=caller.session_id)
        return auth_tokens_service_pb2.RevokeOtherSessionsResponse(revoked_count=count)

    async def GetJsonWebKeySet(
        self, request: auth_tokens_service_pb2.GetJsonWebKeySetRequest, context: Context
    ) -> auth_tokens_service_pb2.GetJsonWebKeySetResponse:
        await context.send_initial_metadata(_JWKS_METADATA)
        keys = [json_web_key_pb2.JsonWebKey(**public_jwk(key)) for key in self._tokens.published_keys()]
        return auth_tokens_service_pb2.GetJsonWebKeySetResponse(keys=keys)


def _to_proto(session: AuthTokens, current_session_id: str | None) -> session_pb2.Session:
    return session_pb2.Session(
        id=session.id,
        created_at=to_timestamp(session.created_at),
        last_used_at=to_timestamp(session.last_used_at),
        expires_at=to_timestamp(session.refresh_token_expires_at),
        provider=session.provider,
        amr=session.amr,
        ip_address=session.ip_address,
        user_agent=session.user_agent,
        is_current=session.id == current_session_id,
    )
