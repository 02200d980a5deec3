"""SmsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.sms.v1 import sms_pb2, sms_service_pb2, sms_service_pb2_grpc

from server.kernel import values
from server.kernel.access.caller import current_call
from server.kernel.clock import Clock
from server.kernel.deliveries.wire import to_proto
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.since import since_of, since_violations, until_of, until_violations
from server.kernel.rpc.times import to_datetime, to_timestamp
from server.subdomains.ancillary.dispatch import DispatchStatus
from server.subdomains.ancillary.sms.application.reports import SmsReports
from server.subdomains.ancillary.sms.application.sms import SMS_ORDERING, SmsApplication
from server.subdomains.ancillary.sms.domain import ListedSms, SmsSearch

_STATUSES = {
    DispatchStatus.CREATED: sms_pb2.SMS_STATUS_CREATED,
    DispatchStatus.SENDING_FAILED: sms_pb2.SMS_STATUS_SENDING_FAILED,
    DispatchStatus.SENT: sms_pb2.SMS_STATUS_SENT,
    DispatchStatus.DELIVERED: sms_pb2.SMS_STATUS_DELIVERED,
    DispatchStatus.DELIVERY_FAILED: sms_pb2.SMS_STATUS_DELIVERY_FAILED,
}
_STATUS_OF = {number: status for status, number in _STATUSES.items()}
_TWILIO_SIGNATURE = "x-twilio-signature"


class SmsServicer(sms_service_pb2_grpc.SmsServiceServicer):
    """Answers SmsService. A ``check_`` method says what of a request is wrong besides what the contract says."""

    def __init__(self, application: SmsApplication, reports: SmsReports, lists: Lists, now: Clock) -> None:
        self._sms = application
        self._reports = reports
        self._lists = lists
        self._now = now

    async def DeliverSms(
        self, request: sms_service_pb2.DeliverSmsRequest, context: Context
    ) -> sms_service_pb2.DeliverSmsResponse:
        results = await self._sms.deliver_sms(request.messages)
        return sms_service_pb2.DeliverSmsResponse(results=to_proto(results))

    def check_ListSms(self, request: sms_service_pb2.ListSmsRequest) -> Iterator[Violation]:
        yield from since_violations(request, self._now())
        yield from self._sms.violations_of_tags(request.tags)
        yield from self._lists.violations(request, SMS_ORDERING)

    async def ListSms(
        self, request: sms_service_pb2.ListSmsRequest, context: Context
    ) -> sms_service_pb2.ListSmsResponse:
        search = SmsSearch(
            since_at=since_of(request, self._now()),
            organization_id=request.organization_id or None,
            tags=list(request.tags),
        )
        found = await self._sms.search_sms(search, self._lists.page(request, SMS_ORDERING))
        return sms_service_pb2.ListSmsResponse(
            smses=[_to_proto(sms) for sms in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def DeliverAllSms(
        self, request: sms_service_pb2.DeliverAllSmsRequest, context: Context
    ) -> sms_service_pb2.DeliverAllSmsResponse:
        delivered, failed = await self._sms.deliver_all_sms()
        return sms_service_pb2.DeliverAllSmsResponse(delivered_count=delivered, failed_count=failed)

    def check_SearchSms(self, request: sms_service_pb2.SearchSmsRequest) -> Iterator[Violation]:
        yield from since_violations(request, self._now())
        yield from until_violations(request, self._now())
        yield from self._sms.violations_of_tags(request.tags)
        yield from self._sms.violations_of_recipient(request.to_phone_number)
        yield from self._lists.violations(request, SMS_ORDERING)

    async def SearchSms(
        self, request: sms_service_pb2.SearchSmsRequest, context: Context
    ) -> sms_service_pb2.SearchSmsResponse:
        search = SmsSearch(
            since_at=since_of(request, self._now()),
            until_at=until_of(request),
            organization_id=request.organization_id or None,
            tags=list(request.tags),
            status=_STATUS_OF.get(request.status),
            to_phone_number=values.phone(request.to_phone_number),
            message_id=request.message_id or None,
        )
        found = await self._sms.search_sms(search, self._lists.page(request, SMS_ORDERING))
        return sms_service_pb2.SearchSmsResponse(
            smses=[_to_proto(sms) for sms in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def NotifyTwilioEvent(
        self, request: sms_service_pb2.NotifyTwilioEventRequest, context: Context
    ) -> sms_service_pb2.NotifyTwilioEventResponse:
        signature = str(current_call().metadata.get(_TWILIO_SIGNATURE, ""))
        await self._reports.notify_twilio_event(request.content.data, signature)
        return sms_service_pb2.NotifyTwilioEventResponse()

    async def ConfirmSmsDelivered(
        self, request: sms_service_pb2.ConfirmSmsDeliveredRequest, context: Context
    ) -> sms_service_pb2.ConfirmSmsDeliveredResponse:
        delivered_at = to_datetime(request.delivered_at) if request.HasField("delivered_at") else None
        await self._reports.confirm_sms_delivered(request.receipt_id, delivered_at)
        return sms_service_pb2.ConfirmSmsDeliveredResponse()

    async def ConfirmSmsDeliveryFailed(
        self, request: sms_service_pb2.ConfirmSmsDeliveryFailedRequest, context: Context
    ) -> sms_service_pb2.ConfirmSmsDeliveryFailedResponse:
        failed_at = to_datetime(request.failed_at) if request.HasField("failed_at") else None
        await self._reports.confirm_sms_delivery_failed(request.receipt_id, failed_at, request.reason)
        return sms_service_pb2.ConfirmSmsDeliveryFailedResponse()


def _to_proto(sms: ListedSms) -> sms_pb2.Sms:
    delivery, dispatch = sms.delivery, sms.delivery.dispatch
    return sms_pb2.Sms(
        id=delivery.id,
        message_id=delivery.message_id,
        organization_id=delivery.organization_id,
        created_at=to_timestamp(delivery.created_at),
        attempted_at=[to_timestamp(instant) for instant in dispatch.attempted_at],
        status=_STATUSES[dispatch.status],
        body=sms.body,
        to_phone_number=delivery.to_phone_number,
        tags=delivery.tags,
        is_sent=dispatch.is_sent,
        sent_at=_instant(dispatch.sent_at),
        is_delivered=dispatch.is_delivered,
        delivered_at=_instant(dispatch.delivered_at),
        is_delivery_failed=dispatch.is_delivery_failed,
        delivery_failed_at=_instant(dispatch.delivery_failed_at),
        delivery_failed_reason=dispatch.delivery_failed_reason,
        receipt_id=dispatch.receipt_id,
        is_redacted=sms.is_redacted,
    )


def _instant(value: datetime | None) -> Timestamp | None:
    return None if value is None else to_timestamp(value)
