"""RotateWebhookEndpointSecret: a new secret, and a day in which the old one still holds."""

import base64
import hashlib
import hmac
import uuid
from datetime import timedelta

import grpc
import pytest
from standardwebhooks import WebhookVerificationError
from tenantry.webhooks.v1.webhooks_service_pb2 import RotateWebhookEndpointSecretRequest

from server.kernel.ids import new_id
from tests.harness import refusal


async def test_both_secrets_sign_for_a_day_and_then_the_new_one_alone(customer, receiver, server):
    # given
    endpoint = await customer.listens(receiver.url())

    # when
    rotated = await _rotate(customer, endpoint.id)

    # then
    assert rotated.signing_secret != endpoint.signing_secret
    assert rotated.HasField("old_secret_until_at")
    await customer.test(endpoint.id)
    await customer.drain()
    for secret in (endpoint.signing_secret, rotated.signing_secret):
        assert receiver.calls[-1].verified_by(secret)["type"] == "webhook.test"
    assert receiver.calls[-1].headers["webhook-signature"].count("v1,") == 2

    # and when
    server.clock.advance(timedelta(hours=24))
    await customer.test(endpoint.id)
    await customer.drain()

    # then: the official library's clock is that of today, so it is done by hand here
    call = receiver.calls[-1]
    assert call.headers["webhook-signature"].count("v1,") == 1
    assert _signature(rotated.signing_secret, call) == call.headers["webhook-signature"]
    assert not (await customer.endpoint(endpoint.id)).HasField("old_secret_until_at")


async def test_a_second_rotation_ends_the_first_secret_at_once(customer, receiver):
    endpoint = await customer.listens(receiver.url())
    second = await _rotate(customer, endpoint.id)
    third = await _rotate(customer, endpoint.id)

    await customer.test(endpoint.id)
    await customer.drain()

    [call] = receiver.calls
    assert call.verified_by(second.signing_secret) == call.verified_by(third.signing_secret)
    with pytest.raises(WebhookVerificationError):
        call.verified_by(endpoint.signing_secret)


async def test_it_is_published_without_the_secret_and_audited(customer, receiver, server):
    endpoint = await customer.listens(receiver.url())
    rotated = await _rotate(customer, endpoint.id)

    assert (await server.events(endpoint.id))[-1] == "webhooks.endpoint_secret_rotated.v1"
    assert len(await server.queued("audits", "WebhookEndpoint.SecretRotated")) >= 1
    for table in ("kernel.event", "kernel.delivery", "webhooks.endpoint"):
        rows = await server.rows(f"SELECT t::text AS text FROM {table} t")
        assert not any(rotated.signing_secret.removeprefix("whsec_") in row["text"] for row in rows)


async def test_the_same_request_again_gets_the_same_secret(customer, receiver):
    endpoint = await customer.listens(receiver.url())
    request_id = str(uuid.uuid4())

    first = await _rotate(customer, endpoint.id, request_id=request_id)
    again = await _rotate(customer, endpoint.id, request_id=request_id)

    assert again.signing_secret == first.signing_secret


async def test_an_unknown_endpoint_is_not_there_and_a_plain_member_may_not(webhooks_service, customer, cast):
    request = RotateWebhookEndpointSecretRequest(organization_id=customer.organization_id, id=new_id("endpoint"))
    member = await cast.member(customer.organization_id)

    unknown = await refusal(webhooks_service.RotateWebhookEndpointSecret(request, metadata=customer.metadata))
    refused = await refusal(webhooks_service.RotateWebhookEndpointSecret(request, metadata=member.metadata))

    assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "WEBHOOK_ENDPOINT_NOT_FOUND")
    assert refused.reason == "ROLE_REQUIRED"


async def _rotate(customer, endpoint_id, **fields):
    request = RotateWebhookEndpointSecretRequest(organization_id=customer.organization_id, id=endpoint_id, **fields)
    return (await customer.service.RotateWebhookEndpointSecret(request, metadata=customer.metadata)).endpoint


def _signature(secret, call):
    signed = f"{call.event_id}.{call.headers['webhook-timestamp']}.".encode() + call.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
