"""The aggregate: who pays for an organization, and what its billing provider has for it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent
from server.subdomains.subscriptions.domain.details import Details
from server.subdomains.subscriptions.errors import NotBuyerNorBillingAdmin
from server.subdomains.subscriptions.events import ProviderChanged, SubscriptionCreated

State = dict[str, str]


@dataclass(frozen=True, slots=True)
class Provider:
    """A billing provider, what it has for a subscription, and what it calls the two sides."""

    name: str
    state: State
    buyer_reference: str
    subscription_reference: str | None


@dataclass(slots=True, kw_only=True)
class Subscription:
    """The aggregate. Made by :meth:`create`, or by the repository from its row. Complete once it has a provider."""

    aggregate_type: ClassVar[str] = "Subscription"

    id: str
    organization_id: str
    buyer_id: str
    created_at: datetime
    details: Details
    provider: Provider | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def create(
        cls, *, id: str, organization_id: str, buyer_id: str, provider_name: str, details: Details, now: datetime
    ) -> "Subscription":
        """Begin the subscription of a new organization. *details* count until the provider has answered."""
        subscription = cls(id=id, organization_id=organization_id, buyer_id=buyer_id, created_at=now, details=details)
        subscription._happened(SubscriptionCreated, buyer_id=buyer_id, provider_name=provider_name)
        return subscription

    def change_provider(self, provider: Provider, details: Details) -> None:
        """Take what a provider has for it: at first, and when the provider is another one."""
        self._happened(
            ProviderChanged,
            from_provider_name=self.provider.name if self.provider else None,
            to_provider_name=provider.name,
            provider_state=provider.state,
            buyer_reference=provider.buyer_reference,
            subscription_reference=provider.subscription_reference,
        )
        self.provider, self.details = provider, details

    def check_viewer(self, user_id: str, *, is_billing_admin: bool) -> None:
        """
        Let the buyer and billing admins see it.

        Raises:
            NotBuyerNorBillingAdmin: It is somebody else.
        """
        if user_id != self.buyer_id and not is_billing_admin:
            raise NotBuyerNorBillingAdmin

    def _happened(self, event: type[DomainEvent], **facts: object) -> None:
        self.events.append(
            event(subscription_id=self.id, organization_id=self.organization_id, **facts)  # type: ignore[call-arg]
        )
