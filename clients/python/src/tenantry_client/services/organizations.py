"""OrganizationsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.organizations.v1 import organizations_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

CREATE_ORGANIZATION = Method(
    "/tenantry.organizations.v1.OrganizationsService/CreateOrganization",
    pb.CreateOrganizationRequest,
    pb.CreateOrganizationResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
GET_ORGANIZATION = Method(
    "/tenantry.organizations.v1.OrganizationsService/GetOrganization",
    pb.GetOrganizationRequest,
    pb.GetOrganizationResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class OrganizationsService:
    """The tenants of the product. Every registered user has a personal one; persons create shared ones."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def CreateOrganization(
        self, request: pb.CreateOrganizationRequest, *, timeout: float | None = None
    ) -> pb.CreateOrganizationResponse:
        """
        Creates a shared organization. The caller becomes its billing admin, owner and member, and it becomes the
        caller's default organization. In the same transaction comes its subscription on the starting plan, with the
        caller as buyer.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME, INVALID_REQUEST_ID.
        - FAILED_PRECONDITION, PERSON_REQUIRED: the caller is a machine.
        """
        return await self._call(CREATE_ORGANIZATION, request, timeout=timeout)

    async def GetOrganization(
        self, request: pb.GetOrganizationRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetOrganizationResponse:
        """
        Returns one organization.

        Errors:
        - PERMISSION_DENIED, NOT_A_MEMBER: the caller is not a member, or there is no such organization (any more).
        - NOT_FOUND, ORGANIZATION_NOT_FOUND: there is no such organization, and the caller is a service account.
        """
        return await self._call(GET_ORGANIZATION, request, timeout=timeout)


class OrganizationsServiceSync:
    """The tenants of the product. Every registered user has a personal one; persons create shared ones."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def CreateOrganization(
        self, request: pb.CreateOrganizationRequest, *, timeout: float | None = None
    ) -> pb.CreateOrganizationResponse:
        """
        Creates a shared organization. The caller becomes its billing admin, owner and member, and it becomes the
        caller's default organization. In the same transaction comes its subscription on the starting plan, with the
        caller as buyer.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME, INVALID_REQUEST_ID.
        - FAILED_PRECONDITION, PERSON_REQUIRED: the caller is a machine.
        """
        return self._call(CREATE_ORGANIZATION, request, timeout=timeout)

    def GetOrganization(
        self, request: pb.GetOrganizationRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetOrganizationResponse:
        """
        Returns one organization.

        Errors:
        - PERMISSION_DENIED, NOT_A_MEMBER: the caller is not a member, or there is no such organization (any more).
        - NOT_FOUND, ORGANIZATION_NOT_FOUND: there is no such organization, and the caller is a service account.
        """
        return self._call(GET_ORGANIZATION, request, timeout=timeout)
