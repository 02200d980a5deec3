"""Changes of the tier of a subscription, which no operation makes yet."""

from dataclasses import dataclass, field
from typing import ClassVar

from server.kernel import ids
from server.kernel.events import DomainEvent
from server.subdomains.subscriptions.events import ProviderChanged
from tests.harness import Running


@dataclass(slots=True, kw_only=True)
class _Subscription:
    """The subscription of an organization, whose state somebody else has changed."""

    aggregate_type: ClassVar[str] = "Subscription"

    id: str
    version: int
    events: list[DomainEvent] = field(default_factory=list)


async def change_tier(server: Running, organization_id: str, tier: str) -> None:
    """Put an organization's subscription on another tier, and say so."""
    [row] = await server.rows(
        "UPDATE subscriptions.subscription SET tier = $2, status = $3, version = version + 1 "
        "WHERE organization_id = $1 RETURNING id, version",
        ids.decode("org", organization_id),
        tier,
        "unsubscribed" if tier == "unsubscribed" else "activated",
    )
    subscription = _Subscription(id=ids.encode("billsub", row["id"]), version=row["version"] - 1)
    subscription.events.append(
        ProviderChanged(
            subscription_id=subscription.id,
            organization_id=organization_id,
            to_provider_name="simple",
            provider_state={},
            buyer_reference="",
        )
    )
    async with server.app.platform.begin(organization_id) as uow:
        await uow.publish(subscription)
