"""A session: what keeps a sign-in going, and what ends it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from server.kernel.events import DomainEvent
from server.subdomains.identity.auth_tokens.events import (
    AuthTokensCreated,
    TokensChanged,
    TokensRefreshed,
    TokensRevoked,
)

REPEATABLE_FOR = timedelta(seconds=10)
# How long an ended session is kept, so that a reuse of its tokens is still seen for what it is.
KEPT_FOR = timedelta(days=7)
_LONGEST_USER_AGENT = 256


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things live."""

    access_token: timedelta
    refresh_token: timedelta
    session: timedelta

    def expiries(self, *, created_at: datetime, now: datetime) -> tuple[datetime, datetime]:
        """
        When the tokens of a session that are issued *now* expire: the access token, the refresh token.

        An access token counts whole seconds, and never outlives its session.
        """
        refresh = min(now + self.refresh_token, created_at + self.session)
        access = min(now.replace(microsecond=0) + self.access_token, refresh.replace(microsecond=0))
        return access, refresh


@dataclass(frozen=True, slots=True)
class Client:
    """Where a sign-in or a refresh comes from."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class SpentToken:
    """A refresh token that was exchanged, and for a moment the answer it got."""

    digest: bytes
    session_id: str
    spent_at: datetime
    request_id: UUID | None
    sealed_answer: bytes | None = field(repr=False)

    def is_repeated_by(self, request_id: UUID | None, now: datetime) -> bool:
        """Whether a call with this token and *request_id* is the one that spent it, once more."""
        return request_id is not None and request_id == self.request_id and now < self.spent_at + REPEATABLE_FOR


@dataclass(slots=True, kw_only=True)
class AuthTokens:
    """A session. Made by :meth:`open`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "AuthTokens"

    id: str
    user_id: str
    refresh_token_digest: bytes
    access_token_expires_at: datetime
    refresh_token_expires_at: datetime
    created_at: datetime
    auth_time: datetime
    amr: list[str]
    provider: str
    last_used_at: datetime
    ip_address: str
    user_agent: str
    revoked_at: datetime | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def open(
        cls,
        *,
        session_id: str,
        user_id: str,
        refresh_token_digest: bytes,
        amr: list[str],
        provider: str,
        auth_time: datetime,
        client: Client,
        lifetimes: Lifetimes,
        now: datetime,
    ) -> "AuthTokens":
        """Begin a session because somebody has signed in."""
        access, refresh = lifetimes.expiries(created_at=now, now=now)
        session = cls(
            id=session_id,
            user_id=user_id,
            refresh_token_digest=refresh_token_digest,
            access_token_expires_at=access,
            refresh_token_expires_at=refresh,
            created_at=now,
            auth_time=auth_time,
            amr=amr,
            provider=provider,
            last_used_at=now,
            ip_address=client.address,
            user_agent=client.user_agent[:_LONGEST_USER_AGENT],
        )
        session.events.append(AuthTokensCreated(session_id=session_id, user_id=user_id))
        session.events.append(
            TokensChanged(
                session_id=session_id, user_id=user_id, access_token_expires_at=access, refresh_token_expires_at=refresh
            )
        )
        return session

    def is_live(self, now: datetime) -> bool:
        """Whether the session goes on."""
        return self.revoked_at is None and now < self.refresh_token_expires_at

    def refresh(self, *, refresh_token_digest: bytes, client: Client, lifetimes: Lifetimes, now: datetime) -> None:
        """Go on with new tokens. The sign-in stays what it was."""
        access, refresh = lifetimes.expiries(created_at=self.created_at, now=now)
        self.refresh_token_digest = refresh_token_digest
        self.access_token_expires_at, self.refresh_token_expires_at = access, refresh
        self.last_used_at = now
        self.ip_address, self.user_agent = client.address, client.user_agent[:_LONGEST_USER_AGENT]
        self.events.append(
            TokensRefreshed(
                session_id=self.id,
                user_id=self.user_id,
                access_token_expires_at=access,
                refresh_token_expires_at=refresh,
            )
        )

    def revoke(self, now: datetime) -> None:
        """End the session. One that was ended stays as it is."""
        if self.revoked_at is None:
            self.revoked_at = now
            self.events.append(TokensRevoked(session_id=self.id, user_id=self.user_id))
