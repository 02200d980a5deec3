"""What others may learn of webhooks. Never an address: it may hold secrets of its owner."""

from dataclasses import dataclass
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointCreated(DomainEvent):
    """An organization has events sent to a new endpoint."""

    name: ClassVar[str] = "webhooks.endpoint_created.v1"
    is_public: ClassVar[bool] = True

    endpoint_id: str
    organization_id: str
    event_types: list[str]  # names, all of one kind such as `cars.*`, or `*`


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChanged(DomainEvent):
    """The address, the description or the event types of an endpoint were changed."""

    name: ClassVar[str] = "webhooks.endpoint_changed.v1"
    is_public: ClassVar[bool] = True

    endpoint_id: str
    organization_id: str
    event_types: list[str]  # names, all of one kind such as `cars.*`, or `*`


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointEnabled(DomainEvent):
    """An endpoint gets events again."""

    name: ClassVar[str] = "webhooks.endpoint_enabled.v1"
    is_public: ClassVar[bool] = True

    endpoint_id: str
    organization_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDisabled(DomainEvent):
    """An endpoint gets no more events: an owner said so, it answered 410 Gone, or it failed for five days."""

    name: ClassVar[str] = "webhooks.endpoint_disabled.v1"
    is_public: ClassVar[bool] = True

    endpoint_id: str
    organization_id: str
    reason: str  # `by_owner`, `gone` or `failing`


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSecretRotated(DomainEvent):
    """An endpoint has a new signing secret."""

    name: ClassVar[str] = "webhooks.endpoint_secret_rotated.v1"
    is_public: ClassVar[bool] = True

    endpoint_id: str
    organization_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDeleted(DomainEvent):
    """An endpoint is gone."""

    name: ClassVar[str] = "webhooks.endpoint_deleted.v1"
    is_public: ClassVar[bool] = True

    endpoint_id: str
    organization_id: str
