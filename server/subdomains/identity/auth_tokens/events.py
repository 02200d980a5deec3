"""What others may learn of sessions. Never a token."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthTokensCreated(DomainEvent):
    """A user has a session: somebody has signed in."""

    name: ClassVar[str] = "auth_tokens.auth_tokens_created.v1"

    session_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensChanged(DomainEvent):
    """The session was given its first tokens."""

    name: ClassVar[str] = "auth_tokens.tokens_changed.v1"

    session_id: str
    user_id: str
    access_token_expires_at: datetime
    refresh_token_expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensRefreshed(DomainEvent):
    """The session was given new tokens for its refresh token."""

    name: ClassVar[str] = "auth_tokens.tokens_refreshed.v1"

    session_id: str
    user_id: str
    access_token_expires_at: datetime
    refresh_token_expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensRevoked(DomainEvent):
    """The session has ended: by signing out, or by somebody who ended it."""

    name: ClassVar[str] = "auth_tokens.tokens_revoked.v1"

    session_id: str
    user_id: str
