"""SmsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.sms.v1 import sms_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

DELIVER_SMS = Method(
    "/tenantry.sms.v1.SmsService/DeliverSms",
    pb.DeliverSmsRequest,
    pb.DeliverSmsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
LIST_SMS = Method(
    "/tenantry.sms.v1.SmsService/ListSms",
    pb.ListSmsRequest,
    pb.ListSmsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
DELIVER_ALL_SMS = Method(
    "/tenantry.sms.v1.SmsService/DeliverAllSms",
    pb.DeliverAllSmsRequest,
    pb.DeliverAllSmsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
SEARCH_SMS = Method(
    "/tenantry.sms.v1.SmsService/SearchSms",
    pb.SearchSmsRequest,
    pb.SearchSmsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
NOTIFY_TWILIO_EVENT = Method(
    "/tenantry.sms.v1.SmsService/NotifyTwilioEvent",
    pb.NotifyTwilioEventRequest,
    pb.NotifyTwilioEventResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=False,
)
CONFIRM_SMS_DELIVERED = Method(
    "/tenantry.sms.v1.SmsService/ConfirmSmsDelivered",
    pb.ConfirmSmsDeliveredRequest,
    pb.ConfirmSmsDeliveredResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
CONFIRM_SMS_DELIVERY_FAILED = Method(
    "/tenantry.sms.v1.SmsService/ConfirmSmsDeliveryFailed",
    pb.ConfirmSmsDeliveryFailedRequest,
    pb.ConfirmSmsDeliveryFailedResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)


class SmsService:
    """SMS to people. Use cases queue them in their own transaction; the worker has them handed to the gateway here."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def DeliverSms(self, request: pb.DeliverSmsRequest, *, timeout: float | None = None) -> pb.DeliverSmsResponse:
        """
        Hands queued SMS to the gateway, at most ten at once. Messages are independent of each other. An SMS that was
        sent before is answered as delivered and not sent again.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID: the message id is absent, malformed or of another kind.
        - REFUSED, INVALID_TENANT_ID: the organization's id is malformed.
        - REFUSED, SMS_MISSING_MESSAGE: there is no Message.
        - REFUSED, INVALID_PHONE_NUMBER: the recipient's number is not a valid international one.
        - REFUSED, SMS_MISSING_BODY: it says nothing.
        - REFUSED, INVALID_TAG: a tag is not 3 to 100 letters, digits, underscores, dots and hyphens.
        - REFUSED, SMS_GATEWAY_REFUSED: the gateway refused it for good.
        - RETRY_LATER, SMS_GATEWAY_FAILED: the gateway is away or busy.
        - RETRY_LATER, DELIVERY_IN_PROGRESS: another call is sending it.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return await self._call(DELIVER_SMS, request, timeout=timeout)

    async def ListSms(
        self, request: pb.ListSmsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListSmsResponse:
        """
        Lists the SMS of all organizations, sent or not. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_ID (of
          the organization), INVALID_TAG.
        """
        return await self._call(LIST_SMS, request, timeout=timeout)

    async def DeliverAllSms(
        self, request: pb.DeliverAllSmsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllSmsResponse:
        """
        Carries out everything pending of the queue of SMS, one after the other in the order of queueing, each message
        once, and answers when nothing is pending except what failed. Testing builds only.
        """
        return await self._call(DELIVER_ALL_SMS, request, timeout=timeout)

    async def SearchSms(
        self, request: pb.SearchSmsRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchSmsResponse:
        """
        Searches the SMS of all organizations, sent or not. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_UNTIL
          (until_at is not after since_at), INVALID_ID (of the organization or the message), INVALID_TAG,
          INVALID_PHONE_NUMBER.
        """
        return await self._call(SEARCH_SMS, request, timeout=timeout)

    async def NotifyTwilioEvent(
        self, request: pb.NotifyTwilioEventRequest | None = None, *, timeout: float | None = None
    ) -> pb.NotifyTwilioEventResponse:
        """
        Takes a delivery report of Twilio: a form (application/x-www-form-urlencoded) with MessageSid, MessageStatus and
        what more Twilio sends. Its credential is the header X-Twilio-Signature; it is computed with the callback URL of
        the settings, whatever host the report was sent to. Status delivered confirms the SMS with that receipt; failed
        and undelivered note its failure. Each status of an SMS is processed once; later ones, other statuses and
        unknown receipts change nothing.

        Errors:
        - UNAUTHENTICATED, WEBHOOK_SIGNATURE_INVALID: the signature is missing or wrong, or this server knows no Twilio
          account.
        """
        return await self._call(NOTIFY_TWILIO_EVENT, request, timeout=timeout)

    async def ConfirmSmsDelivered(
        self, request: pb.ConfirmSmsDeliveredRequest, *, timeout: float | None = None
    ) -> pb.ConfirmSmsDeliveredResponse:
        """
        Notes that the gateway has delivered an SMS, as Twilio's webhook would. What is delivered stays so; an SMS of
        which a failure was reported before counts as delivered from now on. An unknown receipt changes nothing. Testing
        builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_RECEIPT_ID (empty, or too long), INVALID_DELIVERED_AT.
        """
        return await self._call(CONFIRM_SMS_DELIVERED, request, timeout=timeout)

    async def ConfirmSmsDeliveryFailed(
        self, request: pb.ConfirmSmsDeliveryFailedRequest, *, timeout: float | None = None
    ) -> pb.ConfirmSmsDeliveryFailedResponse:
        """
        Notes that the gateway could not deliver an SMS, as Twilio's webhook would. The first failure counts, and none
        after the SMS was delivered. An unknown receipt changes nothing. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_RECEIPT_ID (empty, or too long), INVALID_FAILED_AT,
          INVALID_REASON.
        """
        return await self._call(CONFIRM_SMS_DELIVERY_FAILED, request, timeout=timeout)


class SmsServiceSync:
    """SMS to people. Use cases queue them in their own transaction; the worker has them handed to the gateway here."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def DeliverSms(self, request: pb.DeliverSmsRequest, *, timeout: float | None = None) -> pb.DeliverSmsResponse:
        """
        Hands queued SMS to the gateway, at most ten at once. Messages are independent of each other. An SMS that was
        sent before is answered as delivered and not sent again.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID: the message id is absent, malformed or of another kind.
        - REFUSED, INVALID_TENANT_ID: the organization's id is malformed.
        - REFUSED, SMS_MISSING_MESSAGE: there is no Message.
        - REFUSED, INVALID_PHONE_NUMBER: the recipient's number is not a valid international one.
        - REFUSED, SMS_MISSING_BODY: it says nothing.
        - REFUSED, INVALID_TAG: a tag is not 3 to 100 letters, digits, underscores, dots and hyphens.
        - REFUSED, SMS_GATEWAY_REFUSED: the gateway refused it for good.
        - RETRY_LATER, SMS_GATEWAY_FAILED: the gateway is away or busy.
        - RETRY_LATER, DELIVERY_IN_PROGRESS: another call is sending it.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return self._call(DELIVER_SMS, request, timeout=timeout)

    def ListSms(self, request: pb.ListSmsRequest | None = None, *, timeout: float | None = None) -> pb.ListSmsResponse:
        """
        Lists the SMS of all organizations, sent or not. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_ID (of
          the organization), INVALID_TAG.
        """
        return self._call(LIST_SMS, request, timeout=timeout)

    def DeliverAllSms(
        self, request: pb.DeliverAllSmsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllSmsResponse:
        """
        Carries out everything pending of the queue of SMS, one after the other in the order of queueing, each message
        once, and answers when nothing is pending except what failed. Testing builds only.
        """
        return self._call(DELIVER_ALL_SMS, request, timeout=timeout)

    def SearchSms(
        self, request: pb.SearchSmsRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchSmsResponse:
        """
        Searches the SMS of all organizations, sent or not. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_UNTIL
          (until_at is not after since_at), INVALID_ID (of the organization or the message), INVALID_TAG,
          INVALID_PHONE_NUMBER.
        """
        return self._call(SEARCH_SMS, request, timeout=timeout)

    def NotifyTwilioEvent(
        self, request: pb.NotifyTwilioEventRequest | None = None, *, timeout: float | None = None
    ) -> pb.NotifyTwilioEventResponse:
        """
        Takes a delivery report of Twilio: a form (application/x-www-form-urlencoded) with MessageSid, MessageStatus and
        what more Twilio sends. Its credential is the header X-Twilio-Signature; it is computed with the callback URL of
        the settings, whatever host the report was sent to. Status delivered confirms the SMS with that receipt; failed
        and undelivered note its failure. Each status of an SMS is processed once; later ones, other statuses and
        unknown receipts change nothing.

        Errors:
        - UNAUTHENTICATED, WEBHOOK_SIGNATURE_INVALID: the signature is missing or wrong, or this server knows no Twilio
          account.
        """
        return self._call(NOTIFY_TWILIO_EVENT, request, timeout=timeout)

    def ConfirmSmsDelivered(
        self, request: pb.ConfirmSmsDeliveredRequest, *, timeout: float | None = None
    ) -> pb.ConfirmSmsDeliveredResponse:
        """
        Notes that the gateway has delivered an SMS, as Twilio's webhook would. What is delivered stays so; an SMS of
        which a failure was reported before counts as delivered from now on. An unknown receipt changes nothing. Testing
        builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_RECEIPT_ID (empty, or too long), INVALID_DELIVERED_AT.
        """
        return self._call(CONFIRM_SMS_DELIVERED, request, timeout=timeout)

    def ConfirmSmsDeliveryFailed(
        self, request: pb.ConfirmSmsDeliveryFailedRequest, *, timeout: float | None = None
    ) -> pb.ConfirmSmsDeliveryFailedResponse:
        """
        Notes that the gateway could not deliver an SMS, as Twilio's webhook would. The first failure counts, and none
        after the SMS was delivered. An unknown receipt changes nothing. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_RECEIPT_ID (empty, or too long), INVALID_FAILED_AT,
          INVALID_REASON.
        """
        return self._call(CONFIRM_SMS_DELIVERY_FAILED, request, timeout=timeout)
