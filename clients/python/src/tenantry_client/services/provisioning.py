"""ProvisioningService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.provisioning.v1 import provisioning_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

NOTIFY_PROVISIONINGS = Method(
    "/tenantry.provisioning.v1.ProvisioningService/NotifyProvisionings",
    pb.NotifyProvisioningsRequest,
    pb.NotifyProvisioningsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
DELIVER_ALL_PROVISIONINGS = Method(
    "/tenantry.provisioning.v1.ProvisioningService/DeliverAllProvisionings",
    pb.DeliverAllProvisioningsRequest,
    pb.DeliverAllProvisioningsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)


class ProvisioningService:
    """
    Hands the settings of a newly provisioned tenant to its organization. Messages are queued when organizations are
    created, or put there by tools that provision infrastructure.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def NotifyProvisionings(
        self, request: pb.NotifyProvisioningsRequest, *, timeout: float | None = None
    ) -> pb.NotifyProvisioningsResponse:
        """
        Changes settings of organizations: new names are added, existing ones replaced, others kept. Messages are
        independent of each other and carried out in their order. A message that was delivered before is answered as
        delivered and has no second effect.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type, or the name of
          a setting is too long.
        - REFUSED, INVALID_MESSAGE_ID, INVALID_TENANT_ID: the id is malformed or of another kind.
        - REFUSED, PROVISIONING_MISSING_TENANT_ID: there is no TenantId.
        - REFUSED, PROVISIONING_MISSING_SETTINGS: there are no Settings.
        - RETRY_LATER, ORGANIZATION_NOT_FOUND: there is no such organization, or not yet.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return await self._call(NOTIFY_PROVISIONINGS, request, timeout=timeout)

    async def DeliverAllProvisionings(
        self, request: pb.DeliverAllProvisioningsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllProvisioningsResponse:
        """
        Carries out everything pending of the queue of provisionings, each message once, and answers when nothing is
        pending except what failed. Testing builds only.
        """
        return await self._call(DELIVER_ALL_PROVISIONINGS, request, timeout=timeout)


class ProvisioningServiceSync:
    """
    Hands the settings of a newly provisioned tenant to its organization. Messages are queued when organizations are
    created, or put there by tools that provision infrastructure.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def NotifyProvisionings(
        self, request: pb.NotifyProvisioningsRequest, *, timeout: float | None = None
    ) -> pb.NotifyProvisioningsResponse:
        """
        Changes settings of organizations: new names are added, existing ones replaced, others kept. Messages are
        independent of each other and carried out in their order. A message that was delivered before is answered as
        delivered and has no second effect.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type, or the name of
          a setting is too long.
        - REFUSED, INVALID_MESSAGE_ID, INVALID_TENANT_ID: the id is malformed or of another kind.
        - REFUSED, PROVISIONING_MISSING_TENANT_ID: there is no TenantId.
        - REFUSED, PROVISIONING_MISSING_SETTINGS: there are no Settings.
        - RETRY_LATER, ORGANIZATION_NOT_FOUND: there is no such organization, or not yet.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return self._call(NOTIFY_PROVISIONINGS, request, timeout=timeout)

    def DeliverAllProvisionings(
        self, request: pb.DeliverAllProvisioningsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllProvisioningsResponse:
        """
        Carries out everything pending of the queue of provisionings, each message once, and answers when nothing is
        pending except what failed. Testing builds only.
        """
        return self._call(DELIVER_ALL_PROVISIONINGS, request, timeout=timeout)
