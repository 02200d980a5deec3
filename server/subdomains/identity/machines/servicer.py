"""MachinesService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.machines.v1 import machine_pb2, machines_service_pb2, machines_service_pb2_grpc

from server.kernel.access.caller import current_call
from server.kernel.errors import Violation
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_datetime, to_timestamp
from server.subdomains.identity.machines.application import Machine, MachinesApplication, Registration


class MachinesServicer(machines_service_pb2_grpc.MachinesServiceServicer):
    """Answers MachinesService."""

    def __init__(self, application: MachinesApplication) -> None:
        self._machines = application

    def check_RegisterMachine(self, request: machines_service_pb2.RegisterMachineRequest) -> Iterator[Violation]:
        return self._machines.violations_of_registration(_registration(request))

    async def RegisterMachine(
        self, request: machines_service_pb2.RegisterMachineRequest, context: Context
    ) -> machines_service_pb2.RegisterMachineResponse:
        call = current_call()
        machine = await self._machines.register_machine(
            _registration(request),
            caller_id=call.caller.user_id,
            is_anonymous=call.caller.is_anonymous,
            client_address=call.client_address,
        )
        return machines_service_pb2.RegisterMachineResponse(machine=_to_proto(machine))


def _registration(request: machines_service_pb2.RegisterMachineRequest) -> Registration:
    expires_at = request.api_key_expires_at if request.HasField("api_key_expires_at") else None
    return Registration(
        name=request.name,
        timezone=request.timezone,
        country_code=request.country_code,
        api_key_expires_at=None if expires_at is None else to_datetime(expires_at),
    )


def _to_proto(machine: Machine) -> machine_pb2.Machine:
    expires_at = machine.api_key_expires_at
    return machine_pb2.Machine(
        id=machine.id,
        name=machine.name,
        api_key=machine.api_key,
        created_by_id=machine.created_by_id,
        api_key_expires_at=None if expires_at is None else to_timestamp(expires_at),
    )
