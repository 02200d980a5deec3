"""What is always true of a user's profile."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from server.kernel import values
from server.kernel.access.roles import Classification
from server.kernel.events import DomainEvent
from server.subdomains.user_profiles.events import (
    ContactAddressChanged,
    DefaultOrganizationChanged,
    DisplayNameChanged,
    EmailAddressChanged,
    LocaleChanged,
    NameChanged,
    TimezoneChanged,
    UserProfileCreated,
)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. Whatever is not known is empty, except the country."""

    line1: str = ""
    line2: str = ""
    line3: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country_code: str = values.DEFAULT_COUNTRY_CODE


@dataclass(frozen=True, slots=True)
class Name:
    """What a user is called. Machines have no last name."""

    first: str
    last: str | None = None

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}" if self.last else self.first


@dataclass(frozen=True, slots=True)
class Preferences:
    """Where a user lives, as far as somebody said; what nobody knows becomes the default."""

    timezone: str = values.DEFAULT_TIMEZONE
    locale: str = values.DEFAULT_LOCALE
    country_code: str = values.DEFAULT_COUNTRY_CODE

    @classmethod
    def of(
        cls, *, timezone: str | None, locale: str | None, country_code: str | None, is_testing: bool
    ) -> "Preferences":
        return cls(
            values.timezone(timezone or "", is_testing=is_testing) or values.DEFAULT_TIMEZONE,
            values.locale(locale or "") or values.DEFAULT_LOCALE,
            values.country_code(country_code or "") or values.DEFAULT_COUNTRY_CODE,
        )


@dataclass(slots=True, kw_only=True)
class UserProfile:
    """The aggregate. Made by :meth:`create`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "UserProfile"

    id: str
    user_id: str
    created_at: datetime
    classification: Classification
    name: Name
    display_name: str
    email_address: str | None = None
    phone_number: str | None = None
    address: Address = field(default_factory=Address)
    timezone: str = values.DEFAULT_TIMEZONE
    locale: str = values.DEFAULT_LOCALE
    default_organization_id: str | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def create(
        cls,
        *,
        id: str,
        user_id: str,
        classification: Classification,
        name: Name,
        email_address: str | None,
        preferences: Preferences,
        default_organization_id: str | None,
        now: datetime,
    ) -> "UserProfile":
        """Begin the profile of a user who has registered."""
        profile = cls(
            id=id,
            user_id=user_id,
            created_at=now,
            classification=classification,
            name=name,
            display_name=name.first,
        )
        profile._happened(
            UserProfileCreated,
            classification=classification.value,
            first_name=name.first,
            last_name=name.last,
            display_name=profile.display_name,
        )
        if email_address is not None:
            profile.email_address = email_address
            profile._happened(EmailAddressChanged, email_address=email_address)
        profile._prefer(preferences)
        if default_organization_id is not None:
            profile.change_default_organization(default_organization_id)
        return profile

    def change_default_organization(self, organization_id: str) -> None:
        """Follow the user's default membership."""
        if organization_id == self.default_organization_id:
            return
        self._happened(
            DefaultOrganizationChanged,
            from_organization_id=self.default_organization_id,
            to_organization_id=organization_id,
        )
        self.default_organization_id = organization_id

    def introduce_anew(self, name: Name, preferences: Preferences) -> None:
        """Take over what somebody says who takes the place of the one who registered."""
        if name != self.name:
            self.name = name
            self._happened(NameChanged, first_name=name.first, last_name=name.last)
        if name.first != self.display_name:
            self.display_name = name.first
            self._happened(DisplayNameChanged, display_name=name.first)
        self._prefer(preferences)

    def _prefer(self, preferences: Preferences) -> None:
        if preferences.timezone != self.timezone:
            self.timezone = preferences.timezone
            self._happened(TimezoneChanged, timezone=self.timezone)
        if preferences.locale != self.locale:
            self.locale = preferences.locale
            self._happened(LocaleChanged, locale=self.locale)
        if preferences.country_code != self.address.country_code:
            self.address = address = Address(country_code=preferences.country_code)
            self._happened(
                ContactAddressChanged,
                line1=address.line1,
                line2=address.line2,
                line3=address.line3,
                city=address.city,
                state=address.state,
                zip=address.zip,
                country_code=address.country_code,
            )

    def _happened(self, event: type[DomainEvent], **facts: object) -> None:
        self.events.append(event(profile_id=self.id, user_id=self.user_id, **facts))  # type: ignore[call-arg]
