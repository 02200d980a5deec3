"""The use cases of operators: dead letters, and queues that stand still."""

from collections.abc import Sequence

from server.kernel.database import OpenUnitOfWork, Reader
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.operations import Inspected, Operations, QueueState
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.event_notifications.errors import DeadLetterNotFound
from server.subdomains.event_notifications.repository.reading import NotificationReader

DEAD_LETTER_ORDERING = Ordering(("dead_at", "queued_at"), "dead_at")


class DeadLettersApplication:
    """What operators may see of dead letters: never their content."""

    def __init__(self, *, reader: Reader, lists: Lists, operations: Operations) -> None:
        self._dead_letters = NotificationReader(reader)
        self._lists = lists
        self._operations = operations

    @classmethod
    def of(cls, platform: Platform) -> "DeadLettersApplication":
        return cls(reader=platform.reader, lists=platform.lists, operations=Operations(platform.database))

    async def list_dead_letters(
        self, *, queue: Queue | None, organization_id: str | None, reason: str, subscription: str, page: Page
    ) -> Paged:
        """Dead letters of all queues, or of one."""
        rows = await self._dead_letters.list_dead_letters(
            page, queue=queue, organization_id=organization_id, reason=reason, subscription=subscription
        )
        return self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))

    async def get_dead_letter(self, message_id: str) -> Inspected:
        """
        All that may be said of one dead letter.

        Raises:
            DeadLetterNotFound: There is no such message, or it is alive.
        """
        found = await self._operations.inspect(message_id)
        if found is None:
            raise DeadLetterNotFound(id=message_id)
        return found


class OperationsApplication:
    """What operators may do with queued work. All that changes something is audited with it."""

    def __init__(self, *, begin: OpenUnitOfWork, operations: Operations, audits: AuditsApi) -> None:
        self._begin = begin
        self._operations = operations
        self._audits = audits

    @classmethod
    def of(cls, platform: Platform) -> "OperationsApplication":
        return cls(begin=platform.begin, operations=Operations(platform.database), audits=AuditsApi.of(platform))

    async def redrive_dead_letters(self, *, operator_id: str, ids: Sequence[str], queue: Queue | None) -> int:
        """Give dead letters a new life: those named, or all of one queue."""
        async with self._begin() as uow:
            queues = (
                [queue.value] if queue else sorted({row.queue for row in await self._operations.dead_among(uow, ids)})
            )
            count = await self._operations.redrive(uow, message_ids=ids, queue=queue)
            self._audits.record(
                uow,
                "Queue.DeadLettersRedriven",
                "Operator {OperatorId} gave dead letters of {Queue} a new life: {Count}",
                operator_id,
                ", ".join(queues),
                str(count),
            )
        return count

    async def discard_dead_letters(self, *, operator_id: str, ids: Sequence[str]) -> int:
        """Remove dead letters for good."""
        async with self._begin() as uow:
            dead = [row.id for row in await self._operations.dead_among(uow, ids)]
            count = await self._operations.discard(uow, dead)
            self._audits.record(
                uow,
                "Queue.DeadLettersDiscarded",
                "Operator {OperatorId} discarded the dead letters {MessageIds}",
                operator_id,
                ", ".join(dead),
            )
        return count

    async def list_queues(self) -> list[QueueState]:
        """How each queue stands."""
        return await self._operations.states()

    async def pause_queue(self, *, operator_id: str, queue: Queue) -> bool:
        """Let a queue stand still; whether it did not before."""
        async with self._begin() as uow:
            is_new = await self._operations.pause(uow, queue, operator_id)
            if is_new:
                template = "Operator {OperatorId} paused the queue {Queue}"
                self._audits.record(uow, "Queue.Paused", template, operator_id, queue.value)
        return is_new

    async def resume_queue(self, *, operator_id: str, queue: Queue) -> bool:
        """Let a queue go on; whether it was paused."""
        async with self._begin() as uow:
            was_paused = await self._operations.resume(uow, queue)
            if was_paused:
                template = "Operator {OperatorId} let the queue {Queue} go on"
                self._audits.record(uow, "Queue.Resumed", template, operator_id, queue.value)
        return was_paused

    async def get_queue(self, queue: Queue) -> QueueState:
        """How one queue stands."""
        return next(state for state in await self.list_queues() if state.queue is queue)
