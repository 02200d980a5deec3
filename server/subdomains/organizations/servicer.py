"""OrganizationsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.organizations.v1 import organization_pb2, organizations_service_pb2, organizations_service_pb2_grpc

from server.kernel.access.caller import current_call
from server.kernel.errors import Violation
from server.kernel.rpc.access_enums import OWNERSHIPS
from server.kernel.rpc.context import Context
from server.subdomains.organizations.application import OrganizationsApplication
from server.subdomains.organizations.domain.organization import Organization


class OrganizationsServicer(organizations_service_pb2_grpc.OrganizationsServiceServicer):
    """Answers OrganizationsService."""

    def __init__(self, application: OrganizationsApplication) -> None:
        self._organizations = application

    def check_CreateOrganization(
        self, request: organizations_service_pb2.CreateOrganizationRequest
    ) -> Iterator[Violation]:
        return self._organizations.violations_of_name(request.name)

    async def CreateOrganization(
        self, request: organizations_service_pb2.CreateOrganizationRequest, context: Context
    ) -> organizations_service_pb2.CreateOrganizationResponse:
        caller = current_call().caller
        organization = await self._organizations.create_organization(
            caller_id=caller.user_id, is_person=caller.is_person, name=request.name
        )
        return organizations_service_pb2.CreateOrganizationResponse(organization=_to_proto(organization))

    async def GetOrganization(
        self, request: organizations_service_pb2.GetOrganizationRequest, context: Context
    ) -> organizations_service_pb2.GetOrganizationResponse:
        organization = await self._organizations.get_organization(current_call().organization)
        return organizations_service_pb2.GetOrganizationResponse(organization=_to_proto(organization))


def _to_proto(organization: Organization) -> organization_pb2.Organization:
    return organization_pb2.Organization(
        id=organization.id,
        name=organization.name,
        created_by_id=organization.created_by_id,
        ownership=OWNERSHIPS[organization.ownership],
    )
