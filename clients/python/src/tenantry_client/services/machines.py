"""MachinesService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.machines.v1 import machines_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

REGISTER_MACHINE = Method(
    "/tenantry.machines.v1.MachinesService/RegisterMachine",
    pb.RegisterMachineRequest,
    pb.RegisterMachineResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)


class MachinesService:
    """Machines: users that are no persons."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def RegisterMachine(
        self, request: pb.RegisterMachineRequest, *, timeout: float | None = None
    ) -> pb.RegisterMachineResponse:
        """
        Registers a machine and makes its API key. In the same transaction come its profile, its personal organization
        and that one's subscription.

        A machine that nobody vouches for has the free features only, for ever. One that a signed-in caller registers
        has those of the paid trial; and when the caller's default organization is a shared one that the caller owns, it
        joins that organization as a member, and it is the machine's default one.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME, INVALID_TIMEZONE, INVALID_COUNTRY_CODE,
          INVALID_API_KEY_EXPIRES_AT (less than an hour from now), INVALID_REQUEST_ID.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: nobody is signed in, and 20 machines (a setting) were registered from this
          address within an hour.
        """
        return await self._call(REGISTER_MACHINE, request, timeout=timeout)


class MachinesServiceSync:
    """Machines: users that are no persons."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def RegisterMachine(
        self, request: pb.RegisterMachineRequest, *, timeout: float | None = None
    ) -> pb.RegisterMachineResponse:
        """
        Registers a machine and makes its API key. In the same transaction come its profile, its personal organization
        and that one's subscription.

        A machine that nobody vouches for has the free features only, for ever. One that a signed-in caller registers
        has those of the paid trial; and when the caller's default organization is a shared one that the caller owns, it
        joins that organization as a member, and it is the machine's default one.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME, INVALID_TIMEZONE, INVALID_COUNTRY_CODE,
          INVALID_API_KEY_EXPIRES_AT (less than an hour from now), INVALID_REQUEST_ID.
        - RESOURCE_EXHAUSTED, RATE_LIMITED: nobody is signed in, and 20 machines (a setting) were registered from this
          address within an hour.
        """
        return self._call(REGISTER_MACHINE, request, timeout=timeout)
