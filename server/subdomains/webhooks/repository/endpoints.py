"""How endpoints are stored, and how the message bus knows whose events are wanted."""

from typing import Any

from sqlalchemy import Boolean, Text, bindparam, delete, exists, func, insert, not_, or_, select, update
from sqlalchemy.dialects import postgresql

from server.kernel import lists
from server.kernel.bus.tables import subscription_organization
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id
from server.kernel.deliveries.lanes import forget_lanes
from server.kernel.deliveries.messages import Queue
from server.kernel.lists import ListQuery, Page
from server.subdomains.webhooks import tables
from server.subdomains.webhooks.domain import Condition, SealedSecrets, WebhookEndpoint
from server.subdomains.webhooks.errors import WebhookEndpointNotFound
from server.subdomains.webhooks.queued import lane_of

_endpoint, _health, _listed = tables.endpoint.c, tables.health.c, subscription_organization.c
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
_SUBSCRIPTION = bindparam("subscription", type_=Text())
_UNWELL_ONLY = bindparam("unwell_only", type_=Boolean())

_WHOLE = select(tables.endpoint, _health.failing_since_at, _health.last_delivered_at, _health.rests_until).select_from(
    tables.endpoint.join(tables.health, _health.endpoint_id == _endpoint.id)
)
_FIND = _WHOLE.where(_endpoint.organization_id == _ORGANIZATION, _endpoint.id == bindparam("id"))
_LOCK = _FIND.with_for_update(of=tables.endpoint)
_ENABLED = _WHOLE.where(_endpoint.organization_id == _ORGANIZATION, _endpoint.disabled_at.is_(None))
_COUNT = select(func.count().label("count")).where(_endpoint.organization_id == _ORGANIZATION)
_TAKE_TURN = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("turn", type_=Text()), 0)).label("turn"))

_INSERT = insert(tables.endpoint)
_INSERT_HEALTH = insert(tables.health)
_CHANGING = (
    "url",
    "description",
    "event_types",
    "disabled_at",
    "disabled_reason",
    "secret",
    "old_secret",
    "old_secret_until",
    "version",
)
_SAVE = (
    update(tables.endpoint)
    .where(_endpoint.organization_id == _ORGANIZATION, _endpoint.id == bindparam("endpoint_id"))
    .values({name: bindparam(name) for name in _CHANGING})
)
_SAVE_HEALTH = (
    update(tables.health)
    .where(_health.endpoint_id == bindparam("id"))
    .values({name: bindparam(name) for name in ("disabled_at", "failing_since_at", "rests_until")})
)
_DELETE = delete(tables.endpoint).where(_endpoint.organization_id == _ORGANIZATION, _endpoint.id == bindparam("id"))
_IS_WANTED = exists().where(_endpoint.organization_id == _ORGANIZATION, _endpoint.disabled_at.is_(None))
_SUBSCRIBE = (
    postgresql.insert(subscription_organization)
    .from_select(["subscription", "organization_id"], select(_SUBSCRIPTION, _ORGANIZATION).where(_IS_WANTED))
    .on_conflict_do_nothing()
)
_UNSUBSCRIBE = delete(subscription_organization).where(
    _listed.subscription == _SUBSCRIPTION,
    _listed.organization_id == _ORGANIZATION,
    ~_IS_WANTED,
)

_LISTED = _WHOLE.where(_endpoint.organization_id == _ORGANIZATION).subquery("listed")
_LIST = ListQuery(_LISTED, columns={"created_at": _LISTED.c.created_at}, id=_LISTED.c.id)
_SEARCH = ListQuery(
    tables.health,
    or_(_ORGANIZATION.is_(None), _health.organization_id == _ORGANIZATION),
    or_(not_(_UNWELL_ONLY), _health.failing_since_at.is_not(None), _health.disabled_at.is_not(None)),
    columns={name: _health[name] for name in ("created_at", "failing_since_at", "last_failed_at")},
    id=_health.endpoint_id,
)


class EndpointRepository:
    """
    The endpoints of one organization, within one transaction.

    *subscription* is ours on the message bus: it is given the events of organizations that have an enabled endpoint.
    """

    def __init__(self, uow: UnitOfWork, subscription: str) -> None:
        self._uow = uow
        self._subscription = subscription

    async def take_turn(self, organization_id: str) -> None:
        """From here to the end of the transaction nobody else changes which endpoints the organization has."""
        await self._uow.fetch_one(_TAKE_TURN, {"turn": f"webhooks/{organization_id}"})

    async def count(self, organization_id: str) -> int:
        """How many endpoints the organization has."""
        row = await self._uow.fetch_one(_COUNT, {"organization_id": organization_id})
        return int(row.count) if row else 0

    async def list_enabled(self, organization_id: str) -> list[WebhookEndpoint]:
        """The endpoints to which events are sent."""
        return [_from_row(row) for row in await self._uow.fetch_all(_ENABLED, {"organization_id": organization_id})]

    async def get(self, organization_id: str, endpoint_id: str) -> WebhookEndpoint:
        """
        Load an endpoint and keep others from changing it until the end of the transaction.

        Raises:
            WebhookEndpointNotFound: The organization has no such endpoint.
        """
        row = await self._uow.fetch_one(_LOCK, {"organization_id": organization_id, "id": endpoint_id})
        if row is None:
            raise WebhookEndpointNotFound
        return _from_row(row)

    async def add(self, endpoint: WebhookEndpoint) -> None:
        """Insert a new endpoint and publish its events."""
        health = {
            "endpoint_id": endpoint.id,
            "organization_id": endpoint.organization_id,
            "created_at": endpoint.created_at,
            "swept_at": endpoint.created_at,
        }
        await self._uow.write(_INSERT, _to_row(endpoint))
        await self._uow.write(_INSERT_HEALTH, dict.fromkeys(tables.health.c.keys()) | health)
        await self._uow.publish(endpoint)
        await self._subscribe(endpoint.organization_id)

    async def save(self, endpoint: WebhookEndpoint) -> None:
        """Update a loaded endpoint and publish its events. What waits for a disabled one is dropped."""
        row = _to_row(endpoint)
        changes = {name: row[name] for name in _CHANGING}
        organization = {"organization_id": endpoint.organization_id}
        await self._uow.write(_SAVE, organization | {"endpoint_id": endpoint.id} | changes)
        health = {
            "failing_since_at": endpoint.condition.failing_since_at,
            "rests_until": endpoint.condition.rests_until,
        }
        await self._uow.write(_SAVE_HEALTH, {"id": endpoint.id, "disabled_at": endpoint.disabled_at} | health)
        await self._subscribe(endpoint.organization_id)
        await self._uow.publish(endpoint)
        if not endpoint.is_enabled:
            await forget_lanes(self._uow, Queue.WEBHOOKS, lane_of(endpoint.id))

    async def delete(self, endpoint: WebhookEndpoint) -> None:
        """Delete a loaded endpoint with all that belongs to it, and publish its events."""
        await self._uow.write(_DELETE, {"organization_id": endpoint.organization_id, "id": endpoint.id})
        await self._subscribe(endpoint.organization_id)
        await self._uow.publish(endpoint)
        await forget_lanes(self._uow, Queue.WEBHOOKS, lane_of(endpoint.id))

    async def _subscribe(self, organization_id: str) -> None:
        """Let the bus know whether the organization's events are wanted."""
        parameters = {"subscription": self._subscription, "organization_id": organization_id}
        for statement in (_SUBSCRIBE, _UNSUBSCRIBE):
            await self._uow.execute(statement, parameters)


class EndpointReader:
    """Reads of endpoints, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find(self, organization_id: str, endpoint_id: str) -> WebhookEndpoint | None:
        """Find an endpoint, if there is one."""
        row = await self._reader.fetch_one(_FIND, {"organization_id": organization_id, "id": endpoint_id})
        return None if row is None else _from_row(row)

    async def get(self, organization_id: str, endpoint_id: str) -> WebhookEndpoint:
        """
        Find an endpoint.

        Raises:
            WebhookEndpointNotFound: The organization has no such endpoint.
        """
        found = await self.find(organization_id, endpoint_id)
        if found is None:
            raise WebhookEndpointNotFound
        return found

    async def list_endpoints(self, organization_id: str, page: Page) -> list[Any]:
        """Rows of endpoints, one more than the page holds."""
        filters = {"organization_id": organization_id}
        return await self._reader.fetch_all(_LIST.of(page), filters | lists.after(page))

    async def search(self, page: Page, *, organization_id: str | None, unwell_only: bool) -> list[Any]:
        """Rows of how endpoints do, one more than the page holds."""
        filters = {"organization_id": organization_id, "unwell_only": unwell_only}
        return await self._reader.fetch_all(_SEARCH.of(page), filters | lists.after(page))


def endpoint_of(row: Any) -> WebhookEndpoint:
    """The endpoint that a row of a list stands for."""
    return _from_row(row)


def _to_row(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "organization_id": endpoint.organization_id,
        "id": endpoint.id,
        "created_at": endpoint.created_at,
        "url": endpoint.url,
        "description": endpoint.description,
        "event_types": endpoint.event_types,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
        "secret": endpoint.secrets.current,
        "old_secret": endpoint.secrets.old,
        "old_secret_until": endpoint.secrets.old_until,
        "version": endpoint.version + len(endpoint.events),
    }


def _from_row(row: Any) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=row.id,
        organization_id=row.organization_id,
        created_at=row.created_at,
        url=row.url,
        description=row.description,
        event_types=row.event_types,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
        secrets=SealedSecrets(row.secret, row.old_secret, row.old_secret_until),
        condition=Condition(row.failing_since_at, row.last_delivered_at, row.rests_until),
        version=row.version,
    )
