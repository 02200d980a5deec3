"""EmailsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.emails.v1 import email_pb2, emails_service_pb2, emails_service_pb2_grpc

from server.kernel.clock import Clock
from server.kernel.deliveries.wire import to_proto
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.since import since_of, since_violations
from server.kernel.rpc.times import to_timestamp
from server.subdomains.ancillary.emails.application import EMAIL_ORDERING, EmailsApplication
from server.subdomains.ancillary.emails.domain import EmailStatus, ListedEmail

_STATUSES = {
    EmailStatus.CREATED: email_pb2.EMAIL_STATUS_CREATED,
    EmailStatus.SENDING_FAILED: email_pb2.EMAIL_STATUS_SENDING_FAILED,
    EmailStatus.SENT: email_pb2.EMAIL_STATUS_SENT,
}


class EmailsServicer(emails_service_pb2_grpc.EmailsServiceServicer):
    """Answers EmailsService. A ``check_`` method says what of a request is wrong besides what the contract says."""

    def __init__(self, application: EmailsApplication, lists: Lists, now: Clock) -> None:
        self._emails = application
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
        found = await self._emails.list_emails(
            since_at=since_of(request, self._now()),
            organization_id=request.organization_id or None,
            tags=request.tags,
            page=self._lists.page(request, EMAIL_ORDERING),
        )
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


def _to_proto(email: ListedEmail) -> email_pb2.Email:
    delivery, details = email.delivery, email.delivery.details
    return email_pb2.Email(
        id=delivery.id,
        message_id=delivery.message_id,
        organization_id=delivery.organization_id,
        created_at=to_timestamp(delivery.created_at),
        attempted_at=[to_timestamp(instant) for instant in delivery.attempted_at],
        status=_STATUSES[delivery.status],
        subject=details.subject,
        body=email.body,
        to_email_address=details.to_email_address,
        to_display_name=details.to_display_name,
        tags=details.tags,
        is_sent=delivery.is_sent,
        sent_at=to_timestamp(delivery.sent_at) if delivery.sent_at else None,
        receipt_id=delivery.receipt_id,
        is_redacted=email.is_redacted,
    )
