"""How many mails one address may get."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_WINDOW = timedelta(hours=1)


@dataclass(slots=True)
class RecentMails:
    """When mails were sent to one address lately. The address itself is not kept, only a keyed digest of it."""

    address_digest: bytes
    sent_at: list[datetime]

    def admit(self, most: int, now: datetime) -> bool:
        """Count one more mail, unless it is one too many for an hour."""
        self.sent_at = [instant for instant in self.sent_at if now < instant + _WINDOW]
        if len(self.sent_at) >= most:
            return False
        self.sent_at.append(now)
        return True

    def expires_at(self, now: datetime) -> datetime:
        """From when on nothing of it counts any more."""
        return max(self.sent_at, default=now) + _WINDOW
