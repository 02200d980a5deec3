"""DeliverAllAudits: everything pending is carried out at once, in testing builds."""

import json

import pytest
from tenantry.audits.v1.audits_service_pb2 import DeliverAllAuditsRequest, ListAuditsRequest

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS, service_call, set_current_call
from server.kernel.deliveries.messages import Message, Queue
from server.subdomains.ancillary.audits.api import AuditsApi


@pytest.fixture
def audits(server):
    return AuditsApi.of(server.app.platform)


async def drained(audits_service):
    answer = await audits_service.DeliverAllAudits(DeliverAllAuditsRequest())
    return answer.delivered_count, answer.failed_count


async def test_an_empty_queue_is_drained_at_once(audits_service):
    assert await drained(audits_service) == (0, 0)


async def test_what_use_cases_recorded_is_stored_in_order(audits_service, audits, server):
    # given
    organization_id = ids.new_id("org")
    for number in range(120):
        async with server.database.begin(organization_id) as uow:
            audits.record(uow, f"Code{number}", "{Who} did {What}", "Ada", "this", against="user_1")

    # when
    counts = await drained(audits_service)

    # then
    assert counts == (120, 0)
    answer = await audits_service.ListAudits(ListAuditsRequest(organization_id=organization_id, page_size=200))
    assert [audit.audit_code for audit in answer.audits] == [f"Code{number}" for number in range(120)]
    assert {audit.against_id for audit in answer.audits} == {"user_1"}
    assert await drained(audits_service) == (0, 0)


async def test_what_was_rolled_back_was_never_queued(audits_service, audits, server):
    class ChangedItsMind(Exception):
        pass

    with pytest.raises(ChangedItsMind):
        async with server.database.begin() as uow:
            audits.record(uow, "Code", "")
            raise ChangedItsMind

    assert await drained(audits_service) == (0, 0)


async def test_a_message_that_is_refused_is_counted_and_stops_nothing(audits_service, audits, server):
    async with server.database.begin() as uow:
        audits.record(uow, "Before", "")
        uow.deliver(Message(Queue.AUDITS, {"AuditCode": ""}))
        audits.record(uow, "After", "")

    assert await drained(audits_service) == (2, 1)
    assert await drained(audits_service) == (0, 0)
    [dead] = await server.rows("SELECT reason FROM kernel.delivery WHERE dead_at IS NOT NULL AND queue = 'audits'")
    assert dead["reason"] == "AUDIT_MISSING_CODE"


async def test_an_audit_is_against_the_caller_and_is_a_usage_too(audits, server):
    caller_id, organization_id = ids.new_id("user"), ids.new_id("org")
    set_current_call(service_call("call-of-a-test", caller_id))

    async with server.database.begin(organization_id) as uow:
        audits.record(uow, "Machine.Registered", "")

    [audit] = [json.loads(text) for text in await server.queued("audits", "Machine.Registered")]
    assert (audit["AgainstId"], audit["TenantId"], audit["CallId"]) == (caller_id, organization_id, "call-of-a-test")
    [usage] = [json.loads(text) for text in await server.queued("usages", "machine.registered")]
    assert (usage["EventName"], usage["ForId"]) == ("Audited", caller_id)
    assert usage["Additional"] == {
        "UserId": caller_id,
        "Code": "machine.registered",
        "Component": "API",
        "CallId": "call-of-a-test",
    }


async def test_an_audit_outside_any_call_is_against_nobody_and_one_without_a_code_is_ignored(audits, server):
    async with server.database.begin() as uow:
        audits.record(uow, "Outside", "")
        audits.record(uow, "", "Nothing")

    [audit] = [json.loads(text) for text in await server.queued("audits", "")]
    assert (audit["AuditCode"], audit["AgainstId"]) == ("Outside", ANONYMOUS)
