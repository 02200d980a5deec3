"""
Secrets that leave: codes and links in mails and SMS, encrypted settings, and the keys of those who carry them.

All goes out by gateways on loopback that first are away, then refuse, and at last take it. Meanwhile what is not yet
delivered stands where it waits, as the specification says; once it is delivered it is nowhere. Keys and tokens are
nowhere, ever. Nothing of all that is in a log, in an event, in what is kept of a failure, or in what operators see.
"""

import json
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import grpc
import pytest
import pytest_asyncio
from tenantry.feature_flags.v1.feature_flags_service_pb2 import GetFeatureFlagForCallerRequest
from tenantry.feature_flags.v1.feature_flags_service_pb2_grpc import FeatureFlagsServiceStub

from server.composition import compose, histories
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.operations import Operations
from server.subdomains.ancillary.emails.api import EmailsApi
from server.subdomains.ancillary.provisioning.api import ProvisionedSetting, ProvisioningApi
from server.subdomains.ancillary.sms.api import SmsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from tests.emails import mailgun as mailgun_stand_in
from tests.everything.callers import Caller
from tests.everything.calls import call_natively
from tests.everything.operations import OPERATIONS
from tests.everything.people import everybody
from tests.everything.rows import contents
from tests.everything.test_secrets import Everything, written_forms
from tests.harness import Running, fresh_database, refusal, running
from tests.sms import twilio_stand_in
from tests.usages import posthog_server

# Where a message that is not delivered yet stands, whole: its queue, and who is sending it.
WAITING = {"kernel.delivery", "emails.email_delivery", "sms.sms_delivery"}
WEBHOOK_KEY, FLAGSMITH_KEY = "canary-of-the-webhook-signing-key", "ser.canary-of-the-flagsmith-key"
SENT_BY_REFUSED_GATEWAYS = [Queue.EMAILS, Queue.SMS]


@dataclass
class Outside:
    """The product with everybody whom it tells things, and all that it said itself."""

    running: Running
    callers: dict[str, Caller]
    organization_id: str
    mailgun: mailgun_stand_in.Mailgun
    twilio: twilio_stand_in.Twilio
    log: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        """What nobody but us and the other side may know."""
        given = [mailgun_stand_in.API_KEY, twilio_stand_in.AUTH_TOKEN, posthog_server.API_KEY]
        tokens = [value.removeprefix("Bearer ") for each in self.callers.values() for name, value in each.metadata]
        return [*given, WEBHOOK_KEY, FLAGSMITH_KEY, *(token for token in tokens if len(token) > 100)]

    async def queue(self) -> list[str]:
        """Queue one secret of each kind, and say what they are."""
        platform = self.running.app.platform
        link, code, setting = (f"canary{secrets.token_hex(16)}" for _ in range(3))
        async with platform.begin() as uow:
            EmailsApi.of(platform).send_html(
                uow,
                subject="Sign in",
                body=f"<a href='https://x.example/?token={link}'>Sign in</a>",
                to_email_address="ada@example.com",
                to_display_name="Ada",
                is_sensitive=True,
            )
            SmsApi.of(platform).send(uow, body=f"Code {code}", to_phone_number="+6498876986", is_sensitive=True)
            provisioned = [ProvisionedSetting("Database:Password", setting, is_encrypted=True)]
            ProvisioningApi.of(platform).queue(uow, organization_id=self.organization_id, settings=provisioned)
            UsagesApi.of(platform).record(uow, "Looked")
        return [link, code, setting]

    async def deliver(self) -> None:
        """Carry out all that is queued, once."""
        set_current_call(service_call("call-of-a-test"))
        for queue in (Queue.EMAILS, Queue.SMS, Queue.PROVISIONINGS, Queue.USAGES, Queue.AUDITS):
            await self.running.app.platform.drain(queue)

    async def redrive(self) -> None:
        """Give everything that is dead another try."""
        async with self.running.database.begin() as uow:
            for queue in SENT_BY_REFUSED_GATEWAYS:
                assert await Operations(self.running.database).redrive(uow, queue=queue) == 1

    async def places(self, texts: list[str]) -> set[str]:
        """The tables in which one of *texts* stands, in any form."""
        forms = [form for text in texts for form in written_forms(text)]
        found = await contents(self.running)
        return {name for name, rows in found.items() if any(form in row for row in rows for form in forms)}

    async def said(self) -> str:
        """Logs, and what is kept of failures."""
        dead = [repr(each) for each in await Operations(self.running.database).dead()]
        failed = await self.running.rows("SELECT reason, description FROM kernel.delivery")
        return "\n".join([*self.log, *dead, *(repr(dict(row)) for row in failed)])

    async def shown(self) -> str:
        """What operators see: lists, and each dead letter."""
        operator = self.callers["operator"].metadata
        views = [each for each in OPERATIONS if each.is_for_operators and each.changes_nothing]
        dead = [each.id for each in await Operations(self.running.database).dead()]
        requests = [
            (each, each.request(id=given) if given else each.request())
            for each in views
            for given in (dead if each.name == "GetDeadLetter" else [""])
        ]
        answers = [await call_natively(self.running.channel, each, request, operator) for each, request in requests]
        assert len(answers) >= 3
        assert all(answer.is_ok for answer in answers)
        return "\n".join(answer.body.decode(errors="replace") for answer in answers)


@pytest_asyncio.fixture
async def outside(postgres: str, database_name: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Outside]:
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(fresh_database(postgres, f"{database_name}_leaving", histories()))
        mailgun = stack.enter_context(mailgun_stand_in.serving(mailgun_stand_in.Mailgun()))
        twilio = await stack.enter_async_context(twilio_stand_in.serving(twilio_stand_in.Twilio()))
        posthog = await stack.enter_async_context(posthog_server.posthog())
        settings = {
            **mailgun.settings,
            **twilio.settings,
            "mailgun_webhook_signing_key": WEBHOOK_KEY,
            "usage_gateway": "posthog",
            "posthog_host": posthog.url,
            "posthog_api_key": posthog_server.API_KEY,
            "flags_provider": "flagsmith",
            "flagsmith_base_url": "http://127.0.0.1:9/api/v1/",  # where nobody is
            "flagsmith_environment_key": FLAGSMITH_KEY,
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"TENANTRY_{name.upper()}", str(value))
        server = await stack.enter_async_context(running(dsn, compose))
        organization_id, callers = await everybody(server)
        found = Outside(server, callers, organization_id, mailgun, twilio)
        await found.deliver()
        handler, root = Everything(found.log), logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        yield found
        root.removeHandler(handler)
        root.setLevel(level)


async def test_what_waits_stands_where_it_waits_and_nowhere_once_it_is_delivered(outside: Outside) -> None:
    sent = await outside.queue()
    link, code, setting = sent
    assert await outside.places(sent) == {"kernel.delivery"}, "there is something to find"

    for status in (503, 400):  # first they are away, then they refuse for good, and say all that they know
        outside.mailgun.status, outside.twilio.refuses_with = status, (status, 21211)
        await outside.deliver()
        assert await outside.places([link, code]) == WAITING
    assert {each.queue for each in await Operations(outside.running.database).dead()} == {"emails", "sms"}
    assert found_in(await outside.said(), [*sent, *outside.keys]) == []
    # Operators see mails and SMS that no gateway has taken yet; once one has, they are erased.
    assert found_in(await outside.shown(), [setting, *outside.keys]) == []
    assert await outside.places([setting]) == set(), "an encrypted setting is sealed as soon as it is provisioned"

    outside.mailgun.status, outside.twilio.refuses_with = 200, None
    await outside.redrive()
    await outside.deliver()

    assert link in json.dumps(outside.mailgun.forms)
    assert code in json.dumps(outside.twilio.requests)
    assert await outside.places(sent) == set()
    assert found_in(await outside.said() + await outside.shown(), [*sent, *outside.keys]) == []


async def test_keys_of_gateways_and_tokens_of_callers_are_nowhere(outside: Outside) -> None:
    flags = FeatureFlagsServiceStub(outside.running.channel)
    request = GetFeatureFlagForCallerRequest(name="any-flag")
    away = await refusal(flags.GetFeatureFlagForCaller(request, metadata=outside.callers["owner"].metadata))
    await outside.queue()
    await outside.deliver()

    assert len(outside.keys) > 10
    assert away.code is grpc.StatusCode.UNAVAILABLE, "Flagsmith was asked"
    assert await outside.places(outside.keys) == set()
    assert found_in(await outside.said() + await outside.shown(), outside.keys) == []


def found_in(text: str, given: list[str]) -> list[str]:
    """Which of the given secrets *text* holds."""
    return [secret for secret in given if secret in text]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What is searched here need not be shown as well."""
    caplog.set_level(logging.CRITICAL)
