"""What others may learn of subscriptions."""

from dataclasses import dataclass
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCreated(DomainEvent):
    """An organization has a subscription."""

    name: ClassVar[str] = "subscriptions.subscription_created.v1"
    is_public: ClassVar[bool] = True

    subscription_id: str
    organization_id: str
    buyer_id: str
    provider_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderChanged(DomainEvent):
    """Another billing provider keeps the subscription, or the first one."""

    name: ClassVar[str] = "subscriptions.provider_changed.v1"

    subscription_id: str
    organization_id: str
    from_provider_name: str | None = None
    to_provider_name: str
    provider_state: dict[str, str]
    buyer_reference: str
    subscription_reference: str | None = None
