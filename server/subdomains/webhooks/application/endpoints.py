"""What owners and operators do with endpoints."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import Violation
from server.kernel.events import DomainEvent
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.security.secrets import SecretKeys
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.webhooks.domain import (
    ATTEMPTS_KEPT,
    MOST_EVENTS,
    DisabledReason,
    WebhookEndpoint,
    unknown_event_types,
)
from server.subdomains.webhooks.errors import TooManyWebhookEndpoints, TooManyWebhookEvents
from server.subdomains.webhooks.queued import write_test, write_webhook
from server.subdomains.webhooks.reach import Reach
from server.subdomains.webhooks.repository.attempts import AttemptReader
from server.subdomains.webhooks.repository.endpoints import EndpointReader, EndpointRepository, endpoint_of
from server.subdomains.webhooks.repository.past import past_events
from server.subdomains.webhooks.signing import SECRET_PURPOSE, make_secret, written

ENDPOINT_ORDERING = Ordering(("created_at",), "created_at")
ATTEMPT_ORDERING = Ordering(("attempted_at",), "attempted_at desc")
HEALTH_ORDERING = Ordering(("created_at", "failing_since_at", "last_failed_at"), "created_at")


@dataclass(frozen=True, slots=True)
class WithSecret:
    """An endpoint and its new signing secret, which is shown this once."""

    endpoint: WebhookEndpoint
    signing_secret: str


class EndpointsApplication:
    """What can be done with endpoints."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        lists: Lists,
        secrets: SecretKeys,
        reach: Reach,
        subscription: str,
        public_events: Sequence[type[DomainEvent]],
        most_endpoints: int,
        audits: AuditsApi,
        usages: UsagesApi,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._endpoints = EndpointReader(reader)
        self._attempts = AttemptReader(reader)
        self._lists = lists
        self._secrets = secrets
        self._reach = reach
        self._subscription = subscription
        self.public_events = public_events
        self._most_endpoints = most_endpoints
        self._audits = audits
        self._usages = usages
        self._new_id = new_id
        self._now = now

    def violations(self, *, url: str | None, description: str, event_types: Sequence[str]) -> Iterator[Violation]:
        """What is wrong with the particulars of an endpoint."""
        if url is not None:
            yield from self._reach.violations_of_url(url)
        if not description.isprintable():
            yield Violation("description", "INVALID_DESCRIPTION", "must be on one line, without control characters")
        for place in unknown_event_types(event_types, self._known_names):
            yield Violation(f"event_types[{place}]", "INVALID_EVENT_TYPES", "is not a type of event that is sent")

    async def create_endpoint(
        self,
        *,
        organization_id: str,
        url: str,
        description: str,
        event_types: Sequence[str],
        start_at: datetime | None,
    ) -> WithSecret:
        """Have the events of an organization sent to an address, from now on or from earlier on."""
        now, secret, endpoint_id = self._now(), make_secret(), self._new_id("endpoint")
        endpoint = WebhookEndpoint.create(
            id=endpoint_id,
            organization_id=organization_id,
            url=url,
            description=description,
            event_types=event_types,
            secret=self._seal(endpoint_id, secret),
            now=now,
        )
        async with self._begin(organization_id) as uow:
            endpoints = EndpointRepository(uow, self._subscription)
            await endpoints.take_turn(organization_id)
            if await endpoints.count(organization_id) >= self._most_endpoints:
                raise TooManyWebhookEndpoints
            if start_at is not None:
                await self._send_past(uow, endpoint, start_at, now)
            await endpoints.add(endpoint)
            self._audit(uow, "Created", "Webhook endpoint {Id} was created", endpoint.id)
            self._usages.record(uow, "Webhook Endpoint Created", ResourceId=endpoint.id, TenantId=organization_id)
        return WithSecret(endpoint, written(secret))

    async def get_endpoint(self, *, organization_id: str, endpoint_id: str) -> WebhookEndpoint:
        """Find one endpoint."""
        return await self._endpoints.get(organization_id, endpoint_id)

    async def list_endpoints(self, *, organization_id: str, page: Page) -> Paged:
        """The endpoints of an organization."""
        rows = await self._endpoints.list_endpoints(organization_id, page)
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        return Paged([endpoint_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

    async def update_endpoint(
        self,
        *,
        organization_id: str,
        endpoint_id: str,
        url: str | None,
        description: str | None,
        event_types: Sequence[str],
        is_enabled: bool | None,
    ) -> WebhookEndpoint:
        """Change what is given."""
        async with self._begin(organization_id) as uow:
            endpoints = EndpointRepository(uow, self._subscription)
            await endpoints.take_turn(organization_id)
            endpoint = await endpoints.get(organization_id, endpoint_id)
            endpoint.change(url=url, description=description, event_types=event_types)
            if is_enabled:
                endpoint.enable()
            elif is_enabled is not None:
                endpoint.disable(DisabledReason.BY_OWNER, self._now())
            if endpoint.events:
                await endpoints.save(endpoint)
                self._audit(uow, "Changed", "Webhook endpoint {Id} was changed", endpoint.id)
        return endpoint

    async def delete_endpoint(self, *, organization_id: str, endpoint_id: str) -> None:
        """Send nothing more to an endpoint, and forget it."""
        async with self._begin(organization_id) as uow:
            endpoints = EndpointRepository(uow, self._subscription)
            await endpoints.take_turn(organization_id)
            endpoint = await endpoints.get(organization_id, endpoint_id)
            endpoint.delete()
            await endpoints.delete(endpoint)
            self._audit(uow, "Deleted", "Webhook endpoint {Id} was deleted", endpoint.id)

    async def rotate_secret(self, *, organization_id: str, endpoint_id: str) -> WithSecret:
        """Give an endpoint a new secret; the old one goes on signing for a while."""
        secret = make_secret()
        async with self._begin(organization_id) as uow:
            endpoints = EndpointRepository(uow, self._subscription)
            endpoint = await endpoints.get(organization_id, endpoint_id)
            endpoint.rotate_secret(self._seal(endpoint_id, secret), self._now())
            await endpoints.save(endpoint)
            self._audit(uow, "SecretRotated", "Webhook endpoint {Id} got a new secret", endpoint.id)
        return WithSecret(endpoint, written(secret))

    async def list_attempts(self, *, organization_id: str, endpoint_id: str, failed_only: bool, page: Page) -> Paged:
        """The attempts to deliver to an endpoint."""
        await self._endpoints.get(organization_id, endpoint_id)
        rows = await self._attempts.list_attempts(
            organization_id, endpoint_id, page, since_at=self._now() - ATTEMPTS_KEPT, failed_only=failed_only
        )
        return self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))

    async def send_test(self, *, organization_id: str, endpoint_id: str) -> str:
        """Send an event that never happened, and say which."""
        event_id = self._new_id("event")
        async with self._begin(organization_id) as uow:
            endpoint = await EndpointRepository(uow, self._subscription).get(organization_id, endpoint_id)
            endpoint.require_enabled()
            uow.deliver(write_test(endpoint.id, event_id, self._now()))
        return event_id

    async def replay_events(
        self, *, organization_id: str, endpoint_id: str, since_at: datetime, until_at: datetime | None
    ) -> int:
        """Send what has happened in some time once more, and say how much it was."""
        async with self._begin(organization_id) as uow:
            endpoint = await EndpointRepository(uow, self._subscription).get(organization_id, endpoint_id)
            endpoint.require_enabled()
            count = await self._send_past(uow, endpoint, since_at, until_at or self._now())
            template = "{Count} events were sent to webhook endpoint {Id} once more"
            self._audit(uow, "Replayed", template, str(count), endpoint.id)
        return count

    async def search_endpoints(self, *, organization_id: str | None, unwell_only: bool, page: Page) -> Paged:
        """How the endpoints of all organizations do, or those of one."""
        rows = await self._endpoints.search(page, organization_id=organization_id, unwell_only=unwell_only)
        return self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.endpoint_id))

    async def _send_past(
        self, uow: UnitOfWork, endpoint: WebhookEndpoint, since_at: datetime, until_at: datetime
    ) -> int:
        kinds = [kind for kind in self.public_events if endpoint.listens_to(kind.name)]
        found = await past_events(
            uow,
            organization_id=endpoint.organization_id,
            names=[name for kind in kinds for name in (kind.name, *kind.was)],
            since_at=since_at,
            until_at=until_at,
            size=MOST_EVENTS + 1,
        )
        if len(found) > MOST_EVENTS:
            raise TooManyWebhookEvents
        wanted = [happened for happened in found if endpoint.wants(happened)]
        for happened in wanted:
            uow.deliver(write_webhook(endpoint.id, happened))
        return len(wanted)

    @cached_property
    def _known_names(self) -> frozenset[str]:
        return frozenset(kind.name for kind in self.public_events)

    def _seal(self, endpoint_id: str, secret: bytes) -> bytes:
        return self._secrets.seal(SECRET_PURPOSE, secret, endpoint_id.encode())

    def _audit(self, uow: UnitOfWork, what: str, template: str, *arguments: str) -> None:
        self._audits.record(uow, f"WebhookEndpoint.{what}", template, *arguments)
