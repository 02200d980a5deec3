"""
What a usage says to an analytics service: who somebody is, and what they did.

A product speaks of its own events; an analytics service knows two kinds of records, for a user within a tenant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from server.subdomains.ancillary.usages.errors import UsageMissingEventName, UsageMissingForId
from server.subdomains.ancillary.usages.user_agents import describe

_USER_OVERRIDE = "UserIdOverride"
_TENANT_OVERRIDE = "TenantIdOverride"
_DEFAULT_ORGANIZATION = "DefaultOrganizationId"
_RESOURCE = "ResourceId"
_DROPPED = frozenset({_USER_OVERRIDE, _TENANT_OVERRIDE, _DEFAULT_ORGANIZATION})
_NO_TENANT = "platform"
_NO_USER = "anonymous"
_ANONYMOUS_ID = "user_" + "0" * 26

_OF_ORGANIZATIONS = frozenset({"Organization Created", "Organization Updated"})
# Those whose name is that of an organization, and not of somebody.
_NAMING_ORGANIZATIONS = _OF_ORGANIZATIONS | {"Membership Added"}
_ALSO_OF_DEFAULT_ORGANIZATION = frozenset({"User Login", "User Profile Updated"})
# The properties, of each group one, that let an event say who somebody is.
_IDENTIFYING: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "User Login": ((_USER_OVERRIDE,),),
    "User Registration Created": ((_RESOURCE,),),
    "Machine Registered": ((_RESOURCE,),),
    "User Profile Updated": ((_RESOURCE,), ("Name", "EmailAddress")),
    "Organization Created": ((_RESOURCE,),),
    "Organization Updated": ((_RESOURCE,),),
    "Membership Added": ((_RESOURCE,), (_TENANT_OVERRIDE,)),
    "Membership Changed": ((_RESOURCE,), (_TENANT_OVERRIDE,)),
}


class RecordKind(StrEnum):
    """Whether a record says who somebody is, or what they did."""

    IDENTIFY = "identify"
    TRACK = "track"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Somebody did something. Made by :meth:`receive`."""

    key: UUID
    queued_at: datetime
    organization_id: str | None
    for_id: str
    event_name: str
    properties: Mapping[str, str]

    @classmethod
    def receive(
        cls,
        *,
        key: UUID,
        queued_at: datetime,
        organization_id: str | None,
        origin_region: str,
        for_id: str,
        event_name: str,
        additional: Mapping[str, str],
    ) -> "Usage":
        """
        Take a usage as it was queued.

        Raises:
            UsageMissingForId: It does not say who.
            UsageMissingEventName: It does not say what.
        """
        if not for_id.strip():
            raise UsageMissingForId
        if not event_name.strip():
            raise UsageMissingEventName
        return cls(
            key=key,
            queued_at=queued_at,
            organization_id=organization_id,
            for_id=for_id,
            event_name=event_name,
            properties={"Region": origin_region, **additional},
        )

    @property
    def user_id(self) -> str:
        """Who did it, as analytics knows them."""
        user_id = self.properties.get(_USER_OVERRIDE) or self.for_id
        return _NO_USER if user_id == _ANONYMOUS_ID else user_id

    @property
    def tenant(self) -> str:
        """Where it was done, as analytics knows it."""
        if self.event_name in _OF_ORGANIZATIONS and self.properties.get(_RESOURCE):
            return self.properties[_RESOURCE]
        overridden = self.properties.get(_TENANT_OVERRIDE) or self.properties.get("TenantId")
        return overridden or self.organization_id or _NO_TENANT

    @property
    def is_identifying(self) -> bool:
        """Whether it says who somebody is."""
        groups = _IDENTIFYING.get(self.event_name)
        return groups is not None and all(any(self.properties.get(name) for name in group) for group in groups)

    def records(self) -> Iterator["UsageRecord"]:
        """What analytics is told, in this order."""
        kinds = [RecordKind.IDENTIFY, RecordKind.TRACK] if self.is_identifying else [RecordKind.TRACK]
        tenants = [self.tenant]
        default = self.properties.get(_DEFAULT_ORGANIZATION)
        if default and self.is_identifying and self.event_name in _ALSO_OF_DEFAULT_ORGANIZATION:
            tenants.append(default)
        told = _translate(self.properties)
        for position, (tenant, kind) in enumerate((tenant, kind) for tenant in tenants for kind in kinds):
            yield UsageRecord(
                key=self.key,
                position=position,
                created_at=self.queued_at,
                kind=kind,
                event_name=self.event_name,
                user_id=self.user_id,
                tenant=tenant,
                properties=told,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """One thing that analytics is told: unique by the key of the message and the position in what it says."""

    key: UUID
    position: int
    created_at: datetime
    kind: RecordKind
    event_name: str
    user_id: str
    tenant: str
    properties: Mapping[str, str]

    @property
    def names_its_tenant(self) -> bool:
        """Whether what it says of a name is said of the organization, and not of the user."""
        return self.event_name in _NAMING_ORGANIZATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUsage:
    """A record as the local store has it."""

    id: str
    message_id: str
    created_at: datetime
    kind: RecordKind
    event_name: str
    user_id: str
    tenant: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which usages are looked for. ``None`` and an empty text let all through."""

    since_at: datetime
    until_at: datetime | None
    organization_id: str
    event_name: str
    user_id: str


def _translate(properties: Mapping[str, str]) -> dict[str, str]:
    told = {name: value for name, value in properties.items() if name not in _DROPPED}
    user_agent = told.pop("UserAgent", None)
    return told if user_agent is None else told | describe(user_agent)
