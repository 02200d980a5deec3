"""What others may learn of user profiles."""

from dataclasses import dataclass
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class UserProfileCreated(DomainEvent):
    """A user has a profile."""

    name: ClassVar[str] = "user_profiles.user_profile_created.v1"

    profile_id: str
    user_id: str
    classification: str
    first_name: str
    last_name: str | None = None
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailAddressChanged(DomainEvent):
    """The profile has another e-mail address."""

    name: ClassVar[str] = "user_profiles.email_address_changed.v1"

    profile_id: str
    user_id: str
    email_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChanged(DomainEvent):
    """The user is called something else."""

    name: ClassVar[str] = "user_profiles.name_changed.v1"

    profile_id: str
    user_id: str
    first_name: str
    last_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayNameChanged(DomainEvent):
    """The user is shown by another name."""

    name: ClassVar[str] = "user_profiles.display_name_changed.v1"

    profile_id: str
    user_id: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAddressChanged(DomainEvent):
    """The profile has another postal address."""

    name: ClassVar[str] = "user_profiles.contact_address_changed.v1"

    profile_id: str
    user_id: str
    line1: str
    line2: str
    line3: str
    city: str
    state: str
    zip: str
    country_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimezoneChanged(DomainEvent):
    """The profile has another time zone."""

    name: ClassVar[str] = "user_profiles.timezone_changed.v1"

    profile_id: str
    user_id: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocaleChanged(DomainEvent):
    """The profile has another language."""

    name: ClassVar[str] = "user_profiles.locale_changed.v1"

    profile_id: str
    user_id: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultOrganizationChanged(DomainEvent):
    """Calls of the user that name no organization are for another one."""

    name: ClassVar[str] = "user_profiles.default_organization_changed.v1"

    profile_id: str
    user_id: str
    from_organization_id: str | None = None
    to_organization_id: str
