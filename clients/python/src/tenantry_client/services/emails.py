"""EmailsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.emails.v1 import emails_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

DELIVER_EMAILS = Method(
    "/tenantry.emails.v1.EmailsService/DeliverEmails",
    pb.DeliverEmailsRequest,
    pb.DeliverEmailsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
LIST_EMAILS = Method(
    "/tenantry.emails.v1.EmailsService/ListEmails",
    pb.ListEmailsRequest,
    pb.ListEmailsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
DELIVER_ALL_EMAILS = Method(
    "/tenantry.emails.v1.EmailsService/DeliverAllEmails",
    pb.DeliverAllEmailsRequest,
    pb.DeliverAllEmailsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
SEARCH_EMAILS = Method(
    "/tenantry.emails.v1.EmailsService/SearchEmails",
    pb.SearchEmailsRequest,
    pb.SearchEmailsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
NOTIFY_MAILGUN_EVENT = Method(
    "/tenantry.emails.v1.EmailsService/NotifyMailgunEvent",
    pb.NotifyMailgunEventRequest,
    pb.NotifyMailgunEventResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=False,
)
CONFIRM_EMAIL_DELIVERED = Method(
    "/tenantry.emails.v1.EmailsService/ConfirmEmailDelivered",
    pb.ConfirmEmailDeliveredRequest,
    pb.ConfirmEmailDeliveredResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
CONFIRM_EMAIL_DELIVERY_FAILED = Method(
    "/tenantry.emails.v1.EmailsService/ConfirmEmailDeliveryFailed",
    pb.ConfirmEmailDeliveryFailedRequest,
    pb.ConfirmEmailDeliveryFailedResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)


class EmailsService:
    """
    E-mails to people. Use cases queue them in their own transaction; the worker has them handed to the gateway here.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def DeliverEmails(
        self, request: pb.DeliverEmailsRequest, *, timeout: float | None = None
    ) -> pb.DeliverEmailsResponse:
        """
        Hands queued e-mails to the gateway, at most ten at once. Messages are independent of each other. An e-mail that
        was sent before is answered as delivered and not sent again.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID: the message id is absent, malformed or of another kind.
        - REFUSED, INVALID_TENANT_ID: the organization's id is malformed.
        - REFUSED, EMAIL_MISSING_MESSAGE, EMAIL_AMBIGUOUS_MESSAGE: neither Html nor Template, or both.
        - REFUSED, INVALID_EMAIL_ADDRESS, INVALID_DISPLAY_NAME, INVALID_TAG: of the sender or the recipient; a tag.
        - REFUSED, EMAIL_MISSING_SUBJECT, EMAIL_MISSING_BODY, EMAIL_MISSING_TEMPLATE_ID: the content lacks it.
        - REFUSED, EMAIL_TEMPLATE_UNSUPPORTED: the gateway has no templates.
        - REFUSED, EMAIL_GATEWAY_REFUSED: the gateway refused it for good.
        - RETRY_LATER, EMAIL_GATEWAY_FAILED: the gateway is away or busy.
        - RETRY_LATER, DELIVERY_IN_PROGRESS: another call is sending it.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return await self._call(DELIVER_EMAILS, request, timeout=timeout)

    async def ListEmails(
        self, request: pb.ListEmailsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListEmailsResponse:
        """
        Lists the e-mails of all organizations, sent or not. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_ID (of
          the organization), INVALID_TAG.
        """
        return await self._call(LIST_EMAILS, request, timeout=timeout)

    async def DeliverAllEmails(
        self, request: pb.DeliverAllEmailsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllEmailsResponse:
        """
        Carries out everything pending of the queue of e-mails, one after the other in the order of queueing, each
        message once, and answers when nothing is pending except what failed. Testing builds only.
        """
        return await self._call(DELIVER_ALL_EMAILS, request, timeout=timeout)

    async def SearchEmails(
        self, request: pb.SearchEmailsRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchEmailsResponse:
        """
        Searches the e-mails of all organizations, sent or not. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_UNTIL
          (until_at is not after since_at), INVALID_ID (of the organization or the message), INVALID_TAG,
          INVALID_STATUS, INVALID_EMAIL_ADDRESS.
        """
        return await self._call(SEARCH_EMAILS, request, timeout=timeout)

    async def NotifyMailgunEvent(
        self, request: pb.NotifyMailgunEventRequest, *, timeout: float | None = None
    ) -> pb.NotifyMailgunEventResponse:
        """
        Takes a report of Mailgun: JSON with signature (timestamp, token, signature) and event-data. The signature is
        its credential, good for 5 minutes and once. Event delivered confirms the e-mail with that receipt; failed,
        unless it is temporary, notes its failure; complained tells those who queued it. Each event is processed once;
        an event that came before, other events and unknown receipts change nothing.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_WEBHOOK_BODY (the content is not JSON).
        - UNAUTHENTICATED, WEBHOOK_SIGNATURE_INVALID: the signature is missing or wrong, or this server knows no signing
          key.
        - UNAUTHENTICATED, WEBHOOK_STALE: it was signed more than 5 minutes from now.
        - UNAUTHENTICATED, WEBHOOK_REPLAYED: its token was seen before.
        """
        return await self._call(NOTIFY_MAILGUN_EVENT, request, timeout=timeout)

    async def ConfirmEmailDelivered(
        self, request: pb.ConfirmEmailDeliveredRequest, *, timeout: float | None = None
    ) -> pb.ConfirmEmailDeliveredResponse:
        """
        Notes that the gateway has delivered an e-mail, as a report of Mailgun would. What is delivered stays so; an
        e-mail of which a failure was reported before counts as delivered from now on. An unknown receipt changes
        nothing. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_RECEIPT_ID (empty, or too long), INVALID_DELIVERED_AT.
        """
        return await self._call(CONFIRM_EMAIL_DELIVERED, request, timeout=timeout)

    async def ConfirmEmailDeliveryFailed(
        self, request: pb.ConfirmEmailDeliveryFailedRequest, *, timeout: float | None = None
    ) -> pb.ConfirmEmailDeliveryFailedResponse:
        """
        Notes that the gateway could not deliver an e-mail, as a report of Mailgun would. The first failure counts, and
        none after the e-mail was delivered. An unknown receipt changes nothing. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_RECEIPT_ID (empty, or too long), INVALID_FAILED_AT,
          INVALID_REASON.
        """
        return await self._call(CONFIRM_EMAIL_DELIVERY_FAILED, request, timeout=timeout)


class EmailsServiceSync:
    """
    E-mails to people. Use cases queue them in their own transaction; the worker has them handed to the gateway here.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def DeliverEmails(
        self, request: pb.DeliverEmailsRequest, *, timeout: float | None = None
    ) -> pb.DeliverEmailsResponse:
        """
        Hands queued e-mails to the gateway, at most ten at once. Messages are independent of each other. An e-mail that
        was sent before is answered as delivered and not sent again.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID: the message id is absent, malformed or of another kind.
        - REFUSED, INVALID_TENANT_ID: the organization's id is malformed.
        - REFUSED, EMAIL_MISSING_MESSAGE, EMAIL_AMBIGUOUS_MESSAGE: neither Html nor Template, or both.
        - REFUSED, INVALID_EMAIL_ADDRESS, INVALID_DISPLAY_NAME, INVALID_TAG: of the sender or the recipient; a tag.
        - REFUSED, EMAIL_MISSING_SUBJECT, EMAIL_MISSING_BODY, EMAIL_MISSING_TEMPLATE_ID: the content lacks it.
        - REFUSED, EMAIL_TEMPLATE_UNSUPPORTED: the gateway has no templates.
        - REFUSED, EMAIL_GATEWAY_REFUSED: the gateway refused it for good.
        - RETRY_LATER, EMAIL_GATEWAY_FAILED: the gateway is away or busy.
        - RETRY_LATER, DELIVERY_IN_PROGRESS: another call is sending it.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return self._call(DELIVER_EMAILS, request, timeout=timeout)

    def ListEmails(
        self, request: pb.ListEmailsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListEmailsResponse:
        """
        Lists the e-mails of all organizations, sent or not. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_ID (of
          the organization), INVALID_TAG.
        """
        return self._call(LIST_EMAILS, request, timeout=timeout)

    def DeliverAllEmails(
        self, request: pb.DeliverAllEmailsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllEmailsResponse:
        """
        Carries out everything pending of the queue of e-mails, one after the other in the order of queueing, each
        message once, and answers when nothing is pending except what failed. Testing builds only.
        """
        return self._call(DELIVER_ALL_EMAILS, request, timeout=timeout)

    def SearchEmails(
        self, request: pb.SearchEmailsRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchEmailsResponse:
        """
        Searches the e-mails of all organizations, sent or not. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_UNTIL
          (until_at is not after since_at), INVALID_ID (of the organization or the message), INVALID_TAG,
          INVALID_STATUS, INVALID_EMAIL_ADDRESS.
        """
        return self._call(SEARCH_EMAILS, request, timeout=timeout)

    def NotifyMailgunEvent(
        self, request: pb.NotifyMailgunEventRequest, *, timeout: float | None = None
    ) -> pb.NotifyMailgunEventResponse:
        """
        Takes a report of Mailgun: JSON with signature (timestamp, token, signature) and event-data. The signature is
        its credential, good for 5 minutes and once. Event delivered confirms the e-mail with that receipt; failed,
        unless it is temporary, notes its failure; complained tells those who queued it. Each event is processed once;
        an event that came before, other events and unknown receipts change nothing.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_WEBHOOK_BODY (the content is not JSON).
        - UNAUTHENTICATED, WEBHOOK_SIGNATURE_INVALID: the signature is missing or wrong, or this server knows no signing
          key.
        - UNAUTHENTICATED, WEBHOOK_STALE: it was signed more than 5 minutes from now.
        - UNAUTHENTICATED, WEBHOOK_REPLAYED: its token was seen before.
        """
        return self._call(NOTIFY_MAILGUN_EVENT, request, timeout=timeout)

    def ConfirmEmailDelivered(
        self, request: pb.ConfirmEmailDeliveredRequest, *, timeout: float | None = None
    ) -> pb.ConfirmEmailDeliveredResponse:
        """
        Notes that the gateway has delivered an e-mail, as a report of Mailgun would. What is delivered stays so; an
        e-mail of which a failure was reported before counts as delivered from now on. An unknown receipt changes
        nothing. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_RECEIPT_ID (empty, or too long), INVALID_DELIVERED_AT.
        """
        return self._call(CONFIRM_EMAIL_DELIVERED, request, timeout=timeout)

    def ConfirmEmailDeliveryFailed(
        self, request: pb.ConfirmEmailDeliveryFailedRequest, *, timeout: float | None = None
    ) -> pb.ConfirmEmailDeliveryFailedResponse:
        """
        Notes that the gateway could not deliver an e-mail, as a report of Mailgun would. The first failure counts, and
        none after the e-mail was delivered. An unknown receipt changes nothing. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_RECEIPT_ID (empty, or too long), INVALID_FAILED_AT,
          INVALID_REASON.
        """
        return self._call(CONFIRM_EMAIL_DELIVERY_FAILED, request, timeout=timeout)
