"""Endpoints of one organization stay its own, twice over: by the conditions of each statement, and by the database."""

from typing import Any

import pytest
from tenantry.webhooks.v1.webhooks_service_pb2 import (
    DeleteWebhookEndpointRequest,
    GetWebhookEndpointRequest,
    ListWebhookAttemptsRequest,
    ListWebhookEndpointsRequest,
    RotateWebhookEndpointSecretRequest,
    SendTestWebhookRequest,
    UpdateWebhookEndpointRequest,
)

from tests.cast import Cast
from tests.harness import refusal, running
from tests.row_security import without_organization
from tests.webhooks.conftest import compose
from tests.webhooks.customer import new_customer


@pytest.mark.parametrize(
    "options", [{"rewrite": without_organization}, {"role": None}], ids=["database alone", "conditions alone"]
)
async def test_either_guard_alone_keeps_endpoints_apart(server, receiver, options):
    async with running(server.dsn, compose, **options) as unguarded:
        # given
        cast = Cast(unguarded)
        mine, theirs = await new_customer(unguarded, cast), await new_customer(unguarded, cast)
        my_endpoint, their_endpoint = await mine.listens(receiver.url()), await theirs.listens(receiver.url())
        await theirs.test(their_endpoint.id)
        await theirs.drain()

        # when
        service: Any = mine.service
        own: dict[str, Any] = {"organization_id": mine.organization_id}
        listed = await service.ListWebhookEndpoints(ListWebhookEndpointsRequest(**own), metadata=mine.metadata)
        refusals = [
            await refusal(call(kind(id=their_endpoint.id, **own), metadata=mine.metadata))
            for call, kind in (
                (service.GetWebhookEndpoint, GetWebhookEndpointRequest),
                (service.UpdateWebhookEndpoint, UpdateWebhookEndpointRequest),
                (service.DeleteWebhookEndpoint, DeleteWebhookEndpointRequest),
                (service.RotateWebhookEndpointSecret, RotateWebhookEndpointSecretRequest),
                (service.ListWebhookAttempts, ListWebhookAttemptsRequest),
                (service.SendTestWebhook, SendTestWebhookRequest),
            )
        ]

        # then
        assert [endpoint.id for endpoint in listed.endpoints] == [my_endpoint.id]
        assert {refused.reason for refused in refusals} == {"WEBHOOK_ENDPOINT_NOT_FOUND"}
        assert len(await theirs.attempts(their_endpoint.id)) == 1


async def test_without_an_organization_the_application_sees_and_changes_nothing(server, customer, receiver):
    endpoint = await customer.listens(receiver.url())
    await customer.test(endpoint.id)
    await customer.drain()
    connection = await server.database.pool.acquire()
    try:
        seen = await connection.fetch("SELECT id FROM webhooks.endpoint UNION ALL SELECT id FROM webhooks.attempt", [])
        changed = await connection.execute("UPDATE webhooks.endpoint SET version = 0", [])
    finally:
        server.database.pool.release(connection)

    assert (seen, changed) == ([], 0)
