"""What requests about webhook endpoints need: one that is there, which not every caller can make."""

from tenantry.webhooks.v1.webhooks_service_pb2 import CreateWebhookEndpointRequest
from tenantry.webhooks.v1.webhooks_service_pb2_grpc import WebhooksServiceStub

from tests.everything.callers import Caller
from tests.everything.operations import OPERATIONS
from tests.everything.requests import Value
from tests.harness import Running


def endpoints(running: Running) -> dict[str, Value]:
    """The values of every field that names an endpoint."""

    async def endpoint(_: Caller, organization_id: str) -> str:
        request = CreateWebhookEndpointRequest(organization_id=organization_id, url="https://hooks.example.com")
        webhooks = WebhooksServiceStub(running.channel)
        return (await webhooks.CreateWebhookEndpoint(request, metadata=running.as_service())).endpoint.id

    return {
        f"{operation.name}.id": endpoint
        for operation in OPERATIONS
        if "Webhook" in operation.name and "id" in operation.request.DESCRIPTOR.fields_by_name
    }
