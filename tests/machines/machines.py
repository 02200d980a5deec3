"""Machines, and what became of them."""

from typing import Any

from tenantry.machines.v1.machine_pb2 import Machine
from tenantry.machines.v1.machines_service_pb2 import RegisterMachineRequest
from tenantry.machines.v1.machines_service_pb2_grpc import MachinesServiceStub
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub
from tenantry.users.v1.users_service_pb2 import GetUserRequest
from tenantry.users.v1.users_service_pb2_grpc import UsersServiceStub

from server.kernel import ids
from tests.harness import Metadata, Running

# Whatever a registration writes to.
TABLES = (
    "users.end_user",
    "users.membership",
    "user_profiles.user_profile",
    "organizations.organization",
    "organizations.member",
    "subscriptions.subscription",
    "api_keys.api_key",
    "kernel.event",
    "kernel.delivery",
)


class Machines:
    """Registers machines and looks at them."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self._machines = MachinesServiceStub(server.channel)
        self._organizations = OrganizationsServiceStub(server.channel)
        self._users = UsersServiceStub(server.channel)

    async def register(self, metadata: Metadata = (), **changes: Any) -> Machine:
        """A machine, registered by whom the metadata say, or by nobody."""
        request = RegisterMachineRequest(**({"name": "Loom 4"} | changes))
        return (await self._machines.RegisterMachine(request, metadata=metadata)).machine

    async def user(self, user_id: str) -> Any:
        """A user with its memberships."""
        return (await self._users.GetUser(GetUserRequest(id=user_id))).user

    async def profile(self, user_id: str) -> Any:
        """The row of a user's profile."""
        sql = "SELECT * FROM user_profiles.user_profile WHERE user_id = $1"
        [row] = await self._server.rows(sql, ids.decode("user", user_id))
        return row

    async def organization(self, metadata: Metadata, name: str = "Analytical Engines") -> str:
        """A shared organization of the caller, which is the default one from then on."""
        request = CreateOrganizationRequest(name=name)
        answer = await self._organizations.CreateOrganization(request, metadata=metadata)
        return str(answer.organization.id)

    async def counts(self) -> dict[str, int]:
        """How many rows there are of everything that a registration makes."""
        return {
            table: (await self._server.rows(f"SELECT count(*) AS number FROM {table}"))[0]["number"] for table in TABLES
        }
