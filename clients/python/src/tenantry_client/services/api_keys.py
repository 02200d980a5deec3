"""ApiKeysService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.api_keys.v1 import api_keys_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

CREATE_API_KEY = Method(
    "/tenantry.api_keys.v1.ApiKeysService/CreateApiKey",
    pb.CreateApiKeyRequest,
    pb.CreateApiKeyResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
LIST_API_KEYS = Method(
    "/tenantry.api_keys.v1.ApiKeysService/ListApiKeys",
    pb.ListApiKeysRequest,
    pb.ListApiKeysResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
DELETE_API_KEY = Method(
    "/tenantry.api_keys.v1.ApiKeysService/DeleteApiKey",
    pb.DeleteApiKeyRequest,
    pb.DeleteApiKeyResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
REVOKE_API_KEY = Method(
    "/tenantry.api_keys.v1.ApiKeysService/RevokeApiKey",
    pb.RevokeApiKeyRequest,
    pb.RevokeApiKeyResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)


class ApiKeysService:
    """
    The API keys of persons and machines. A key is sent as x-api-key, in place of an access token: whoever sends it is
    its owner, with the roles, features and memberships that the owner has at that moment. It opens no session.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def CreateApiKey(
        self, request: pb.CreateApiKeyRequest | None = None, *, timeout: float | None = None
    ) -> pb.CreateApiKeyResponse:
        """
        Makes an API key of the caller. The answer holds the key, which cannot be read again. Other keys are not
        touched.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME, INVALID_EXPIRES_AT (less than an hour from now),
          INVALID_REQUEST_ID.
        - NOT_FOUND, USER_NOT_FOUND: the caller is a service account, which has no keys.
        - RESOURCE_EXHAUSTED, TOO_MANY_API_KEYS: the caller has 100 active keys (a setting). Delete one first.
        """
        return await self._call(CREATE_API_KEY, request, timeout=timeout)

    async def ListApiKeys(
        self, request: pb.ListApiKeysRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListApiKeysResponse:
        """
        Lists the caller's API keys, also those that have expired or were revoked. Deleted ones are gone.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_STATE, INVALID_PAGE_SIZE, INVALID_PAGE_TOKEN, INVALID_ORDER_BY.
        """
        return await self._call(LIST_API_KEYS, request, timeout=timeout)

    async def DeleteApiKey(
        self, request: pb.DeleteApiKeyRequest, *, timeout: float | None = None
    ) -> pb.DeleteApiKeyResponse:
        """
        Deletes one of the caller's API keys, whatever its state. It is good for nothing from then on, on any server
        within a second. A key may delete itself.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, API_KEY_NOT_FOUND: unknown, or deleted already.
        - PERMISSION_DENIED, API_KEY_NOT_OWNER: it is somebody else's.
        """
        return await self._call(DELETE_API_KEY, request, timeout=timeout)

    async def RevokeApiKey(
        self, request: pb.RevokeApiKeyRequest, *, timeout: float | None = None
    ) -> pb.RevokeApiKeyResponse:
        """
        Revokes anybody's API key, also one that has expired: for operators, when a key has leaked. It is good for
        nothing from then on, on any server within a second; its owner still sees it. To revoke it again changes
        nothing.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, API_KEY_NOT_FOUND: unknown, or deleted.
        """
        return await self._call(REVOKE_API_KEY, request, timeout=timeout)


class ApiKeysServiceSync:
    """
    The API keys of persons and machines. A key is sent as x-api-key, in place of an access token: whoever sends it is
    its owner, with the roles, features and memberships that the owner has at that moment. It opens no session.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def CreateApiKey(
        self, request: pb.CreateApiKeyRequest | None = None, *, timeout: float | None = None
    ) -> pb.CreateApiKeyResponse:
        """
        Makes an API key of the caller. The answer holds the key, which cannot be read again. Other keys are not
        touched.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME, INVALID_EXPIRES_AT (less than an hour from now),
          INVALID_REQUEST_ID.
        - NOT_FOUND, USER_NOT_FOUND: the caller is a service account, which has no keys.
        - RESOURCE_EXHAUSTED, TOO_MANY_API_KEYS: the caller has 100 active keys (a setting). Delete one first.
        """
        return self._call(CREATE_API_KEY, request, timeout=timeout)

    def ListApiKeys(
        self, request: pb.ListApiKeysRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListApiKeysResponse:
        """
        Lists the caller's API keys, also those that have expired or were revoked. Deleted ones are gone.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_STATE, INVALID_PAGE_SIZE, INVALID_PAGE_TOKEN, INVALID_ORDER_BY.
        """
        return self._call(LIST_API_KEYS, request, timeout=timeout)

    def DeleteApiKey(self, request: pb.DeleteApiKeyRequest, *, timeout: float | None = None) -> pb.DeleteApiKeyResponse:
        """
        Deletes one of the caller's API keys, whatever its state. It is good for nothing from then on, on any server
        within a second. A key may delete itself.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, API_KEY_NOT_FOUND: unknown, or deleted already.
        - PERMISSION_DENIED, API_KEY_NOT_OWNER: it is somebody else's.
        """
        return self._call(DELETE_API_KEY, request, timeout=timeout)

    def RevokeApiKey(self, request: pb.RevokeApiKeyRequest, *, timeout: float | None = None) -> pb.RevokeApiKeyResponse:
        """
        Revokes anybody's API key, also one that has expired: for operators, when a key has leaked. It is good for
        nothing from then on, on any server within a second; its owner still sees it. To revoke it again changes
        nothing.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, API_KEY_NOT_FOUND: unknown, or deleted.
        """
        return self._call(REVOKE_API_KEY, request, timeout=timeout)
