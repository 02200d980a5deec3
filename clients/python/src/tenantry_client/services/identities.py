"""IdentitiesService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.identities.v1 import identities_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

GET_IDENTITY = Method(
    "/tenantry.identities.v1.IdentitiesService/GetIdentity",
    pb.GetIdentityRequest,
    pb.GetIdentityResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class IdentitiesService:
    """Tells signed-in callers how they can sign in."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def GetIdentity(
        self, request: pb.GetIdentityRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetIdentityResponse:
        """Returns the caller's identity, of persons and machines alike."""
        return await self._call(GET_IDENTITY, request, timeout=timeout)


class IdentitiesServiceSync:
    """Tells signed-in callers how they can sign in."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def GetIdentity(
        self, request: pb.GetIdentityRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetIdentityResponse:
        """Returns the caller's identity, of persons and machines alike."""
        return self._call(GET_IDENTITY, request, timeout=timeout)
