"""What others may learn of organizations."""

from dataclasses import dataclass
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationCreated(DomainEvent):
    """There is a new organization."""

    name: ClassVar[str] = "organizations.organization_created.v1"
    is_public: ClassVar[bool] = True

    organization_id: str
    organization_name: str
    ownership: str
    created_by_id: str
    host_region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingCreated(DomainEvent):
    """The organization has a new setting. A value that is encrypted is left out."""

    name: ClassVar[str] = "organizations.setting_created.v1"

    organization_id: str
    setting_name: str
    type: str
    is_encrypted: bool
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingUpdated(DomainEvent):
    """A setting of the organization has another value. One that is encrypted is left out."""

    name: ClassVar[str] = "organizations.setting_updated.v1"

    organization_id: str
    setting_name: str
    type: str
    is_encrypted: bool
    value: str | None = None
    from_type: str
    from_value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationMembershipAdded(DomainEvent):
    """The organization has a new member."""

    name: ClassVar[str] = "organizations.organization_membership_added.v1"
    is_public: ClassVar[bool] = True

    organization_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingSubscribed(DomainEvent):
    """The organization is billed by a subscription."""

    name: ClassVar[str] = "organizations.billing_subscribed.v1"

    organization_id: str
    subscription_id: str
    subscriber_id: str
