"""UsagesService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.usages.v1 import usage_pb2, usages_service_pb2, usages_service_pb2_grpc

from server.kernel.clock import Clock
from server.kernel.deliveries.wire import to_proto
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.since import since_of, since_violations, until_of, until_violations
from server.kernel.rpc.times import to_timestamp
from server.subdomains.ancillary.usages.application import USAGE_ORDERING, UsagesApplication
from server.subdomains.ancillary.usages.domain import KeptUsage, RecordKind, Search

_KINDS = {
    RecordKind.IDENTIFY: usage_pb2.USAGE_RECORD_KIND_IDENTIFY,
    RecordKind.TRACK: usage_pb2.USAGE_RECORD_KIND_TRACK,
}


class UsagesServicer(usages_service_pb2_grpc.UsagesServiceServicer):
    """Answers UsagesService. A ``check_`` method says what of a request is wrong besides what the contract says."""

    def __init__(self, application: UsagesApplication, lists: Lists, now: Clock) -> None:
        self._usages = application
        self._lists = lists
        self._now = now

    async def DeliverUsages(
        self, request: usages_service_pb2.DeliverUsagesRequest, context: Context
    ) -> usages_service_pb2.DeliverUsagesResponse:
        results = await self._usages.deliver_usages(request.messages)
        return usages_service_pb2.DeliverUsagesResponse(results=to_proto(results))

    async def DeliverAllUsages(
        self, request: usages_service_pb2.DeliverAllUsagesRequest, context: Context
    ) -> usages_service_pb2.DeliverAllUsagesResponse:
        delivered, failed = await self._usages.deliver_all_usages()
        return usages_service_pb2.DeliverAllUsagesResponse(delivered_count=delivered, failed_count=failed)

    def check_SearchUsages(self, request: usages_service_pb2.SearchUsagesRequest) -> Iterator[Violation]:
        yield from since_violations(request, self._now())
        yield from until_violations(request, self._now())
        yield from self._lists.violations(request, USAGE_ORDERING)

    async def SearchUsages(
        self, request: usages_service_pb2.SearchUsagesRequest, context: Context
    ) -> usages_service_pb2.SearchUsagesResponse:
        search = Search(
            since_at=since_of(request, self._now()),
            until_at=until_of(request),
            organization_id=request.organization_id,
            event_name=request.event_name,
            user_id=request.user_id,
        )
        found = await self._usages.search_usages(search, self._lists.page(request, USAGE_ORDERING))
        return usages_service_pb2.SearchUsagesResponse(
            usages=[_to_proto(usage) for usage in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )


def _to_proto(usage: KeptUsage) -> usage_pb2.Usage:
    return usage_pb2.Usage(
        id=usage.id,
        message_id=usage.message_id,
        kind=_KINDS[usage.kind],
        event_name=usage.event_name,
        user_id=usage.user_id,
        tenant=usage.tenant,
        properties=usage.properties,
        created_at=to_timestamp(usage.created_at),
    )
