"""DeliverAllEmails: everything pending is sent, one after the other, in testing builds."""

import asyncio
import itertools

import pytest
from tenantry.emails.v1.emails_service_pb2 import DeliverAllEmailsRequest

from server.kernel import ids
from server.subdomains.ancillary.emails.api import EmailsApi
from server.worker import worker_of
from tests.emails.mails import find


@pytest.fixture
def emails(server):
    return EmailsApi.of(server.app.platform)


async def drained(emails_service):
    answer = await emails_service.DeliverAllEmails(DeliverAllEmailsRequest())
    return answer.delivered_count, answer.failed_count


def to_ada(**changes):
    content = {"to_email_address": "ada@example.com", "to_display_name": "Ada", "tags": ["registration"]}
    return content | changes


async def test_mails_are_sent_in_the_order_of_queueing(emails_service, emails, server):
    # given
    message_ids = []
    for number in range(25):
        async with server.database.begin() as uow:
            message_ids.append(emails.send_html(uow, subject=f"Mail {number}", body="<p>Hi</p>", **to_ada()))

    # when
    counts = await drained(emails_service)

    # then
    assert counts == (25, 0)
    found = [await find(server, message_id) for message_id in message_ids]
    assert [email.subject for email in found] == [f"Mail {number}" for number in range(25)]
    instants = [(email.attempted_at[0].ToDatetime(), email.sent_at.ToDatetime()) for email in found]
    assert all(sent <= attempted for (_, sent), (attempted, _) in itertools.pairwise(instants))
    assert await drained(emails_service) == (0, 0)


async def test_a_mail_that_waits_for_a_retry_keeps_its_place(emails_service, emails, server):
    # given: more than are claimed at once, the first put off
    async with server.database.begin() as uow:
        message_ids = [emails.send_html(uow, subject="Hi", body="<p>Hi</p>", **to_ada()) for _ in range(12)]
    await server.rows(
        "UPDATE kernel.delivery SET due_at = due_at + interval '1 hour', attempts = 1 WHERE id = $1",
        ids.decode("msg", message_ids[0]),
    )

    # when
    assert await drained(emails_service) == (12, 0)

    # then
    found = [await find(server, message_id) for message_id in message_ids]
    sent = [email.sent_at.ToDatetime() for email in found]
    assert sent == sorted(sent)


async def test_a_mail_comes_from_the_sender_of_the_platform(emails_service, emails, server):
    organization_id = ids.new_id("org")
    async with server.database.begin(organization_id) as uow:
        message_id = emails.send_html(uow, subject="Code", body="<p>123456</p>", is_sensitive=True, **to_ada())

    await drained(emails_service)

    email = await find(server, message_id)
    assert (email.organization_id, list(email.tags)) == (organization_id, ["registration"])
    sql = "SELECT from_email_address, from_display_name FROM emails.captured_mail WHERE id = $1"
    [row] = await server.rows(sql, ids.decode("msg", message_id))
    assert tuple(row) == ("no-reply@tenantry.example", "Tenantry")


async def test_a_mail_that_is_refused_is_counted_and_stops_nothing(emails_service, emails, server):
    async with server.database.begin() as uow:
        before = emails.send_html(uow, subject="Before", body="Hi", **to_ada())
        emails.send_html(uow, subject="", body="Hi", **to_ada())
        after = emails.send_templated(uow, template_id="hi", substitutions={"Name": "Ada"}, **to_ada())

    assert await drained(emails_service) == (2, 1)

    assert (await find(server, before)).is_sent
    assert (await find(server, after)).is_sent
    [dead] = await server.rows("SELECT reason FROM kernel.delivery WHERE queue = 'emails'")
    assert dead["reason"] == "EMAIL_MISSING_SUBJECT"


async def test_what_was_rolled_back_is_never_sent(emails_service, emails, server):
    class ChangedItsMind(Exception):
        pass

    with pytest.raises(ChangedItsMind):
        async with server.database.begin() as uow:
            emails.send_html(uow, subject="Never", body="Hi", **to_ada())
            raise ChangedItsMind

    assert await drained(emails_service) == (0, 0)


async def test_the_worker_sends_mails_by_the_rpc(emails, server):
    async with server.database.begin() as uow:
        message_id = emails.send_html(uow, subject="By the worker", body="Hi", **to_ada())
    worker = worker_of(server.app, server.channel)
    working = asyncio.create_task(worker.run())

    async with asyncio.timeout(10):
        while not (await find(server, message_id)).is_sent:
            await asyncio.sleep(0.02)
    worker.stop()
    await working

    assert await server.rows("SELECT 1 FROM kernel.delivery WHERE queue = 'emails'") == []


async def test_captured_mails_are_shown_in_the_terminal(emails_service, emails, server, capsys):
    async with server.database.begin() as uow:
        body = '<p>Hello Ada,</p><p>please <a href="https://example.com/c?t=1">confirm</a>.</p>\x1b[2J'
        emails.send_html(uow, subject="Confirm", body=body, **to_ada())

    await drained(emails_service)

    assert capsys.readouterr().out == (
        "┌─ mail (captured, not sent)\n"
        "│ From:    Tenantry <no-reply@tenantry.example>\n"
        "│ To:      Ada <ada@example.com>\n"
        "│ Subject: Confirm\n"
        "│ \n"
        "│ Hello Ada,\n"
        "│ \n"
        "│ please confirm (https://example.com/c?t=1).\n"
        "│ \n"
        "│ [2J\n"
        "└─\n"
    )
