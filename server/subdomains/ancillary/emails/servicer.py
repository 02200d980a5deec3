"""EmailsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.emails.v1 import email_pb2, emails_service_pb2, emails_service_pb2_grpc

from server.kernel import values
from server.kernel.clock import Clock
from server.kernel.deliveries.wire import to_proto
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.since import since_of, since_violations, until_of, until_violations
from server.kernel.rpc.times import to_datetime, to_timestamp
from server.subdomains.ancillary.dispatch import DispatchStatus
from server.subdomains.ancillary.emails.application.emails import EMAIL_ORDERING, EmailsApplication
from server.subdomains.ancillary.emails.application.reports import EmailReports
from server.subdomains.ancillary.emails.domain import EmailSearch, ListedEmail

_STATUSES = {
    DispatchStatus.CREATED: email_pb2.EMAIL_STATUS_CREATED,
    DispatchStatus.SENDING_FAILED: email_pb2.EMAIL_STATUS_SENDING_FAILED,
    DispatchStatus.SENT: email_pb2.EMAIL_STATUS_SENT,
    DispatchStatus.DELIVERED: email_pb2.EMAIL_STATUS_DELIVERED,
    DispatchStatus.DELIVERY_FAILED: email_pb2.EMAIL_STATUS_DELIVERY_FAILED,
}
_STATUSES_SOUGHT = {number: status for status, number in _STATUSES.items()}


class EmailsServicer(emails_service_pb2_grpc.EmailsServiceServicer):
    """Answers EmailsService. A ``check_`` method says what of a request is wrong besides what the contract says."""

    def __init__(self, emails: EmailsApplication, reports: EmailReports, lists: Lists, now: Clock) -> None:
        self._emails = emails
        self._reports = reports
        self._lists = lists
        self._now = now

    async def DeliverEmails(
        self, request: emails_service_pb2.DeliverEmailsRequest, context: Context
    ) -> emails_service_pb2.DeliverEmailsResponse:
        results = await self._emails.deliver_emails(request.messages)
        return emails_service_pb2.DeliverEmailsResponse(results=to_proto(results))

    def check_ListEmails(self, request: emails_service_pb2.ListEmailsRequest) -> Iterator[Violation]:
        yield from since_violations(request, self._now())
        yield from self._emails.violations_of_tags(request.tags)
        yield from self._lists.violations(request, EMAIL_ORDERING)

    async def ListEmails(
        self, request: emails_service_pb2.ListEmailsRequest, context: Context
    ) -> emails_service_pb2.ListEmailsResponse:
        search = EmailSearch(
            since_at=since_of(request, self._now()),
            organization_id=request.organization_id or None,
            tags=list(request.tags),
        )
        found = await self._emails.search_emails(search, self._lists.page(request, EMAIL_ORDERING))
        return emails_service_pb2.ListEmailsResponse(
            emails=[_to_proto(email) for email in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def DeliverAllEmails(
        self, request: emails_service_pb2.DeliverAllEmailsRequest, context: Context
    ) -> emails_service_pb2.DeliverAllEmailsResponse:
        delivered, failed = await self._emails.deliver_all_emails()
        return emails_service_pb2.DeliverAllEmailsResponse(delivered_count=delivered, failed_count=failed)

    def check_SearchEmails(self, request: emails_service_pb2.SearchEmailsRequest) -> Iterator[Violation]:
        yield from since_violations(request, self._now())
        yield from until_violations(request, self._now())
        yield from self._emails.violations_of_tags(request.tags)
        yield from self._emails.violations_of_recipient(request.to_email_address)
        yield from self._lists.violations(request, EMAIL_ORDERING)

    async def SearchEmails(
        self, request: emails_service_pb2.SearchEmailsRequest, context: Context
    ) -> emails_service_pb2.SearchEmailsResponse:
        search = EmailSearch(
            since_at=since_of(request, self._now()),
            until_at=until_of(request),
            organization_id=request.organization_id or None,
            tags=list(request.tags),
            status=_STATUSES_SOUGHT.get(request.status),
            to_email_address=values.email(request.to_email_address),
            message_id=request.message_id or None,
        )
        found = await self._emails.search_emails(search, self._lists.page(request, EMAIL_ORDERING))
        return emails_service_pb2.SearchEmailsResponse(
            emails=[_to_proto(email) for email in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def NotifyMailgunEvent(
        self, request: emails_service_pb2.NotifyMailgunEventRequest, context: Context
    ) -> emails_service_pb2.NotifyMailgunEventResponse:
        await self._reports.notify_mailgun_event(request.content.data)
        return emails_service_pb2.NotifyMailgunEventResponse()

    async def ConfirmEmailDelivered(
        self, request: emails_service_pb2.ConfirmEmailDeliveredRequest, context: Context
    ) -> emails_service_pb2.ConfirmEmailDeliveredResponse:
        delivered_at = to_datetime(request.delivered_at) if request.HasField("delivered_at") else None
        await self._reports.confirm_email_delivered(request.receipt_id, delivered_at)
        return emails_service_pb2.ConfirmEmailDeliveredResponse()

    async def ConfirmEmailDeliveryFailed(
        self, request: emails_service_pb2.ConfirmEmailDeliveryFailedRequest, context: Context
    ) -> emails_service_pb2.ConfirmEmailDeliveryFailedResponse:
        failed_at = to_datetime(request.failed_at) if request.HasField("failed_at") else None
        await self._reports.confirm_email_delivery_failed(request.receipt_id, failed_at, request.reason)
        return emails_service_pb2.ConfirmEmailDeliveryFailedResponse()


def _to_proto(email: ListedEmail) -> email_pb2.Email:
    delivery, details, dispatch = email.delivery, email.delivery.details, email.delivery.dispatch
    return email_pb2.Email(
        id=delivery.id,
        message_id=delivery.message_id,
        organization_id=delivery.organization_id,
        created_at=to_timestamp(delivery.created_at),
        attempted_at=[to_timestamp(instant) for instant in dispatch.attempted_at],
        status=_STATUSES[dispatch.status],
        subject=details.subject,
        body=email.body,
        to_email_address=details.to_email_address,
        to_display_name=details.to_display_name,
        tags=details.tags,
        is_sent=dispatch.is_sent,
        sent_at=to_timestamp(dispatch.sent_at) if dispatch.sent_at else None,
        is_delivered=dispatch.is_delivered,
        delivered_at=to_timestamp(dispatch.delivered_at) if dispatch.delivered_at else None,
        is_delivery_failed=dispatch.is_delivery_failed,
        delivery_failed_at=to_timestamp(dispatch.delivery_failed_at) if dispatch.delivery_failed_at else None,
        delivery_failed_reason=dispatch.delivery_failed_reason,
        receipt_id=dispatch.receipt_id,
        is_redacted=email.is_redacted,
    )
