"""DeliverAllSms: everything pending is sent, one after the other, in testing builds."""

import asyncio
import itertools

import pytest
from tenantry.sms.v1.sms_service_pb2 import DeliverAllSmsRequest

from server.kernel import ids
from server.subdomains.ancillary.sms.api import SmsApi
from server.worker import worker_of
from tests.sms.texts import ADA, find


@pytest.fixture
def api(server):
    return SmsApi.of(server.app.platform)


async def drained(sms_service):
    answer = await sms_service.DeliverAllSms(DeliverAllSmsRequest())
    return answer.delivered_count, answer.failed_count


async def test_sms_are_sent_in_the_order_of_queueing(sms_service, api, server):
    # given
    message_ids = []
    for number in range(25):
        async with server.database.begin() as uow:
            message_ids.append(api.send(uow, body=f"SMS {number}", to_phone_number=ADA))

    # when
    counts = await drained(sms_service)

    # then
    assert counts == (25, 0)
    found = [await find(server, message_id) for message_id in message_ids]
    assert [sms.body for sms in found] == [f"SMS {number}" for number in range(25)]
    instants = [(sms.attempted_at[0].ToDatetime(), sms.sent_at.ToDatetime()) for sms in found]
    assert all(sent <= attempted for (_, sent), (attempted, _) in itertools.pairwise(instants))
    assert await drained(sms_service) == (0, 0)


async def test_an_sms_that_waits_for_a_retry_keeps_its_place(sms_service, api, server):
    # given: more than are claimed at once, the first put off
    async with server.database.begin() as uow:
        message_ids = [api.send(uow, body="Hi", to_phone_number=ADA) for _ in range(12)]
    await server.rows(
        "UPDATE kernel.delivery SET due_at = due_at + interval '1 hour', attempts = 1 WHERE id = $1",
        ids.decode("msg", message_ids[0]),
    )

    # when
    assert await drained(sms_service) == (12, 0)

    # then
    found = [await find(server, message_id) for message_id in message_ids]
    sent = [sms.sent_at.ToDatetime() for sms in found]
    assert sent == sorted(sent)


async def test_an_sms_is_sent_for_the_organization_with_its_tags_and_its_secret_erased(sms_service, api, server):
    organization_id = ids.new_id("org")
    async with server.database.begin(organization_id) as uow:
        message_id = api.send(uow, body="123456", to_phone_number=ADA, tags=["mfa"], is_sensitive=True)

    await drained(sms_service)

    sms = await find(server, message_id)
    assert (sms.organization_id, list(sms.tags), sms.to_phone_number) == (organization_id, ["mfa"], ADA)
    [row] = await server.rows("SELECT body FROM sms.sms_delivery WHERE id = $1", ids.decode("msg", message_id))
    assert row["body"] == ""


async def test_an_sms_that_is_refused_is_counted_and_stops_nothing(sms_service, api, server):
    async with server.database.begin() as uow:
        before = api.send(uow, body="Before", to_phone_number=ADA)
        api.send(uow, body="", to_phone_number=ADA)
        after = api.send(uow, body="After", to_phone_number=ADA)

    assert await drained(sms_service) == (2, 1)

    assert (await find(server, before)).is_sent
    assert (await find(server, after)).is_sent
    [dead] = await server.rows("SELECT reason FROM kernel.delivery WHERE queue = 'sms'")
    assert dead["reason"] == "SMS_MISSING_BODY"


async def test_what_was_rolled_back_is_never_sent(sms_service, api, server):
    class ChangedItsMind(Exception):
        pass

    with pytest.raises(ChangedItsMind):
        async with server.database.begin() as uow:
            api.send(uow, body="Never", to_phone_number=ADA)
            raise ChangedItsMind

    assert await drained(sms_service) == (0, 0)


async def test_the_worker_sends_sms_by_the_rpc(api, server):
    async with server.database.begin() as uow:
        message_id = api.send(uow, body="By the worker", to_phone_number=ADA)
    worker = worker_of(server.app, server.channel)
    working = asyncio.create_task(worker.run())

    async with asyncio.timeout(10):
        while not (await find(server, message_id)).is_sent:
            await asyncio.sleep(0.02)
    worker.stop()
    await working

    assert await server.rows("SELECT 1 FROM kernel.delivery WHERE queue = 'sms'") == []


async def test_captured_sms_are_shown_in_the_terminal(sms_service, api, server, capsys):
    async with server.database.begin() as uow:
        api.send(uow, body="Your code is 123456.\nTell nobody.\x1b[2J\n", to_phone_number=ADA)

    await drained(sms_service)

    assert capsys.readouterr().out == (
        f"┌─ SMS (captured, not sent)\n│ To: {ADA}\n│ \n│ Your code is 123456.\n│ Tell nobody.[2J\n└─\n"
    )
