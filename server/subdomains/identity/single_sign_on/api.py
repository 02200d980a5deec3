"""
What other subdomains may ask of single sign-on.

Plain values in, plain values out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.kernel.access.caller import current_call
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.identity.single_sign_on.application.provider_tokens import ProviderTokens as Application
from server.subdomains.identity.single_sign_on.domain import provider_tokens as domain
from server.subdomains.identity.single_sign_on.errors import SsoAuthenticationFailed, SsoProviderUnavailable
from server.subdomains.identity.single_sign_on.repository import SsoUserRepository

__all__ = ["ProviderToken", "ProviderTokens", "SingleSignOnApi", "SsoAuthenticationFailed", "SsoProviderUnavailable"]


@dataclass(frozen=True, slots=True)
class ProviderToken:
    """A token of a provider. A secret."""

    value: str = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProviderTokens:
    """What a provider has given for a user."""

    provider: str
    access_token: ProviderToken | None
    refresh_token: ProviderToken | None
    other_tokens: Sequence[ProviderToken]


class SingleSignOnApi:
    """Hands out what providers have given and said."""

    def __init__(self, application: Application) -> None:
        self._tokens = application

    @classmethod
    def of(cls, platform: Platform) -> "SingleSignOnApi":
        return cls(Application.of(platform))

    async def get_tokens(self, user_id: str | None = None) -> list[ProviderTokens]:
        """
        The tokens of the caller, or of a user, at every provider that is configured and that the user has signed in at.

        One read, outside any transaction.
        """
        return [_tokens_of(found) for found in await self._tokens.get_tokens(user_id or _caller_id())]

    async def refresh_tokens(self, provider: str, user_id: str | None = None) -> ProviderTokens:
        """
        Have a provider renew the tokens of the caller, or of a user. Not within a transaction: it calls the provider.

        Raises:
            SsoAuthenticationFailed: No such provider, no account there, not a person, or the provider refuses.
            SsoProviderUnavailable: The provider cannot be reached.
            AccountSuspended: Operators have suspended the user. It is audited.
        """
        return _tokens_of(await self._tokens.refresh_tokens(provider_name=provider, user_id=user_id or _caller_id()))

    async def verified_addresses(self, uow: UnitOfWork, user_id: str) -> list[str]:
        """The addresses that providers have verified to be a user's."""
        return await SsoUserRepository(uow).verified_addresses(user_id)


def _caller_id() -> str:
    return current_call().caller.user_id


def _tokens_of(found: domain.ProviderAuthTokens) -> ProviderTokens:
    def tokens(kind: domain.TokenType) -> list[ProviderToken]:
        return [ProviderToken(token.value, token.expires_at) for token in found.tokens if token.type is kind]

    return ProviderTokens(
        provider=found.provider_name,
        access_token=next(iter(tokens(domain.TokenType.ACCESS)), None),
        refresh_token=next(iter(tokens(domain.TokenType.REFRESH)), None),
        other_tokens=tokens(domain.TokenType.OTHER),
    )
