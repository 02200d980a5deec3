"""An account at a provider, and whose it is."""

from dataclasses import dataclass, field
from typing import ClassVar

from server.kernel.events import DomainEvent
from server.subdomains.identity.single_sign_on.events import SsoUserCreated, SsoUserDetailsChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a provider says about a person, in its normal form and with nothing left open."""

    email_address: str
    email_verified: bool
    first_name: str
    last_name: str | None
    timezone: str
    locale: str
    country_code: str


@dataclass(slots=True, kw_only=True)
class SsoUser:
    """
    An account at a provider, known by issuer and subject. Made by :meth:`link`, or by the repository from its row.

    A user has at most one at each provider.
    """

    aggregate_type: ClassVar[str] = "SsoUser"

    id: str
    provider_name: str
    user_id: str
    issuer: str
    subject: str
    details: Details
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def link(
        cls, *, sso_user_id: str, provider_name: str, user_id: str, issuer: str, subject: str, details: Details
    ) -> "SsoUser":
        """Let a user sign in with an account."""
        user = cls(
            id=sso_user_id,
            provider_name=provider_name,
            user_id=user_id,
            issuer=issuer,
            subject=subject,
            details=details,
        )
        user.events.append(SsoUserCreated(sso_user_id=sso_user_id, provider_name=provider_name, user_id=user_id))
        user._note_details()
        return user

    def see(self, details: Details) -> None:
        """The provider has said this about the person just now."""
        if details != self.details:
            self.details = details
            self._note_details()

    def _note_details(self) -> None:
        said = self.details
        self.events.append(
            SsoUserDetailsChanged(
                sso_user_id=self.id,
                provider_name=self.provider_name,
                user_id=self.user_id,
                email_address=said.email_address,
                email_verified=said.email_verified,
                first_name=said.first_name,
                last_name=said.last_name,
                timezone=said.timezone,
                locale=said.locale,
                country_code=said.country_code,
            )
        )
