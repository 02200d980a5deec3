"""DeliverEmails sends once: whoever tries at the same time, and as far as a crash lets anybody know."""

import asyncio
import os
import signal
import sys
from datetime import timedelta

import pytest

from server.kernel import ids
from server.subdomains.ancillary.dispatch import DeliveryInProgress, Dispatch
from tests.emails.mail_server import MailServer, serving
from tests.emails.mails import ATTEMPTED, CREATED, FAILED, SENT, SUCCEEDED, deliver, events, find, html
from tests.harness import at
from tests.messages import DELIVERED, RETRY_LATER

_ANOTHER_PROCESS = """
import asyncio, sys
from server.subdomains.ancillary.emails.wiring import emails
from tests.emails.mails import deliver
from tests.harness import running

async def main():
    async with running(sys.argv[1], lambda platform: [emails(platform)]) as server:
        print(await deliver(server, sys.argv[2]))

asyncio.run(main())
"""


def smtp(mail_server):
    """What a server must be told to hand its mails to this one."""
    sender = {"sender_email_address": "no-reply@tenantry.example"}
    settings = {"email_gateway": "smtp", "smtp_host": "127.0.0.1", "smtp_tls": "none"}
    return {**settings, **sender, "smtp_port": mail_server.port}


async def another_process(dsn, settings, text):
    """A process with a server of its own, which delivers one mail."""
    environment = os.environ | {f"TENANTRY_{name}".upper(): str(value) for name, value in settings.items()}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", _ANOTHER_PROCESS, dsn, text]
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)


async def at_gateway(mail_server):
    """Wait until a mail is at the mail server, which keeps it until it may answer."""
    async with asyncio.timeout(30):
        while not mail_server.most_at_once:
            await asyncio.sleep(0.01)


async def test_of_two_workers_with_the_same_mail_one_sends(serve):
    message_id, may_answer = ids.new_id("msg"), asyncio.Event()

    async with (
        serving(MailServer(may_answer=may_answer)) as mail_server,
        serve(**smtp(mail_server)) as one,
        serve(**smtp(mail_server)) as other,
    ):
        both = {asyncio.create_task(deliver(server, html(message_id))) for server in (one, other)}
        [quicker], [slower] = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        may_answer.set()
        assert quicker.result() == [(RETRY_LATER, "DELIVERY_IN_PROGRESS")]
        assert await slower == [(DELIVERED, "")]

    assert len(mail_server.mails) == 1
    assert await events(one, message_id) == SENT


async def test_of_two_processes_with_the_same_mail_one_sends(serve, dsn):
    message_id, may_answer = ids.new_id("msg"), asyncio.Event()

    async with serving(MailServer(may_answer=may_answer)) as mail_server, serve(**smtp(mail_server)) as server:
        # given
        process = await another_process(dsn, smtp(mail_server), html(message_id))
        await at_gateway(mail_server)

        # when
        meanwhile = await deliver(server, html(message_id))
        may_answer.set()
        output, _ = await process.communicate()
        afterwards = await deliver(server, html(message_id))

    # then
    assert meanwhile == [(RETRY_LATER, "DELIVERY_IN_PROGRESS")]
    assert output.decode().strip() == str([(DELIVERED, "")])
    assert afterwards == [(DELIVERED, "")]
    assert len(mail_server.mails) == 1


async def test_a_crash_after_acceptance_sends_a_copy_that_can_be_recognised(serve, dsn):
    message_id = ids.new_id("msg")

    async with serving(MailServer()) as mail_server, serve(**smtp(mail_server)) as server:
        # given: a process that dies as soon as the mail is taken, before it can note that
        process = await another_process(dsn, smtp(mail_server), html(message_id))
        mail_server.when_taken = process.kill
        assert await process.wait() == -signal.SIGKILL
        mail_server.when_taken = int

        # then: as long as it might still be at it, nobody else tries
        assert await deliver(server, html(message_id)) == [(RETRY_LATER, "DELIVERY_IN_PROGRESS")]
        assert len((await find(server, message_id)).attempted_at) == 1

        # and then somebody does
        server.clock.advance(timedelta(seconds=31))
        assert await deliver(server, html(message_id)) == [(DELIVERED, "")]

    assert [mail["Message-ID"] for mail in mail_server.mails] == [f"<{message_id}@tenantry.example>"] * 2
    assert await events(server, message_id) == [*CREATED, ATTEMPTED, ATTEMPTED, SUCCEEDED]


async def test_a_mail_whose_acceptance_got_lost_is_sent_again_under_the_same_id(serve):
    message_id = ids.new_id("msg")

    async with serving(MailServer(loses_answer=True)) as mail_server, serve(**smtp(mail_server)) as server:
        assert await deliver(server, html(message_id)) == [(RETRY_LATER, "EMAIL_GATEWAY_FAILED")]
        mail_server.loses_answer = False
        assert await deliver(server, html(message_id)) == [(DELIVERED, "")]

    assert [mail["Message-ID"] for mail in mail_server.mails] == [f"<{message_id}@tenantry.example>"] * 2
    assert await events(server, message_id) == [*CREATED, ATTEMPTED, FAILED, ATTEMPTED, SUCCEEDED]


async def test_a_call_that_is_given_up_at_the_gateway_keeps_others_away_as_long_as_a_lease(serve):
    message_id, may_answer = ids.new_id("msg"), asyncio.Event()

    async with serving(MailServer(may_answer=may_answer)) as mail_server, serve(**smtp(mail_server)) as server:
        given_up = asyncio.create_task(deliver(server, html(message_id)))
        await at_gateway(mail_server)
        given_up.cancel()

        # then
        assert await deliver(server, html(message_id)) == [(RETRY_LATER, "DELIVERY_IN_PROGRESS")]

        # and then it is tried again
        may_answer.set()
        server.clock.advance(timedelta(seconds=31))
        assert await deliver(server, html(message_id)) == [(DELIVERED, "")]

    assert {mail["Message-ID"] for mail in mail_server.mails} == {f"<{message_id}@tenantry.example>"}


def test_an_attempt_of_a_clock_that_was_ahead_keeps_nobody_waiting_once_it_is_right():
    dispatch, lease = Dispatch(), timedelta(minutes=1)
    ahead = dispatch.attempt(at(24), lease)

    assert dispatch.attempt(at(), lease) > ahead, "attempts stay in their order"

    with pytest.raises(DeliveryInProgress):
        dispatch.attempt(at(), lease)
