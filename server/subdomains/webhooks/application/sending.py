"""What happens to an event on its way: from the message bus into the queue, and from there to each endpoint."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from server.kernel.bus.consumers import BusEvent
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.deliveries.carrying import deliver_each
from server.kernel.deliveries.lanes import revive_lanes
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.security.secrets import SecretKeys
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.webhooks.domain import (
    ATTEMPTS_KEPT,
    Attempt,
    DisabledReason,
    Happened,
    WebhookEndpoint,
)
from server.subdomains.webhooks.errors import WebhookEndpointNotFound, WebhookFailed, WebhookPutOff
from server.subdomains.webhooks.ports import Caller
from server.subdomains.webhooks.queued import QueuedWebhook, lane_of, read_webhook, write_webhook
from server.subdomains.webhooks.repository.attempts import AttemptReader, AttemptRepository
from server.subdomains.webhooks.repository.endpoints import EndpointReader, EndpointRepository
from server.subdomains.webhooks.signing import SECRET_PURPOSE, body_of, signed_headers

_MOST_AT_ONCE = 50
_MOST_AT_ONE_ENDPOINT = 5
_STARTING_SECONDS = 20.0  # a call that has not begun by then is put off: the worker's lease ends at 60
_SHORT_WHILE = timedelta(seconds=2)
_SWEEP_EVERY = timedelta(days=1)
_SWEPT_AT_ONCE = 100


class SendingApplication:
    """How events reach endpoints."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        secrets: SecretKeys,
        caller: Caller,
        subscription: str,
        audits: AuditsApi,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._endpoints = EndpointReader(reader)
        self._attempts = AttemptReader(reader)
        self._secrets = secrets
        self._caller = caller
        self._subscription = subscription
        self._audits = audits
        self._new_id = new_id
        self._now = now

    async def queue(self, uow: UnitOfWork, event: BusEvent) -> None:
        """Queue an event for each endpoint of its organization that listens to it."""
        if event.organization_id is None:
            return
        await uow.act_within(event.organization_id)
        happened = Happened(
            event_id=event.id,
            name=event.name,
            stream=event.stream,
            subject_id=event.aggregate_id,
            version=event.version,
            occurred_at=event.occurred_at.isoformat(),
            data=event.data,
        )
        for endpoint in await EndpointRepository(uow, self._subscription).list_enabled(event.organization_id):
            if endpoint.wants(happened):
                uow.deliver(write_webhook(endpoint.id, happened))

    async def deliver_webhooks(self, messages: Sequence[str]) -> list[Result]:
        """Call endpoints with queued events, many at once, but few calls at one endpoint."""
        turns: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_MOST_AT_ONE_ENDPOINT))
        until = time.monotonic() + _STARTING_SECONDS

        async def deliver(webhook: QueuedWebhook) -> None:
            async with turns[webhook.endpoint_id]:
                await self._deliver(webhook, until)

        return await deliver_each(messages, read_webhook, deliver, at_once=_MOST_AT_ONCE)

    async def sweep_attempts(self) -> int:
        """Forget attempts that are too old, of each organization once a day. For the worker."""
        now, count = self._now(), 0
        for organization_id in await self._attempts.unswept(now - _SWEEP_EVERY, _SWEPT_AT_ONCE):
            async with self._begin(organization_id) as uow:
                count += await AttemptRepository(uow).sweep(organization_id, now - ATTEMPTS_KEPT, now)
        return count

    async def _deliver(self, webhook: QueuedWebhook, until: float) -> None:
        endpoint = await self._endpoints.find(webhook.organization_id, webhook.endpoint_id)
        if endpoint is None or not endpoint.is_enabled:
            return
        if time.monotonic() > until:
            raise WebhookPutOff(after=_SHORT_WHILE, is_put_off=True)
        rest = endpoint.condition.rest(self._now())
        if rest is not None:
            raise WebhookPutOff(after=rest, is_put_off=True)
        attempt = await self._attempt(endpoint, webhook)
        try:
            # What the endpoint knows must be known here, whatever becomes of this call.
            is_given_up = await asyncio.shield(self._record(endpoint, attempt))
        except WebhookEndpointNotFound:
            return
        if not attempt.is_delivered and not is_given_up:
            raise WebhookFailed(attempt.says, after=attempt.retry_after)

    async def _attempt(self, endpoint: WebhookEndpoint, webhook: QueuedWebhook) -> Attempt:
        now, began = self._now(), time.monotonic()
        body = body_of(webhook.body)
        answer = await self._caller.call(endpoint.url, self._headers(endpoint, webhook, now, body), body)
        return Attempt(
            id=self._new_id("attempt"),
            event_id=webhook.happened.event_id,
            event_type=webhook.happened.name,
            attempted_at=now,
            duration=timedelta(seconds=time.monotonic() - began),
            http_status=answer.http_status,
            failure=answer.failure,
            retry_after=answer.retry_after,
        )

    def _headers(self, endpoint: WebhookEndpoint, webhook: QueuedWebhook, now: datetime, body: bytes) -> dict[str, str]:
        bound_to = endpoint.id.encode()
        secrets = [self._secrets.open(SECRET_PURPOSE, each, bound_to) for each in endpoint.secrets.in_force(now)]
        return signed_headers(secrets, webhook.happened.event_id, now, body)

    async def _record(self, endpoint: WebhookEndpoint, attempt: Attempt) -> bool:
        """Keep what happened, and draw the conclusions: whether the endpoint is given up."""
        reason = endpoint.reason_to_give_up(attempt)
        async with self._begin(endpoint.organization_id) as uow:
            await AttemptRepository(uow).add(endpoint, attempt)
            if (since := endpoint.end_of_outage(attempt)) is not None:
                await revive_lanes(uow, Queue.WEBHOOKS, lane_of(endpoint.id), since=since, now=self._now())
            if reason is not None:
                await self._give_up(uow, endpoint, reason)
        return reason is not None

    async def _give_up(self, uow: UnitOfWork, endpoint: WebhookEndpoint, reason: DisabledReason) -> None:
        endpoints = EndpointRepository(uow, self._subscription)
        await endpoints.take_turn(endpoint.organization_id)
        found = await endpoints.get(endpoint.organization_id, endpoint.id)
        if found.is_enabled:
            found.disable(reason, self._now())
            await endpoints.save(found)
            template = "Webhook endpoint {Id} was disabled: {Reason}"
            self._audits.record(uow, "WebhookEndpoint.Disabled", template, endpoint.id, reason.value)
