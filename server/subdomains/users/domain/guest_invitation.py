"""The invitation by which somebody is known before registering."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestInvitation:
    """An invitation to register. Its token is known here only by its digest, and no more once it is accepted."""

    token_digest: bytes | None
    invitee_email: str
    invited_by_id: str
    invited_at: datetime
    expires_at: datetime
    accepted_email: str | None = None
    accepted_at: datetime | None = None

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at

    def accept(self, email: str, now: datetime) -> "GuestInvitation":
        """The invitation once somebody has registered by it."""
        return replace(self, token_digest=None, accepted_email=email, accepted_at=now)
