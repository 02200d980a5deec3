"""What single sign-on needs of a provider outside the process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from server.subdomains.identity.single_sign_on.domain.provider_tokens import ProviderToken


class ProviderRefused(Exception):
    """The provider has answered, and the answer is a refusal or cannot be used. The text is for the log: no secrets."""


class ProviderUnavailable(Exception):
    """The provider does not answer, or says itself that it cannot. The text is for the log: no secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """What a browser is sent to a provider with."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_challenge: str
    prompt_login: bool
    login_hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What a browser has come back with, and what the answer of the provider is held against."""

    auth_code: str = field(repr=False)
    code_verifier: str = field(repr=False)
    nonce_digest: bytes = b""
    issuer: str | None = None
    login_asked_at: datetime | None = None  # when the provider was asked for a new sign-in, if it was
    username: str | None = None  # for testsso


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who somebody is at a provider, in normal form. What is not there the provider did not say, or said badly."""

    issuer: str
    subject: str
    auth_time: datetime | None
    email_address: str | None
    email_verified: bool
    first_name: str | None
    last_name: str | None = None
    timezone: str | None = None
    locale: str | None = None
    country_code: str | None = None
    tokens: Sequence[ProviderToken] = ()


class SsoProvider(Protocol):
    """A provider."""

    @property
    def name(self) -> str:
        """What it is called, in lower case."""
        ...

    @property
    def has_authorization(self) -> bool:
        """Whether persons are sent to it, so that a sign-in is started here before it is finished."""
        ...

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        """
        Where to send a browser.

        Raises:
            ProviderUnavailable: It does not say where.
        """
        ...

    async def authenticate(self, exchange: Exchange) -> Account:
        """
        Who has signed in at the provider.

        Raises:
            ProviderRefused, ProviderUnavailable: It does not say so, or not in a way that can be believed.
        """
        ...

    async def refresh(self, refresh_token: str, *, issuer: str, subject: str) -> Sequence[ProviderToken]:
        """
        New tokens of the account with this issuer and subject.

        Raises:
            ProviderRefused, ProviderUnavailable: It gives none.
        """
        ...
