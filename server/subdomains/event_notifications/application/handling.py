"""
Hands events to the consumers of their subscriptions.

What a consumer does, and the record that it has, commit together: so a repeat finds the record and does nothing. All
events of one subscription are tried in one transaction, which costs few statements. When anything goes wrong in it,
nothing of it has happened, and each event is tried in a transaction of its own, where a failure touches no other.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from server.kernel import ids
from server.kernel.access.caller import Call, current_call, service_call, set_current_call
from server.kernel.bus.bus import Bus
from server.kernel.bus.consumers import BusConsumer
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader
from server.kernel.deliveries.carrying import is_call_id
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.errors import Aborted, Refusal, StoreUnavailable, Unavailable
from server.kernel.events import kind_of
from server.subdomains.event_notifications.errors import (
    ConsumerFailed,
    HeldByEarlierEvent,
    InvalidSubscriptionName,
    SubscriptionOfAnotherVersion,
    UnknownEventType,
    UnknownSubscription,
)
from server.subdomains.event_notifications.queued import QueuedEvent, message_id_in, queued_event
from server.subdomains.event_notifications.repository.handling import HandlingRepository, is_subscribed

log = logging.getLogger(__name__)

# Longer, and it may be for nothing: those who are waited for get a transaction each, so that what is done stays done.
_SECONDS_TOGETHER = 5.0
_STORE_IS_AWAY = (StoreUnavailable, asyncpg.InsufficientResourcesError, asyncpg.OperatorInterventionError)
_LATER = (Aborted, Unavailable)


@dataclass(frozen=True, slots=True)
class _Addressed:
    """An event, and whom it is for."""

    subscription: str
    consumer: BusConsumer
    queued: QueuedEvent

    @property
    def stream(self) -> tuple[str, str]:
        return self.subscription, self.queued.stream_name


class Handling:
    """Handles a batch at a time."""

    def __init__(self, begin: OpenUnitOfWork, reader: Reader, bus: Bus, now: Clock) -> None:
        self._begin = begin
        self._reader = reader
        self._bus = bus
        self._now = now

    async def hand_over(self, notifications: Sequence[tuple[str, str]]) -> list[Result]:
        """Handle messages, each with the name of its subscription, in their order; one result each."""
        batch = _Batch()
        for number, (name, text) in enumerate(notifications):
            try:
                addressed = await self._open(name, text, batch)
            except Refusal as refusal:
                batch.answer(number, message_id_in(text), refusal)
            else:
                batch.add(number, addressed)
        call = current_call()
        try:
            for events in batch.by_subscription():
                if len(events) == 1 or not await self._handle_together(events):
                    await self._handle_one_by_one(events, batch)
        finally:
            set_current_call(call)
        return batch.results()

    async def _open(self, name: str, text: str, batch: "_Batch") -> _Addressed:
        if not name:
            raise InvalidSubscriptionName
        queued = queued_event(text)
        found = self._bus.find(name)
        if found is None:
            raise SubscriptionOfAnotherVersion if await is_subscribed(self._reader, name) else UnknownSubscription
        addressed = _Addressed(*found, queued)
        if kind_of(queued.name) is None:
            batch.held.add(addressed.stream)
            raise UnknownEventType
        return addressed

    async def _handle_together(self, events: Sequence[_Addressed]) -> bool:
        """Whether all of it went well. If not, nothing has happened."""
        try:
            async with asyncio.timeout(_SECONDS_TOGETHER):
                await self._handle(events)
        except Exception as error:  # noqa: BLE001  # whatever it was: alone, each says for itself
            facts = {"subscription": events[0].subscription, "count": len(events), "error": type(error).__name__}
            log.info("events are handled one by one, since together they failed", extra=facts)
            return False
        return True

    async def _handle_one_by_one(self, events: Sequence[_Addressed], batch: "_Batch") -> None:
        held: set[tuple[str, str]] = set()  # what cannot be read holds only what comes after it, and that is not here
        for each in events:
            if each.stream in held:
                batch.refuse(each, HeldByEarlierEvent())
                continue
            try:
                await self._handle([each])
            except Exception as error:  # noqa: BLE001  # a consumer fails with whatever it wants
                held.add(each.stream)
                batch.refuse(each, await self._failed(each, error))

    async def _handle(self, events: Sequence[_Addressed]) -> None:
        """Handle events of one subscription in one transaction."""
        async with self._begin() as uow:
            given = HandlingRepository(uow, events[0].subscription, self._now())
            fresh = await given.receive([each.queued for each in events])
            for each in events:
                if each.queued.id in fresh:
                    fresh.remove(each.queued.id)
                    await uow.go_on_for(_call_of(each.queued), each.queued.organization_id)
                    await each.consumer.consume(uow, each.queued.event())

    async def _failed(self, each: _Addressed, error: Exception) -> Refusal:
        if isinstance(error, _STORE_IS_AWAY):
            return StoreUnavailable()
        incident_id = ids.new_id("incident")
        reason = error.reason if isinstance(error, Refusal) else type(error).__name__
        facts = {
            "incident_id": incident_id,
            "subscription": each.subscription,
            "event": each.queued.name,
            "event_id": each.queued.id,
            "reason": reason,
        }
        log.error("a consumer of events has failed", extra=facts, exc_info=error)
        try:
            async with self._begin() as uow:
                await HandlingRepository(uow, each.subscription, self._now()).fail(each.queued, reason)
        except _STORE_IS_AWAY:
            return StoreUnavailable()
        return ConsumerFailed(incident_id)


class _Batch:
    """The answers to one call, as they come to be known."""

    def __init__(self) -> None:
        self.held: set[tuple[str, str]] = set()  # streams of which an event cannot be read
        self._answers: dict[int, tuple[str | None, Refusal | None]] = {}
        self._events: dict[str, dict[str, _Addressed]] = {}
        self._numbers: dict[tuple[str, str], list[int]] = {}

    def add(self, number: int, event: _Addressed) -> None:
        """Take *event*, which is delivered unless it is refused later. A repeat shares the answer."""
        message_id = event.queued.message_id
        if event.stream in self.held:
            self.answer(number, message_id, HeldByEarlierEvent())
            return
        self.answer(number, message_id, None)
        self._events.setdefault(event.subscription, {}).setdefault(event.queued.id, event)
        self._numbers.setdefault((event.subscription, event.queued.id), []).append(number)

    def answer(self, number: int, message_id: str | None, refusal: Refusal | None) -> None:
        self._answers[number] = (message_id, refusal)

    def refuse(self, event: _Addressed, refusal: Refusal) -> None:
        for number in self._numbers[event.subscription, event.queued.id]:
            self._answers[number] = (self._answers[number][0], refusal)

    def by_subscription(self) -> list[list[_Addressed]]:
        """What is to be handled, in the order of the request within each subscription."""
        return [list(events.values()) for events in self._events.values()]

    def results(self) -> list[Result]:
        return [_result(*self._answers[number]) for number in sorted(self._answers)]


def _result(message_id: str | None, refusal: Refusal | None) -> Result:
    if refusal is None:
        return Result(message_id, Outcome.DELIVERED)
    outcome = Outcome.RETRY_LATER if isinstance(refusal, _LATER) else Outcome.REFUSED
    return Result(message_id, outcome, refusal.reason, str(refusal))


def _call_of(queued: QueuedEvent) -> Call:
    """Each event is handled under the id of the call that caused it, by the maintenance account."""
    return service_call(queued.call_id if is_call_id(queued.call_id) else str(ids.uuid7()))
