"""AuditsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from tenantry.audits.v1 import audit_pb2, audits_service_pb2, audits_service_pb2_grpc

from server.kernel.clock import Clock
from server.kernel.deliveries.wire import to_proto
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context, StreamContext
from server.kernel.rpc.since import since_of, since_violations, until_of, until_violations
from server.kernel.rpc.times import to_timestamp
from server.subdomains.ancillary.audits.application import AUDIT_ORDERING, AuditsApplication
from server.subdomains.ancillary.audits.domain import Audit, Search


class AuditsServicer(audits_service_pb2_grpc.AuditsServiceServicer):
    """Answers AuditsService. A ``check_`` method says what of a request is wrong besides what the contract says."""

    def __init__(self, application: AuditsApplication, lists: Lists, now: Clock) -> None:
        self._audits = application
        self._lists = lists
        self._now = now

    async def DeliverAudits(
        self, request: audits_service_pb2.DeliverAuditsRequest, context: Context
    ) -> audits_service_pb2.DeliverAuditsResponse:
        results = await self._audits.deliver_audits(request.messages)
        return audits_service_pb2.DeliverAuditsResponse(results=to_proto(results))

    def check_ListAudits(self, request: audits_service_pb2.ListAuditsRequest) -> Iterator[Violation]:
        yield from since_violations(request, self._now())
        yield from self._lists.violations(request, AUDIT_ORDERING)

    async def ListAudits(
        self, request: audits_service_pb2.ListAuditsRequest, context: Context
    ) -> audits_service_pb2.ListAuditsResponse:
        found = await self._audits.list_audits(
            since_at=since_of(request, self._now()),
            organization_id=request.organization_id or None,
            page=self._lists.page(request, AUDIT_ORDERING),
        )
        return audits_service_pb2.ListAuditsResponse(
            audits=[_to_proto(audit) for audit in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def DeliverAllAudits(
        self, request: audits_service_pb2.DeliverAllAuditsRequest, context: Context
    ) -> audits_service_pb2.DeliverAllAuditsResponse:
        delivered, failed = await self._audits.deliver_all_audits()
        return audits_service_pb2.DeliverAllAuditsResponse(delivered_count=delivered, failed_count=failed)

    def check_SearchAudits(self, request: audits_service_pb2.SearchAuditsRequest) -> Iterator[Violation]:
        yield from since_violations(request, self._now())
        yield from until_violations(request, self._now())
        yield from self._lists.violations(request, AUDIT_ORDERING)

    async def SearchAudits(
        self, request: audits_service_pb2.SearchAuditsRequest, context: Context
    ) -> audits_service_pb2.SearchAuditsResponse:
        found = await self._audits.search_audits(
            _to_search(request, self._now()), self._lists.page(request, AUDIT_ORDERING)
        )
        return audits_service_pb2.SearchAuditsResponse(
            audits=[_to_proto(audit) for audit in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    def check_ExportAudits(self, request: audits_service_pb2.ExportAuditsRequest) -> Iterator[Violation]:
        yield from since_violations(request, self._now())
        yield from until_violations(request, self._now())
        yield from self._lists.token_violations(request)

    async def ExportAudits(
        self, request: audits_service_pb2.ExportAuditsRequest, context: StreamContext
    ) -> AsyncIterator[audits_service_pb2.ExportAuditsResponse]:
        search = _to_search(request, self._now())
        async for audits, position in self._audits.export_audits(search, self._lists.after(request)):
            yield audits_service_pb2.ExportAuditsResponse(
                audits=[_to_proto(audit) for audit in audits],
                next_page_token=self._lists.token(request, position),
            )
        yield audits_service_pb2.ExportAuditsResponse()


def _to_search(
    request: audits_service_pb2.SearchAuditsRequest | audits_service_pb2.ExportAuditsRequest, now: datetime
) -> Search:
    return Search(
        since_at=since_of(request, now),
        until_at=until_of(request),
        organization_id=request.organization_id or None,
        against_id=request.against_id,
        audit_code=request.audit_code,
        host_region=request.host_region,
    )


def _to_proto(audit: Audit) -> audit_pb2.Audit:
    return audit_pb2.Audit(
        id=audit.id,
        created_at=to_timestamp(audit.created_at),
        organization_id=audit.organization_id,
        against_id=audit.against_id,
        audit_code=audit.audit_code,
        message_template=audit.message_template,
        template_arguments=audit.template_arguments,
        host_region=audit.host_region,
    )
