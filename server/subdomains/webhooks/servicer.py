"""WebhooksService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator
from typing import Any

from tenantry.webhooks.v1 import webhook_pb2, webhooks_service_pb2_grpc
from tenantry.webhooks.v1 import webhooks_service_pb2 as pb

from server.kernel.access.caller import current_call
from server.kernel.clock import Clock
from server.kernel.deliveries.wire import to_proto
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_datetime
from server.subdomains.webhooks.application.endpoints import (
    ATTEMPT_ORDERING,
    ENDPOINT_ORDERING,
    HEALTH_ORDERING,
    EndpointsApplication,
)
from server.subdomains.webhooks.application.sending import SendingApplication
from server.subdomains.webhooks.wire import attempt_to_proto, endpoint_to_proto, event_type_to_proto, health_to_proto


class WebhooksServicer(webhooks_service_pb2_grpc.WebhooksServiceServicer):
    """Answers WebhooksService. A ``check_`` method says what of a request is wrong besides what the contract says."""

    def __init__(self, endpoints: EndpointsApplication, sending: SendingApplication, lists: Lists, now: Clock) -> None:
        self._endpoints = endpoints
        self._sending = sending
        self._lists = lists
        self._now = now

    def check_CreateWebhookEndpoint(self, request: pb.CreateWebhookEndpointRequest) -> Iterator[Violation]:
        yield from self._endpoints.violations(
            url=request.url, description=request.description, event_types=request.event_types
        )
        if request.HasField("start_at") and to_datetime(request.start_at) > self._now():
            yield Violation("start_at", "INVALID_START_AT", "must not be in the future")

    async def CreateWebhookEndpoint(
        self, request: pb.CreateWebhookEndpointRequest, context: Context
    ) -> pb.CreateWebhookEndpointResponse:
        made = await self._endpoints.create_endpoint(
            organization_id=current_call().organization,
            url=request.url,
            description=request.description,
            event_types=request.event_types,
            start_at=to_datetime(request.start_at) if request.HasField("start_at") else None,
        )
        return pb.CreateWebhookEndpointResponse(endpoint=self._to_proto(made.endpoint, made.signing_secret))

    async def GetWebhookEndpoint(
        self, request: pb.GetWebhookEndpointRequest, context: Context
    ) -> pb.GetWebhookEndpointResponse:
        endpoint = await self._endpoints.get_endpoint(
            organization_id=current_call().organization, endpoint_id=request.id
        )
        return pb.GetWebhookEndpointResponse(endpoint=self._to_proto(endpoint))

    def check_ListWebhookEndpoints(self, request: pb.ListWebhookEndpointsRequest) -> Iterator[Violation]:
        return self._lists.violations(request, ENDPOINT_ORDERING)

    async def ListWebhookEndpoints(
        self, request: pb.ListWebhookEndpointsRequest, context: Context
    ) -> pb.ListWebhookEndpointsResponse:
        found = await self._endpoints.list_endpoints(
            organization_id=current_call().organization, page=self._lists.page(request, ENDPOINT_ORDERING)
        )
        return pb.ListWebhookEndpointsResponse(
            endpoints=[self._to_proto(endpoint) for endpoint in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    def check_UpdateWebhookEndpoint(self, request: pb.UpdateWebhookEndpointRequest) -> Iterator[Violation]:
        return self._endpoints.violations(
            url=request.url if request.HasField("url") else None,
            description=request.description,
            event_types=request.event_types,
        )

    async def UpdateWebhookEndpoint(
        self, request: pb.UpdateWebhookEndpointRequest, context: Context
    ) -> pb.UpdateWebhookEndpointResponse:
        endpoint = await self._endpoints.update_endpoint(
            organization_id=current_call().organization,
            endpoint_id=request.id,
            url=request.url if request.HasField("url") else None,
            description=request.description if request.HasField("description") else None,
            event_types=request.event_types,
            is_enabled=request.is_enabled if request.HasField("is_enabled") else None,
        )
        return pb.UpdateWebhookEndpointResponse(endpoint=self._to_proto(endpoint))

    async def DeleteWebhookEndpoint(
        self, request: pb.DeleteWebhookEndpointRequest, context: Context
    ) -> pb.DeleteWebhookEndpointResponse:
        await self._endpoints.delete_endpoint(organization_id=current_call().organization, endpoint_id=request.id)
        return pb.DeleteWebhookEndpointResponse()

    async def RotateWebhookEndpointSecret(
        self, request: pb.RotateWebhookEndpointSecretRequest, context: Context
    ) -> pb.RotateWebhookEndpointSecretResponse:
        made = await self._endpoints.rotate_secret(organization_id=current_call().organization, endpoint_id=request.id)
        return pb.RotateWebhookEndpointSecretResponse(endpoint=self._to_proto(made.endpoint, made.signing_secret))

    def check_ListWebhookAttempts(self, request: pb.ListWebhookAttemptsRequest) -> Iterator[Violation]:
        return self._lists.violations(request, ATTEMPT_ORDERING)

    async def ListWebhookAttempts(
        self, request: pb.ListWebhookAttemptsRequest, context: Context
    ) -> pb.ListWebhookAttemptsResponse:
        found = await self._endpoints.list_attempts(
            organization_id=current_call().organization,
            endpoint_id=request.id,
            failed_only=request.failed_only,
            page=self._lists.page(request, ATTEMPT_ORDERING),
        )
        return pb.ListWebhookAttemptsResponse(
            attempts=[attempt_to_proto(row) for row in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def SendTestWebhook(self, request: pb.SendTestWebhookRequest, context: Context) -> pb.SendTestWebhookResponse:
        event_id = await self._endpoints.send_test(organization_id=current_call().organization, endpoint_id=request.id)
        return pb.SendTestWebhookResponse(event_id=event_id)

    async def ListWebhookEventTypes(
        self, request: pb.ListWebhookEventTypesRequest, context: Context
    ) -> pb.ListWebhookEventTypesResponse:
        found = [event_type_to_proto(kind) for kind in self._endpoints.public_events]
        return pb.ListWebhookEventTypesResponse(event_types=found)

    async def DeliverWebhooks(self, request: pb.DeliverWebhooksRequest, context: Context) -> pb.DeliverWebhooksResponse:
        return pb.DeliverWebhooksResponse(results=to_proto(await self._sending.deliver_webhooks(request.messages)))

    def check_ReplayWebhookEvents(self, request: pb.ReplayWebhookEventsRequest) -> Iterator[Violation]:
        if request.HasField("since_at") and to_datetime(request.since_at) >= self._now():
            yield Violation("since_at", "INVALID_SINCE_AT", "must be in the past")
        if request.HasField("until_at") and to_datetime(request.until_at) <= to_datetime(request.since_at):
            yield Violation("until_at", "INVALID_UNTIL_AT", "must be after since_at")

    async def ReplayWebhookEvents(
        self, request: pb.ReplayWebhookEventsRequest, context: Context
    ) -> pb.ReplayWebhookEventsResponse:
        count = await self._endpoints.replay_events(
            organization_id=request.organization_id,
            endpoint_id=request.id,
            since_at=to_datetime(request.since_at),
            until_at=to_datetime(request.until_at) if request.HasField("until_at") else None,
        )
        return pb.ReplayWebhookEventsResponse(replayed_count=count)

    def check_SearchWebhookEndpoints(self, request: pb.SearchWebhookEndpointsRequest) -> Iterator[Violation]:
        return self._lists.violations(request, HEALTH_ORDERING)

    async def SearchWebhookEndpoints(
        self, request: pb.SearchWebhookEndpointsRequest, context: Context
    ) -> pb.SearchWebhookEndpointsResponse:
        found = await self._endpoints.search_endpoints(
            organization_id=request.organization_id or None,
            unwell_only=request.unwell_only,
            page=self._lists.page(request, HEALTH_ORDERING),
        )
        return pb.SearchWebhookEndpointsResponse(
            endpoints=[health_to_proto(row) for row in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    def _to_proto(self, endpoint: Any, signing_secret: str | None = None) -> webhook_pb2.WebhookEndpoint:
        return endpoint_to_proto(endpoint, self._now(), signing_secret)
