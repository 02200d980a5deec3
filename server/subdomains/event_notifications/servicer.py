"""EventNotificationsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from tenantry.event_notifications.v1 import (
    dead_letter_pb2,
    event_notification_pb2,
    event_notifications_service_pb2,
    event_notifications_service_pb2_grpc,
)

from server.kernel import ids
from server.kernel.access.caller import current_call
from server.kernel.deliveries.messages import short_name
from server.kernel.deliveries.operations import Inspected, QueueState, stream_of
from server.kernel.deliveries.wire import QUEUE_KINDS, QUEUES, to_proto
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_timestamp
from server.subdomains.event_notifications.application.notifications import (
    NOTIFICATION_ORDERING,
    NotificationsApplication,
)
from server.subdomains.event_notifications.application.operations import (
    DEAD_LETTER_ORDERING,
    DeadLettersApplication,
    OperationsApplication,
)
from server.subdomains.event_notifications.domain import EventNotification, NotificationStatus

_STATUSES = {
    NotificationStatus.RECEIVED: event_notification_pb2.EVENT_NOTIFICATION_STATUS_RECEIVED,
    NotificationStatus.HANDLED: event_notification_pb2.EVENT_NOTIFICATION_STATUS_HANDLED,
    NotificationStatus.FAILED: event_notification_pb2.EVENT_NOTIFICATION_STATUS_FAILED,
}
_STATUS_OF = {number: status for status, number in _STATUSES.items()}


class EventNotificationsServicer(event_notifications_service_pb2_grpc.EventNotificationsServiceServicer):
    """
    Answers EventNotificationsService. A ``check_`` method says what of a request is wrong besides what the contract
    says.
    """

    def __init__(
        self,
        notifications: NotificationsApplication,
        dead_letters: DeadLettersApplication,
        operations: OperationsApplication,
        lists: Lists,
    ) -> None:
        self._notifications = notifications
        self._dead_letters = dead_letters
        self._operations = operations
        self._lists = lists

    # The bus ----------------------------------------------------------------------------------------------------

    async def NotifyDomainEvents(
        self, request: event_notifications_service_pb2.NotifyDomainEventsRequest, context: Context
    ) -> event_notifications_service_pb2.NotifyDomainEventsResponse:
        results = await self._notifications.notify_domain_events(
            [(each.subscription_name, each.message) for each in request.notifications]
        )
        return event_notifications_service_pb2.NotifyDomainEventsResponse(results=to_proto(results))

    def check_ListEventNotifications(
        self, request: event_notifications_service_pb2.ListEventNotificationsRequest
    ) -> Iterator[Violation]:
        return self._lists.violations(request, NOTIFICATION_ORDERING)

    async def ListEventNotifications(
        self, request: event_notifications_service_pb2.ListEventNotificationsRequest, context: Context
    ) -> event_notifications_service_pb2.ListEventNotificationsResponse:
        found = await self._notifications.list_event_notifications(
            subscription=request.subscription_name,
            event_type=request.event_type,
            stream_name=request.stream_name,
            status=_STATUS_OF.get(request.status),
            page=self._lists.page(request, NOTIFICATION_ORDERING),
        )
        return event_notifications_service_pb2.ListEventNotificationsResponse(
            notifications=[_notification(each) for each in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def DeliverAllDomainEvents(
        self, request: event_notifications_service_pb2.DeliverAllDomainEventsRequest, context: Context
    ) -> event_notifications_service_pb2.DeliverAllDomainEventsResponse:
        delivered, failed = await self._notifications.deliver_all_domain_events()
        return event_notifications_service_pb2.DeliverAllDomainEventsResponse(
            delivered_count=delivered, failed_count=failed
        )

    # Dead letters -----------------------------------------------------------------------------------------------

    def check_ListDeadLetters(
        self, request: event_notifications_service_pb2.ListDeadLettersRequest
    ) -> Iterator[Violation]:
        return self._lists.violations(request, DEAD_LETTER_ORDERING)

    async def ListDeadLetters(
        self, request: event_notifications_service_pb2.ListDeadLettersRequest, context: Context
    ) -> event_notifications_service_pb2.ListDeadLettersResponse:
        found = await self._dead_letters.list_dead_letters(
            queue=QUEUES.get(request.queue),
            organization_id=request.organization_id or None,
            reason=request.reason,
            subscription=request.subscription_name,
            page=self._lists.page(request, DEAD_LETTER_ORDERING),
        )
        return event_notifications_service_pb2.ListDeadLettersResponse(
            dead_letters=[_dead_letter(row) for row in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def GetDeadLetter(
        self, request: event_notifications_service_pb2.GetDeadLetterRequest, context: Context
    ) -> event_notifications_service_pb2.GetDeadLetterResponse:
        found = await self._dead_letters.get_dead_letter(request.id)
        return event_notifications_service_pb2.GetDeadLetterResponse(
            dead_letter=_dead_letter(found.row), origin=_origin(found)
        )

    def check_RedriveDeadLetters(
        self, request: event_notifications_service_pb2.RedriveDeadLettersRequest
    ) -> Iterator[Violation]:
        if bool(request.ids) == bool(request.queue):
            yield Violation("ids", "INVALID_SELECTION", "must be given, or else a queue, and not both")
        yield from _violations_of_ids(request.ids)

    async def RedriveDeadLetters(
        self, request: event_notifications_service_pb2.RedriveDeadLettersRequest, context: Context
    ) -> event_notifications_service_pb2.RedriveDeadLettersResponse:
        count = await self._operations.redrive_dead_letters(
            operator_id=current_call().caller.user_id, ids=request.ids, queue=QUEUES.get(request.queue)
        )
        return event_notifications_service_pb2.RedriveDeadLettersResponse(redriven_count=count)

    def check_DiscardDeadLetters(
        self, request: event_notifications_service_pb2.DiscardDeadLettersRequest
    ) -> Iterator[Violation]:
        return _violations_of_ids(request.ids)

    async def DiscardDeadLetters(
        self, request: event_notifications_service_pb2.DiscardDeadLettersRequest, context: Context
    ) -> event_notifications_service_pb2.DiscardDeadLettersResponse:
        count = await self._operations.discard_dead_letters(operator_id=current_call().caller.user_id, ids=request.ids)
        return event_notifications_service_pb2.DiscardDeadLettersResponse(discarded_count=count)

    # Queues -----------------------------------------------------------------------------------------------------

    async def ListQueues(
        self, request: event_notifications_service_pb2.ListQueuesRequest, context: Context
    ) -> event_notifications_service_pb2.ListQueuesResponse:
        queues = await self._operations.list_queues()
        return event_notifications_service_pb2.ListQueuesResponse(queues=[_queue(each) for each in queues])

    async def PauseQueue(
        self, request: event_notifications_service_pb2.PauseQueueRequest, context: Context
    ) -> event_notifications_service_pb2.PauseQueueResponse:
        queue = QUEUES[request.queue]
        await self._operations.pause_queue(operator_id=current_call().caller.user_id, queue=queue)
        state = await self._operations.get_queue(queue)
        return event_notifications_service_pb2.PauseQueueResponse(queue=_queue(state))

    async def ResumeQueue(
        self, request: event_notifications_service_pb2.ResumeQueueRequest, context: Context
    ) -> event_notifications_service_pb2.ResumeQueueResponse:
        queue = QUEUES[request.queue]
        await self._operations.resume_queue(operator_id=current_call().caller.user_id, queue=queue)
        state = await self._operations.get_queue(queue)
        return event_notifications_service_pb2.ResumeQueueResponse(queue=_queue(state))


def _violations_of_ids(given: Sequence[str]) -> Iterator[Violation]:
    for number, id in enumerate(given):
        if not ids.is_id("msg", id):
            yield Violation(f"ids[{number}]", "INVALID_ID", "must be the id of a message")


def _notification(each: EventNotification) -> event_notification_pb2.EventNotification:
    data = {"RootId": each.root_id, "OccurredAt": each.occurred_at, **each.data}
    return event_notification_pb2.EventNotification(
        id=each.event_id,
        subscriber_ref=each.subscription,
        root_aggregate_type=each.root_aggregate_type,
        event_type=each.event_type,
        data=orjson.dumps(data).decode(),
        metadata_fully_qualified_name=each.name,
        stream_name=each.stream_name,
        version=each.version,
        status=_STATUSES[each.status],
        attempts=each.attempts,
        error_reason=each.error_reason,
        created_at=to_timestamp(each.created_at),
        handled_at=to_timestamp(each.handled_at) if each.handled_at else None,
    )


def _dead_letter(row: Any) -> dead_letter_pb2.DeadLetter:
    return dead_letter_pb2.DeadLetter(
        id=row.id,
        queue=QUEUE_KINDS[row.queue],
        organization_id=row.organization_id,
        attempts=row.attempts,
        queued_at=to_timestamp(row.queued_at),
        dead_at=to_timestamp(row.dead_at),
        reason=row.reason or "",
        description=row.description or "",
        subscription_name=row.subscription,
        stream_name=stream_of(row),
        event_type=short_name(row.event_name) if row.event_name else None,
        held_count=row.held_count,
    )


def _origin(found: Inspected) -> dead_letter_pb2.DeadLetterOrigin:
    return dead_letter_pb2.DeadLetterOrigin(
        event_id=found.row.event_id,
        event_name=found.row.event_name,
        version=found.row.version,
        caller_id=found.caller_id,
        call_id=found.call_id,
        held_ids=found.held_ids,
    )


def _queue(state: QueueState) -> dead_letter_pb2.QueueState:
    return dead_letter_pb2.QueueState(
        queue=QUEUE_KINDS[state.queue],
        pending_count=state.pending,
        due_count=state.due,
        leased_count=state.leased,
        dead_count=state.dead,
        oldest_queued_at=to_timestamp(state.oldest_at) if state.oldest_at else None,
        paused_at=to_timestamp(state.paused_at) if state.paused_at else None,
        paused_by_id=state.paused_by_id,
    )
