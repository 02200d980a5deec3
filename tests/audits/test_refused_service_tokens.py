"""Service tokens that are refused are audited, and no flood of them fills the database."""

import asyncio
import json
from datetime import timedelta

import grpc
import pytest
import pytest_asyncio
from tenantry.audits.v1.audits_service_pb2 import DeliverAuditsRequest

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS
from server.kernel.deliveries.engine import Claimed
from server.kernel.deliveries.outcomes import Outcome
from server.kernel.deliveries.servers import Server
from tests.harness import refusal
from tests.messages import message

CODE = "ServiceTokenAuthentication.Failed.InvalidToken"


@pytest_asyncio.fixture(autouse=True)
async def short_minutes(monkeypatch):
    """Minutes of 0.3 s, and none that is still running when the next test begins."""
    monkeypatch.setattr("server.subdomains.ancillary.audits.api._MINUTE_SECONDS", 0.3)
    yield
    await asyncio.sleep(0.4)


@pytest.fixture
def forge(audits_service, server):
    """Call with a service token that somebody has changed, from an address that the gateway reports."""

    async def call(address="192.0.2.1"):
        [(name, value)] = server.as_service()
        forged = ((name, value[:-4] + "AAAA"), ("x-envoy-external-address", address))
        request = DeliverAuditsRequest(messages=[message(AuditCode="Forged")])
        return await refusal(audits_service.DeliverAudits(request, metadata=forged))

    return call


@pytest.fixture
def audited(server):
    async def all_of_them():
        return [json.loads(text) for text in await server.queued("audits", CODE)]

    return all_of_them


async def test_one_is_audited_against_nobody_although_its_call_fails(forge, audited):
    refused = await forge()

    assert refused.code == grpc.StatusCode.UNAUTHENTICATED
    [audit] = await audited()
    assert (audit["AuditCode"], audit["AgainstId"]) == (CODE, ANONYMOUS)
    assert audit["Arguments"] == ["192.0.2.1", refused.reason]


async def test_one_that_has_expired_is_audited_too(audits_service, audited, server):
    expired = server.as_service()
    server.clock.advance(timedelta(minutes=6))
    refused = await refusal(audits_service.DeliverAudits(DeliverAuditsRequest(messages=["{}"]), metadata=expired))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")
    [audit] = await audited()
    assert (audit["AuditCode"], audit["AgainstId"], audit["Arguments"][1]) == (CODE, ANONYMOUS, "TOKEN_EXPIRED")


async def test_of_a_flood_the_first_is_audited_and_the_rest_counted(forge, audited):
    refused = await asyncio.gather(*(forge() for _ in range(100)))

    assert {each.code for each in refused} == {grpc.StatusCode.UNAUTHENTICATED}
    assert len(await audited()) == 1
    await asyncio.sleep(0.5)
    first, rest = await audited()
    assert first["Arguments"] == ["192.0.2.1", refused[0].reason]
    assert rest["Arguments"] == ["99", "192.0.2.1", refused[0].reason]
    assert (rest["AuditCode"], rest["AgainstId"]) == (CODE, ANONYMOUS)


async def test_a_single_one_needs_no_count_and_the_next_minute_begins_anew(forge, audited):
    await forge()
    await asyncio.sleep(0.5)
    assert len(await audited()) == 1

    await forge()

    assert len(await audited()) == 2


async def test_each_address_is_audited_and_past_fifty_they_count_as_one(forge, audited):
    everywhere = [f"192.0.2.{number}" for number in range(60)]
    await asyncio.gather(*(forge(address) for address in everywhere))

    addresses = [audit["Arguments"][0] for audit in await audited()]
    assert (len(addresses), addresses.count("elsewhere")) == (51, 1)
    assert set(addresses) - {"elsewhere"} < set(everywhere)
    await asyncio.sleep(0.5)
    assert (await audited())[-1]["Arguments"][:2] == ["9", "elsewhere"]


async def test_one_whose_audit_fails_is_not_forgotten(forge, audited, server):
    await server.rows("ALTER TABLE kernel.delivery RENAME TO delivery_away")
    try:
        refused = await forge()
    finally:
        await server.rows("ALTER TABLE kernel.delivery_away RENAME TO delivery")

    assert refused.code != grpc.StatusCode.OK
    assert await audited() == []
    await asyncio.sleep(0.5)
    [audit] = await audited()
    assert audit["Arguments"][:2] == ["1", "192.0.2.1"]


async def test_a_worker_whose_token_is_refused_makes_a_new_one(server):
    [carrier] = [carrier for subdomain in server.app.subdomains for carrier in subdomain.carriers]
    worker_side = Server(server.channel, server.app.platform.tokens)

    async def deliver() -> tuple[Outcome, str | None]:
        key = ids.uuid7()
        claimed = Claimed(key, message(ids.encode("msg", key), AuditCode="Worked"), 1)
        [result] = await worker_side.call(carrier, [claimed], 10)
        return result.outcome, result.reason

    assert await deliver() == (Outcome.DELIVERED, None)
    server.clock.advance(timedelta(minutes=6))  # the clock is set, and no time has passed
    assert await deliver() == (Outcome.RETRY_LATER, "CALL_UNAUTHENTICATED")

    assert await deliver() == (Outcome.DELIVERED, None)
