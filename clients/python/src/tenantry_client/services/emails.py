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
        Hands queued e-mails to the gateway. Messages are independent of each other. An e-mail that was sent before is
        answered as delivered and not sent again.

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
        Hands queued e-mails to the gateway. Messages are independent of each other. An e-mail that was sent before is
        answered as delivered and not sent again.

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
