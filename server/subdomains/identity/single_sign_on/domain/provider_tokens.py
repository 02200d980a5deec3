"""The tokens that a provider has given us for a person."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from server.kernel.events import DomainEvent
from server.subdomains.identity.single_sign_on.events import ProviderAuthTokensChanged, ProviderAuthTokensCreated


class TokenType(StrEnum):
    """What a token is for."""

    ACCESS = "access"
    REFRESH = "refresh"
    OTHER = "other"  # the id token


@dataclass(frozen=True, slots=True)
class ProviderToken:
    """A token of a provider."""

    type: TokenType
    value: str = field(repr=False)
    expires_at: datetime | None


@dataclass(slots=True, kw_only=True)
class ProviderAuthTokens:
    """
    The tokens of one person at one provider, at most one of each type.

    Made by :meth:`keep`, or by the repository from its row.
    """

    aggregate_type: ClassVar[str] = "ProviderAuthTokens"

    id: str
    provider_name: str
    user_id: str
    tokens: Sequence[ProviderToken] = ()
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def keep(
        cls, *, tokens_id: str, provider_name: str, user_id: str, tokens: Sequence[ProviderToken]
    ) -> "ProviderAuthTokens":
        """Begin to keep tokens."""
        kept = cls(id=tokens_id, provider_name=provider_name, user_id=user_id)
        kept.events.append(
            ProviderAuthTokensCreated(provider_auth_tokens_id=tokens_id, provider_name=provider_name, user_id=user_id)
        )
        kept.replace(tokens)
        return kept

    def find(self, kind: TokenType) -> ProviderToken | None:
        """The token of a type, if there is one."""
        return next((token for token in self.tokens if token.type is kind), None)

    def replace(self, tokens: Sequence[ProviderToken]) -> None:
        """Keep these instead: those of another sign-in."""
        self.tokens = tokens
        self.events.append(
            ProviderAuthTokensChanged(
                provider_auth_tokens_id=self.id,
                provider_name=self.provider_name,
                user_id=self.user_id,
                expiries={token.type.value: token.expires_at for token in tokens},
            )
        )

    def refresh(self, tokens: Sequence[ProviderToken]) -> None:
        """Keep these instead. A provider that gives no new refresh token means the old one to be used again."""
        refresh_token = self.find(TokenType.REFRESH)
        has_new_one = any(token.type is TokenType.REFRESH for token in tokens)
        self.replace([*tokens] if has_new_one or refresh_token is None else [*tokens, refresh_token])
