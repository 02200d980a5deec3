"""
How a deliver operation carries out a batch: an answer for each message, whatever becomes of the others.

A refusal says what to do with its message: a lost race, a limit or an outside party that is away is tried again later,
everything else is refused for good.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from uuid import UUID

import asyncpg

from server.kernel import ids
from server.kernel.access.caller import find_current_call, service_call, set_current_call
from server.kernel.deliveries.envelope import InvalidMessageId, Received, members_of, message_id_of, received
from server.kernel.deliveries.outcomes import Outcome, Result, TryLater
from server.kernel.errors import Aborted, Refusal, ResourceExhausted, StoreUnavailable, Unavailable
from server.kernel.telemetry.crashes import crash

T = TypeVar("T")
_PASSING = (Aborted, ResourceExhausted, Unavailable)
_STORE_IS_BUSY = (
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
)
_CALL_ID = re.compile(r"[A-Za-z0-9_.\-]{8,128}")


@dataclass(frozen=True, slots=True)
class _Accepted(Generic[T]):
    key: UUID
    message_id: str | None
    call_id: str
    item: T

    def result(self, refusal: Refusal | None = None) -> Result:
        if refusal is None:
            return Result(self.message_id, Outcome.DELIVERED)
        return _refused(self.message_id, refusal)


async def deliver_together(
    messages: Sequence[str], accept: Callable[[Received], T], store: Callable[[Sequence[T]], Awaitable[None]]
) -> list[Result]:
    """Read *messages* and *store* what is acceptable at once: all of that is delivered, or is to be tried again."""
    opened = [_open(text, accept, needs_id=False) for text in messages]
    items = [each.item for each in opened if isinstance(each, _Accepted)]
    refusal = await _try(store(items)) if items else None
    return [each.result(refusal) if isinstance(each, _Accepted) else each for each in opened]


async def deliver_each(
    messages: Sequence[str],
    accept: Callable[[Received], T],
    carry: Callable[[T], Awaitable[None]],
    *,
    at_once: int,
    needs_id: bool = True,
) -> list[Result]:
    """
    Read *messages* and *carry* out each that is acceptable, *at_once* of them, in their order.

    Each must have an id, unless *needs_id* says otherwise, is handled under the id of the call that queued it, and is
    carried out once however often it is repeated here.
    """
    opened = [_open(text, accept, needs_id=needs_id) for text in messages]
    distinct: dict[UUID, _Accepted[T]] = {}
    for accepted in (each for each in opened if isinstance(each, _Accepted)):
        distinct.setdefault(accepted.key, accepted)
    turns = asyncio.Semaphore(at_once)

    async def carry_out(each: _Accepted[T]) -> Refusal | None:
        async with turns:
            _go_on_under(each.call_id)
            return await _try(carry(each.item))

    async with asyncio.TaskGroup() as group:
        running = {each.key: group.create_task(carry_out(each)) for each in distinct.values()}
    return [each.result(running[each.key].result()) if isinstance(each, _Accepted) else each for each in opened]


def _open(text: str, accept: Callable[[Received], T], *, needs_id: bool) -> _Accepted[T] | Result:
    message_id = None
    try:
        members = members_of(text)
        message_id = message_id_of(members)
        if needs_id and message_id is None:
            raise InvalidMessageId
        envelope = received(members, message_id)
        return _Accepted(envelope.key, message_id, envelope.call_id, accept(envelope))
    except Refusal as refusal:
        return _refused(message_id, refusal)


def _refused(message_id: str | None, refusal: Refusal) -> Result:
    if isinstance(refusal, TryLater):
        told = (refusal.reason, str(refusal), refusal.after, refusal.is_put_off)
        return Result(message_id, Outcome.RETRY_LATER, *told)
    outcome = Outcome.RETRY_LATER if isinstance(refusal, _PASSING) else Outcome.REFUSED
    return Result(message_id, outcome, refusal.reason, str(refusal))


class _Unexpected(Unavailable):
    reason = "UNEXPECTED_ERROR"
    message = "Something unexpected happened."


async def _try(work: Awaitable[None]) -> Refusal | None:
    try:
        await work
    except Refusal as refusal:
        return refusal
    except _STORE_IS_BUSY:
        return StoreUnavailable()
    except Exception as error:  # noqa: BLE001  # a bug that one message meets must not touch the others
        call = find_current_call()
        crash(call.method if call and call.method else "deliveries", "a delivery failed unexpectedly", error)
        return _Unexpected()
    return None


def _go_on_under(call_id: str) -> None:
    call = find_current_call() or service_call(str(ids.uuid7()))
    set_current_call(replace(call, request_id=call_id if is_call_id(call_id) else call.request_id))


def is_call_id(text: str) -> bool:
    """Whether a message may be handled under *text*."""
    return _CALL_ID.fullmatch(text) is not None
