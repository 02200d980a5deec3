"""SendTestWebhook: an endpoint is tried out."""

import uuid

import grpc
from tenantry.webhooks.v1.webhooks_service_pb2 import SendTestWebhookRequest

from server.kernel.ids import new_id
from tests.harness import refusal


async def test_a_test_arrives_whatever_the_endpoint_listens_to(customer, receiver):
    endpoint = await customer.listens(receiver.url(), "things.*")

    event_id = await customer.test(endpoint.id)
    assert await customer.drain() == (1, 0)

    [call] = receiver.calls
    assert call.event_id == event_id
    body = call.verified_by(endpoint.signing_secret)
    assert (body["type"], body["data"], body["subject_id"]) == (
        "webhook.test",
        {"endpoint_id": endpoint.id},
        endpoint.id,
    )
    [attempt] = await customer.attempts(endpoint.id)
    assert (attempt.event_id, attempt.event_type, attempt.is_delivered) == (event_id, "webhook.test", True)


async def test_the_same_request_again_sends_nothing_more(webhooks_service, customer, receiver):
    endpoint = await customer.listens(receiver.url())
    request = SendTestWebhookRequest(
        organization_id=customer.organization_id, id=endpoint.id, request_id=str(uuid.uuid4())
    )

    answers = [await webhooks_service.SendTestWebhook(request, metadata=customer.metadata) for _ in range(2)]

    assert answers[0] == answers[1]
    assert await customer.drain() == (1, 0)


async def test_a_disabled_endpoint_is_not_tried_out(webhooks_service, customer, receiver):
    endpoint = await customer.listens(receiver.url())
    await customer.update(endpoint.id, is_enabled=False)
    request = SendTestWebhookRequest(organization_id=customer.organization_id, id=endpoint.id)

    refused = await refusal(webhooks_service.SendTestWebhook(request, metadata=customer.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "WEBHOOK_ENDPOINT_DISABLED")
    assert await customer.waiting() == []


async def test_an_unknown_endpoint_is_not_there_and_others_may_not(webhooks_service, customer, cast):
    request = SendTestWebhookRequest(organization_id=customer.organization_id, id=new_id("endpoint"))
    member = await cast.member(customer.organization_id)
    unpaid = await cast.member(customer.organization_id, roles=("tenant_owner",), feature="basic_features")

    reasons = [
        (await refusal(webhooks_service.SendTestWebhook(request, metadata=metadata))).reason
        for metadata in (customer.metadata, member.metadata, unpaid.metadata)
    ]

    assert reasons == ["WEBHOOK_ENDPOINT_NOT_FOUND", "ROLE_REQUIRED", "FEATURE_REQUIRED"]
