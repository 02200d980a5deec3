"""AuditsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.audits.v1 import audit_pb2, audits_service_pb2, audits_service_pb2_grpc

from server.kernel.clock import Clock
from server.kernel.deliveries.wire import to_proto
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.since import since_of, since_violations
from server.kernel.rpc.times import to_timestamp
from server.subdomains.ancillary.audits.application import AUDIT_ORDERING, AuditsApplication
from server.subdomains.ancillary.audits.domain import Audit


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
