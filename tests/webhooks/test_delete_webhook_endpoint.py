"""DeleteWebhookEndpoint: an endpoint is gone, with everything about it."""

import grpc
from tenantry.webhooks.v1.webhooks_service_pb2 import DeleteWebhookEndpointRequest

from server.kernel import ids
from server.kernel.ids import new_id
from tests.harness import refusal


async def test_nothing_of_a_deleted_endpoint_is_left(customer, receiver, server):
    # given
    endpoint = await customer.listens(receiver.url())
    await customer.test(endpoint.id)
    await customer.drain()
    await customer.test(endpoint.id)

    # when
    await customer.delete(endpoint.id)

    # then
    assert await customer.waiting() == []
    for table, column in (("endpoint", "id"), ("health", "endpoint_id"), ("attempt", "endpoint_id")):
        sql = f"SELECT 1 FROM webhooks.{table} WHERE {column} = $1"
        assert await server.rows(sql, ids.decode("endpoint", endpoint.id)) == []
    assert (await server.events(endpoint.id))[-1] == "webhooks.endpoint_deleted.v1"
    await customer.thing().move(server, "unheard")
    assert await customer.drain() == (0, 0)


async def test_an_unknown_endpoint_is_not_there_and_a_plain_member_may_not(webhooks_service, customer, cast):
    endpoint = await customer.listens("https://hooks.example.com")
    member = await cast.member(customer.organization_id)
    unknown = DeleteWebhookEndpointRequest(organization_id=customer.organization_id, id=new_id("endpoint"))
    known = DeleteWebhookEndpointRequest(organization_id=customer.organization_id, id=endpoint.id)

    missing = await refusal(webhooks_service.DeleteWebhookEndpoint(unknown, metadata=customer.metadata))
    refused = await refusal(webhooks_service.DeleteWebhookEndpoint(known, metadata=member.metadata))

    assert (missing.code, missing.reason) == (grpc.StatusCode.NOT_FOUND, "WEBHOOK_ENDPOINT_NOT_FOUND")
    assert refused.reason == "ROLE_REQUIRED"
    assert (await customer.endpoint(endpoint.id)).is_enabled
