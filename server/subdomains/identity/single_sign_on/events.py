"""What others may learn of single sign-on. Never a token."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SsoUserCreated(DomainEvent):
    """A person can sign in with an account at a provider."""

    name: ClassVar[str] = "single_sign_on.sso_user_created.v1"

    sso_user_id: str
    provider_name: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SsoUserDetailsChanged(DomainEvent):
    """The provider says something else about a person than before. The profile of the person stays as it is."""

    name: ClassVar[str] = "single_sign_on.sso_user_details_changed.v1"

    sso_user_id: str
    provider_name: str
    user_id: str
    email_address: str
    email_verified: bool
    first_name: str
    last_name: str | None
    timezone: str
    locale: str
    country_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAuthTokensCreated(DomainEvent):
    """Tokens of a provider are kept for a person."""

    name: ClassVar[str] = "single_sign_on.provider_auth_tokens_created.v1"

    provider_auth_tokens_id: str
    provider_name: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAuthTokensChanged(DomainEvent):
    """Which tokens are kept, by their types, and when each expires; nothing for one that does not say."""

    name: ClassVar[str] = "single_sign_on.provider_auth_tokens_changed.v1"

    provider_auth_tokens_id: str
    provider_name: str
    user_id: str
    expiries: dict[str, datetime | None]
