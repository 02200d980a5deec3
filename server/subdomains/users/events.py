"""What others may learn of users. Roles and features bear the names that tokens give them, included ones too."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from typing_extensions import TypedDict

from server.kernel.events import DomainEvent


class RegisteredProfile(TypedDict):
    """The personal details that were given at registration. Unknown preferences are left to the profile."""

    first_name: str
    last_name: str | None
    timezone: str | None
    locale: str | None
    country_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUserCreated(DomainEvent):
    """There is a new user, who cannot do anything yet."""

    name: ClassVar[str] = "users.end_user_created.v1"

    user_id: str
    classification: str
    access: str
    status: str
    host_region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUserRegistered(DomainEvent):
    """The user can use the product."""

    name: ClassVar[str] = "users.end_user_registered.v1"

    user_id: str
    classification: str
    access: str
    status: str
    roles: list[str]
    features: list[str]
    username: str | None = None
    user_profile: RegisteredProfile
    # Of a guest who was a member of organizations before.
    default_organization_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUserAccessChanged(DomainEvent):
    """Operators have suspended the user (``access`` is ``suspended``), or reinstated it (``enabled``)."""

    name: ClassVar[str] = "users.end_user_access_changed.v1"

    user_id: str
    access: str
    changed_by_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipAdded(DomainEvent):
    """The user is a member of an organization."""

    name: ClassVar[str] = "users.membership_added.v1"
    is_public: ClassVar[bool] = True

    user_id: str
    membership_id: str
    organization_id: str
    ownership: str
    is_default: bool
    roles: list[str]
    features: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipRemoved(DomainEvent):
    """The user is no longer a member of an organization."""

    name: ClassVar[str] = "users.membership_removed.v1"
    is_public: ClassVar[bool] = True

    user_id: str
    membership_id: str
    organization_id: str
    un_invited_by_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultMembershipChanged(DomainEvent):
    """Another membership is the one that counts when no organization is named."""

    name: ClassVar[str] = "users.default_membership_changed.v1"

    user_id: str
    from_membership_id: str | None = None
    to_membership_id: str
    to_organization_id: str
    roles: list[str]
    features: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipFeaturesReset(DomainEvent):
    """The membership has the features that the organization has paid for."""

    name: ClassVar[str] = "users.membership_features_reset.v1"

    user_id: str
    assigned_by_id: str
    membership_id: str
    organization_id: str
    features: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFeaturesReset(DomainEvent):
    """The user has these features, whatever the organization."""

    name: ClassVar[str] = "users.platform_features_reset.v1"

    user_id: str
    assigned_by_id: str
    features: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRoleAssigned(DomainEvent):
    """The user has one more role on the platform."""

    name: ClassVar[str] = "users.platform_role_assigned.v1"

    user_id: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestInvitationCreated(DomainEvent):
    """Somebody was invited to register."""

    name: ClassVar[str] = "users.guest_invitation_created.v1"

    user_id: str
    email_address: str
    invited_by_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestInvitationAccepted(DomainEvent):
    """Whoever was invited has registered."""

    name: ClassVar[str] = "users.guest_invitation_accepted.v1"

    user_id: str
    accepted_email_address: str
    accepted_at: datetime
