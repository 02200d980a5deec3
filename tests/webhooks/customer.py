"""An organization whose owner listens to what happens in it."""

from collections.abc import Sequence
from typing import Any

from tenantry.webhooks.v1.webhook_pb2 import WebhookAttempt, WebhookEndpoint
from tenantry.webhooks.v1.webhooks_service_pb2 import (
    CreateWebhookEndpointRequest,
    DeleteWebhookEndpointRequest,
    DeliverWebhooksRequest,
    GetWebhookEndpointRequest,
    ListWebhookAttemptsRequest,
    SendTestWebhookRequest,
    UpdateWebhookEndpointRequest,
)
from tenantry.webhooks.v1.webhooks_service_pb2_grpc import WebhooksServiceStub

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.deliveries.messages import Queue
from tests.cast import Cast, Player
from tests.harness import Metadata, Running
from tests.messages import outcomes
from tests.webhooks.things import Thing


class Customer:
    """What an owner does, and what a worker does for the organization."""

    def __init__(self, server: Running, organization_id: str, owner: Player) -> None:
        self.server = server
        self.organization_id = organization_id
        self.owner = owner
        self.service = WebhooksServiceStub(server.channel)

    @property
    def metadata(self) -> Metadata:
        """The credentials of the owner, fresh: the clock may have gone on for days."""
        return self.server.as_user(self.owner.user_id, self.owner.session_id)

    async def listens(self, url: str, *event_types: str, **fields: Any) -> WebhookEndpoint:
        """A new endpoint."""
        request = CreateWebhookEndpointRequest(
            organization_id=self.organization_id, url=url, event_types=event_types, **fields
        )
        return (await self.service.CreateWebhookEndpoint(request, metadata=self.metadata)).endpoint

    async def endpoint(self, endpoint_id: str) -> WebhookEndpoint:
        """An endpoint as it is now."""
        request = GetWebhookEndpointRequest(organization_id=self.organization_id, id=endpoint_id)
        return (await self.service.GetWebhookEndpoint(request, metadata=self.metadata)).endpoint

    async def update(self, endpoint_id: str, **fields: Any) -> WebhookEndpoint:
        """Change an endpoint."""
        request = UpdateWebhookEndpointRequest(organization_id=self.organization_id, id=endpoint_id, **fields)
        return (await self.service.UpdateWebhookEndpoint(request, metadata=self.metadata)).endpoint

    async def delete(self, endpoint_id: str) -> None:
        """Delete an endpoint."""
        request = DeleteWebhookEndpointRequest(organization_id=self.organization_id, id=endpoint_id)
        await self.service.DeleteWebhookEndpoint(request, metadata=self.metadata)

    async def test(self, endpoint_id: str) -> str:
        """Send a test, and return the id of the event."""
        request = SendTestWebhookRequest(organization_id=self.organization_id, id=endpoint_id)
        return (await self.service.SendTestWebhook(request, metadata=self.metadata)).event_id

    async def attempts(self, endpoint_id: str, **fields: Any) -> Sequence[WebhookAttempt]:
        """The attempts at an endpoint, the latest first."""
        request = ListWebhookAttemptsRequest(organization_id=self.organization_id, id=endpoint_id, **fields)
        return (await self.service.ListWebhookAttempts(request, metadata=self.metadata)).attempts

    def thing(self) -> Thing:
        """A thing of the organization, that publishes events."""
        return Thing(id=ids.new_id("thing"), organization_id=self.organization_id)

    async def drain(self) -> tuple[int, int]:
        """Try everything that waits once: what the bus has to tell, then every call. How many were done, and not."""
        set_current_call(service_call("call-of-a-test"))
        await self.server.app.platform.drain(Queue.DOMAIN_EVENTS)
        return await self.server.app.platform.drain(Queue.WEBHOOKS)

    async def waiting(self) -> list[Any]:
        """What waits in the queue, dead or alive, in the order of queueing."""
        sql = "SELECT * FROM kernel.delivery WHERE queue = 'webhooks' AND organization_id = $1 ORDER BY id"
        return await self.server.rows(sql, ids.decode("org", self.organization_id))

    async def deliver(self, *messages: str) -> list[tuple[str, str]]:
        """Hand messages to the deliver operation, as a worker does: what became of each."""
        request = DeliverWebhooksRequest(messages=messages)
        answer = await self.service.DeliverWebhooks(request, metadata=self.server.as_service())
        return outcomes(answer.results)


async def new_customer(server: Running, cast: Cast) -> Customer:
    """The owner of an organization of its own."""
    organization_id = ids.new_id("org")
    return Customer(server, organization_id, await cast.member(organization_id, roles=("tenant_owner",)))
