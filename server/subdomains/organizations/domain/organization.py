"""The aggregate: a tenant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from server.kernel.access.roles import Ownership
from server.kernel.events import DomainEvent
from server.subdomains.organizations.domain.setting import Setting
from server.subdomains.organizations.events import (
    BillingSubscribed,
    OrganizationCreated,
    OrganizationMembershipAdded,
    SettingCreated,
    SettingUpdated,
)

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class BillingSubscriber:
    """Who pays, and by which subscription."""

    subscription_id: str
    subscriber_id: str


@dataclass(slots=True, kw_only=True)
class Organization:
    """The aggregate. Made by :meth:`create`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "Organization"

    id: str
    created_at: datetime
    name: str
    ownership: Ownership
    created_by_id: str
    host_region: str
    billing_subscriber: BillingSubscriber | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def create(
        cls,
        *,
        id: str,
        name: str,
        ownership: Ownership,
        created_by_id: str,
        host_region: str,
        settings: Sequence[Setting],
        now: datetime,
    ) -> "Organization":
        """Begin an organization. Its creator joins, and its subscription comes, as others react."""
        organization = cls(
            id=id,
            created_at=now,
            name=name,
            ownership=ownership,
            created_by_id=created_by_id,
            host_region=host_region,
        )
        organization._happened(
            OrganizationCreated,
            organization_name=name,
            ownership=ownership.value,
            created_by_id=created_by_id,
            host_region=host_region,
        )
        for setting in settings:
            organization._happened(SettingCreated, **_facts_of(setting))
        return organization

    def change_settings(self, known: Mapping[str, Setting], settings: Sequence[Setting]) -> list[Setting]:
        """Add and replace settings, given the *known* ones. Says which are not as they were."""
        given = {setting.name: setting for setting in settings}
        changed = [setting for setting in given.values() if known.get(setting.name) != setting]
        for setting in changed:
            former = known.get(setting.name)
            if former is None:
                self._happened(SettingCreated, **_facts_of(setting))
            else:
                # What is a secret now may have been one before anybody said so.
                is_secret = former.is_encrypted or setting.is_encrypted
                from_value = None if is_secret else former.value
                facts = _facts_of(setting) | {"from_type": former.type.value, "from_value": from_value}
                self._happened(SettingUpdated, **facts)
        return changed

    def add_member(self, user_id: str) -> None:
        """Take note of a new member."""
        self._happened(OrganizationMembershipAdded, user_id=user_id)

    def subscribe(self, subscriber: BillingSubscriber) -> None:
        """Take note of who pays."""
        self.billing_subscriber = subscriber
        self._happened(
            BillingSubscribed,
            subscription_id=subscriber.subscription_id,
            subscriber_id=subscriber.subscriber_id,
        )

    def _happened(self, event: type[DomainEvent], **facts: object) -> None:
        self.events.append(event(organization_id=self.id, **facts))  # type: ignore[call-arg]


def _facts_of(setting: Setting) -> dict[str, object]:
    return {
        "setting_name": setting.name,
        "type": setting.type.value,
        "is_encrypted": setting.is_encrypted,
        "value": None if setting.is_encrypted else setting.value,
    }
