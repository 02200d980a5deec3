"""EventNotificationsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.event_notifications.v1 import event_notifications_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

NOTIFY_DOMAIN_EVENTS = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/NotifyDomainEvents",
    pb.NotifyDomainEventsRequest,
    pb.NotifyDomainEventsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
LIST_EVENT_NOTIFICATIONS = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/ListEventNotifications",
    pb.ListEventNotificationsRequest,
    pb.ListEventNotificationsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
DELIVER_ALL_DOMAIN_EVENTS = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/DeliverAllDomainEvents",
    pb.DeliverAllDomainEventsRequest,
    pb.DeliverAllDomainEventsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
LIST_DEAD_LETTERS = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/ListDeadLetters",
    pb.ListDeadLettersRequest,
    pb.ListDeadLettersResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
GET_DEAD_LETTER = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/GetDeadLetter",
    pb.GetDeadLetterRequest,
    pb.GetDeadLetterResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
REDRIVE_DEAD_LETTERS = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/RedriveDeadLetters",
    pb.RedriveDeadLettersRequest,
    pb.RedriveDeadLettersResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
DISCARD_DEAD_LETTERS = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/DiscardDeadLetters",
    pb.DiscardDeadLettersRequest,
    pb.DiscardDeadLettersResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
LIST_QUEUES = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/ListQueues",
    pb.ListQueuesRequest,
    pb.ListQueuesResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
PAUSE_QUEUE = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/PauseQueue",
    pb.PauseQueueRequest,
    pb.PauseQueueResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
RESUME_QUEUE = Method(
    "/tenantry.event_notifications.v1.EventNotificationsService/ResumeQueue",
    pb.ResumeQueueRequest,
    pb.ResumeQueueResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)


class EventNotificationsService:
    """
    The message bus of domain events: hands each event to the subscription it is addressed to. And what operators do
    with queued work: dead letters and queues that stand still.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def NotifyDomainEvents(
        self, request: pb.NotifyDomainEventsRequest, *, timeout: float | None = None
    ) -> pb.NotifyDomainEventsResponse:
        """
        Gives domain events to the subscriptions they are for. What a subscription does about an event, and the record
        that it has, stand or fall together. An event that was handled before is answered as delivered and not handled
        again. Messages are taken in their order; when one fails, the later ones of the same subscription and stream
        wait.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_SUBSCRIPTION_NAME: there is none.
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_BUS_MESSAGE: the text is not a JSON object, has no Event, or a member is missing or wrong.
        - REFUSED, INVALID_MESSAGE_ID, INVALID_TENANT_ID: the id is malformed or of another kind.
        - REFUSED, UNKNOWN_SUBSCRIPTION: there is no such subscription.
        - RETRY_LATER, UNKNOWN_SUBSCRIPTION: there is, but this server does not know it: it runs another version.
        - REFUSED, UNKNOWN_EVENT_TYPE: no subdomain that runs here publishes such events, or ever has.
        - RETRY_LATER, CONSUMER_FAILED: whatever the subscription has failed with. The description is an incident id.
        - RETRY_LATER, HELD_BY_EARLIER_EVENT: an earlier event of the stream has failed in this call.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return await self._call(NOTIFY_DOMAIN_EVENTS, request, timeout=timeout)

    async def ListEventNotifications(
        self, request: pb.ListEventNotificationsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListEventNotificationsResponse:
        """
        Lists what has become of events, in each subscription: of reactions, which run in the transaction of whoever
        published, and of deliveries over the bus, failed ones included. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_SUBSCRIPTION_NAME, INVALID_EVENT_TYPE, INVALID_STREAM_NAME,
          INVALID_STATUS.
        """
        return await self._call(LIST_EVENT_NOTIFICATIONS, request, timeout=timeout)

    async def DeliverAllDomainEvents(
        self, request: pb.DeliverAllDomainEventsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllDomainEventsResponse:
        """
        Delivers everything pending on the bus, one subscription after the other in the order of registration, the
        oldest event first, each once. What that publishes is delivered too, in at most three further rounds. An event
        that fails holds its stream and nothing else. Testing builds only.
        """
        return await self._call(DELIVER_ALL_DOMAIN_EVENTS, request, timeout=timeout)

    async def ListDeadLetters(
        self, request: pb.ListDeadLettersRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListDeadLettersResponse:
        """
        Lists the dead letters of all queues, never with their content. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID (of the organization), INVALID_QUEUE, INVALID_REASON,
          INVALID_SUBSCRIPTION_NAME.
        """
        return await self._call(LIST_DEAD_LETTERS, request, timeout=timeout)

    async def GetDeadLetter(
        self, request: pb.GetDeadLetterRequest, *, timeout: float | None = None
    ) -> pb.GetDeadLetterResponse:
        """
        Returns one dead letter: what it is about, who caused it and what waits behind it, and never its content. For
        operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, DEAD_LETTER_NOT_FOUND: there is no such message, or it is not dead.
        """
        return await self._call(GET_DEAD_LETTER, request, timeout=timeout)

    async def RedriveDeadLetters(
        self, request: pb.RedriveDeadLettersRequest | None = None, *, timeout: float | None = None
    ) -> pb.RedriveDeadLettersResponse:
        """
        Gives dead letters a new life: they are due now, with all their attempts. Ids that are not of dead letters are
        skipped. Repeating it is harmless, since receivers know what they have done. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_SELECTION (both ids and queue, or neither; more than 1000 ids),
          INVALID_ID, INVALID_QUEUE.
        """
        return await self._call(REDRIVE_DEAD_LETTERS, request, timeout=timeout)

    async def DiscardDeadLetters(
        self, request: pb.DiscardDeadLettersRequest, *, timeout: float | None = None
    ) -> pb.DiscardDeadLettersResponse:
        """
        Removes dead letters for good; what waited behind them goes on. Ids that are not of dead letters are skipped.
        Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_SELECTION (no ids, or more than 1000), INVALID_ID.
        """
        return await self._call(DISCARD_DEAD_LETTERS, request, timeout=timeout)

    async def ListQueues(
        self, request: pb.ListQueuesRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListQueuesResponse:
        """Says how each queue stands, empty ones included. For operators."""
        return await self._call(LIST_QUEUES, request, timeout=timeout)

    async def PauseQueue(self, request: pb.PauseQueueRequest, *, timeout: float | None = None) -> pb.PauseQueueResponse:
        """
        Lets a queue stand still: workers finish what they have in hand and take nothing new from it. What is queued
        meanwhile waits. Nothing happens to a queue that is paused. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_QUEUE.
        """
        return await self._call(PAUSE_QUEUE, request, timeout=timeout)

    async def ResumeQueue(
        self, request: pb.ResumeQueueRequest, *, timeout: float | None = None
    ) -> pb.ResumeQueueResponse:
        """
        Lets a paused queue go on. Nothing happens to one that is not paused. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_QUEUE.
        """
        return await self._call(RESUME_QUEUE, request, timeout=timeout)


class EventNotificationsServiceSync:
    """
    The message bus of domain events: hands each event to the subscription it is addressed to. And what operators do
    with queued work: dead letters and queues that stand still.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def NotifyDomainEvents(
        self, request: pb.NotifyDomainEventsRequest, *, timeout: float | None = None
    ) -> pb.NotifyDomainEventsResponse:
        """
        Gives domain events to the subscriptions they are for. What a subscription does about an event, and the record
        that it has, stand or fall together. An event that was handled before is answered as delivered and not handled
        again. Messages are taken in their order; when one fails, the later ones of the same subscription and stream
        wait.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_SUBSCRIPTION_NAME: there is none.
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_BUS_MESSAGE: the text is not a JSON object, has no Event, or a member is missing or wrong.
        - REFUSED, INVALID_MESSAGE_ID, INVALID_TENANT_ID: the id is malformed or of another kind.
        - REFUSED, UNKNOWN_SUBSCRIPTION: there is no such subscription.
        - RETRY_LATER, UNKNOWN_SUBSCRIPTION: there is, but this server does not know it: it runs another version.
        - REFUSED, UNKNOWN_EVENT_TYPE: no subdomain that runs here publishes such events, or ever has.
        - RETRY_LATER, CONSUMER_FAILED: whatever the subscription has failed with. The description is an incident id.
        - RETRY_LATER, HELD_BY_EARLIER_EVENT: an earlier event of the stream has failed in this call.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return self._call(NOTIFY_DOMAIN_EVENTS, request, timeout=timeout)

    def ListEventNotifications(
        self, request: pb.ListEventNotificationsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListEventNotificationsResponse:
        """
        Lists what has become of events, in each subscription: of reactions, which run in the transaction of whoever
        published, and of deliveries over the bus, failed ones included. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_SUBSCRIPTION_NAME, INVALID_EVENT_TYPE, INVALID_STREAM_NAME,
          INVALID_STATUS.
        """
        return self._call(LIST_EVENT_NOTIFICATIONS, request, timeout=timeout)

    def DeliverAllDomainEvents(
        self, request: pb.DeliverAllDomainEventsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllDomainEventsResponse:
        """
        Delivers everything pending on the bus, one subscription after the other in the order of registration, the
        oldest event first, each once. What that publishes is delivered too, in at most three further rounds. An event
        that fails holds its stream and nothing else. Testing builds only.
        """
        return self._call(DELIVER_ALL_DOMAIN_EVENTS, request, timeout=timeout)

    def ListDeadLetters(
        self, request: pb.ListDeadLettersRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListDeadLettersResponse:
        """
        Lists the dead letters of all queues, never with their content. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID (of the organization), INVALID_QUEUE, INVALID_REASON,
          INVALID_SUBSCRIPTION_NAME.
        """
        return self._call(LIST_DEAD_LETTERS, request, timeout=timeout)

    def GetDeadLetter(
        self, request: pb.GetDeadLetterRequest, *, timeout: float | None = None
    ) -> pb.GetDeadLetterResponse:
        """
        Returns one dead letter: what it is about, who caused it and what waits behind it, and never its content. For
        operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, DEAD_LETTER_NOT_FOUND: there is no such message, or it is not dead.
        """
        return self._call(GET_DEAD_LETTER, request, timeout=timeout)

    def RedriveDeadLetters(
        self, request: pb.RedriveDeadLettersRequest | None = None, *, timeout: float | None = None
    ) -> pb.RedriveDeadLettersResponse:
        """
        Gives dead letters a new life: they are due now, with all their attempts. Ids that are not of dead letters are
        skipped. Repeating it is harmless, since receivers know what they have done. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_SELECTION (both ids and queue, or neither; more than 1000 ids),
          INVALID_ID, INVALID_QUEUE.
        """
        return self._call(REDRIVE_DEAD_LETTERS, request, timeout=timeout)

    def DiscardDeadLetters(
        self, request: pb.DiscardDeadLettersRequest, *, timeout: float | None = None
    ) -> pb.DiscardDeadLettersResponse:
        """
        Removes dead letters for good; what waited behind them goes on. Ids that are not of dead letters are skipped.
        Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_SELECTION (no ids, or more than 1000), INVALID_ID.
        """
        return self._call(DISCARD_DEAD_LETTERS, request, timeout=timeout)

    def ListQueues(
        self, request: pb.ListQueuesRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListQueuesResponse:
        """Says how each queue stands, empty ones included. For operators."""
        return self._call(LIST_QUEUES, request, timeout=timeout)

    def PauseQueue(self, request: pb.PauseQueueRequest, *, timeout: float | None = None) -> pb.PauseQueueResponse:
        """
        Lets a queue stand still: workers finish what they have in hand and take nothing new from it. What is queued
        meanwhile waits. Nothing happens to a queue that is paused. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_QUEUE.
        """
        return self._call(PAUSE_QUEUE, request, timeout=timeout)

    def ResumeQueue(self, request: pb.ResumeQueueRequest, *, timeout: float | None = None) -> pb.ResumeQueueResponse:
        """
        Lets a paused queue go on. Nothing happens to one that is not paused. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_QUEUE.
        """
        return self._call(RESUME_QUEUE, request, timeout=timeout)
