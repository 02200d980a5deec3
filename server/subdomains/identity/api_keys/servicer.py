"""ApiKeysService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.api_keys.v1 import api_key_pb2, api_keys_service_pb2, api_keys_service_pb2_grpc

from server.kernel.access.caller import current_call
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_datetime, to_timestamp
from server.subdomains.identity.api_keys.application.keys import API_KEY_ORDERING, ApiKeysApplication
from server.subdomains.identity.api_keys.domain.api_key import ApiKey, ApiKeyState

_STATES = {
    ApiKeyState.ACTIVE: api_key_pb2.API_KEY_STATE_ACTIVE,
    ApiKeyState.EXPIRED: api_key_pb2.API_KEY_STATE_EXPIRED,
    ApiKeyState.REVOKED: api_key_pb2.API_KEY_STATE_REVOKED,
}
_STATE_OF = {number: state for state, number in _STATES.items()}


class ApiKeysServicer(api_keys_service_pb2_grpc.ApiKeysServiceServicer):
    """Answers ApiKeysService."""

    def __init__(self, application: ApiKeysApplication, lists: Lists) -> None:
        self._keys = application
        self._lists = lists

    def check_CreateApiKey(self, request: api_keys_service_pb2.CreateApiKeyRequest) -> Iterator[Violation]:
        yield from self._keys.violations_of_name(request.name)
        yield from self._keys.violations_of_expiry("expires_at", _expiry(request))

    async def CreateApiKey(
        self, request: api_keys_service_pb2.CreateApiKeyRequest, context: Context
    ) -> api_keys_service_pb2.CreateApiKeyResponse:
        text, key = await self._keys.create_api_key(
            caller_id=current_call().caller.user_id, name=request.name, expires_at=_expiry(request)
        )
        return api_keys_service_pb2.CreateApiKeyResponse(api_key=text, key=_to_proto(key, ApiKeyState.ACTIVE))

    def check_ListApiKeys(self, request: api_keys_service_pb2.ListApiKeysRequest) -> Iterator[Violation]:
        return self._lists.violations(request, API_KEY_ORDERING)

    async def ListApiKeys(
        self, request: api_keys_service_pb2.ListApiKeysRequest, context: Context
    ) -> api_keys_service_pb2.ListApiKeysResponse:
        found = await self._keys.list_api_keys(
            user_id=current_call().caller.user_id,
            state=_STATE_OF.get(request.state),
            page=self._lists.page(request, API_KEY_ORDERING),
        )
        return api_keys_service_pb2.ListApiKeysResponse(
            keys=[_to_proto(key, state) for key, state in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def DeleteApiKey(
        self, request: api_keys_service_pb2.DeleteApiKeyRequest, context: Context
    ) -> api_keys_service_pb2.DeleteApiKeyResponse:
        await self._keys.delete_api_key(caller_id=current_call().caller.user_id, key_id=request.id)
        return api_keys_service_pb2.DeleteApiKeyResponse()

    async def RevokeApiKey(
        self, request: api_keys_service_pb2.RevokeApiKeyRequest, context: Context
    ) -> api_keys_service_pb2.RevokeApiKeyResponse:
        key = await self._keys.revoke_api_key(operator_id=current_call().caller.user_id, key_id=request.id)
        return api_keys_service_pb2.RevokeApiKeyResponse(key=_to_proto(key, ApiKeyState.REVOKED))


def _expiry(request: api_keys_service_pb2.CreateApiKeyRequest) -> datetime | None:
    return to_datetime(request.expires_at) if request.HasField("expires_at") else None


def _to_proto(key: ApiKey, state: ApiKeyState) -> api_key_pb2.ApiKey:
    return api_key_pb2.ApiKey(
        id=key.id,
        user_id=key.user_id,
        name=key.name,
        key_prefix=key.prefix,
        state=_STATES[state],
        created_at=to_timestamp(key.created_at),
        last_used_at=_instant(key.last_used_at),
        expires_at=_instant(key.expires_at),
        revoked_at=_instant(key.revoked_at),
    )


def _instant(value: datetime | None) -> Timestamp | None:
    return None if value is None else to_timestamp(value)
