"""A sign-in whose password was right, and that waits for a second factor from whoever has its token."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.subdomains.identity.mfa.errors import MfaSendLimit

MOST_SENDS = 5
_LIFETIME = timedelta(minutes=10)
_MOST_WRONG_ANSWERS = 5


@dataclass(slots=True, kw_only=True)
class PendingSignIn:
    """The token itself is not kept, only its digest."""

    token_digest: bytes
    expires_at: datetime
    wrong_answers: int = 0
    sends: int = 0

    @classmethod
    def begin(cls, token_digest: bytes, now: datetime) -> "PendingSignIn":
        """Wait for whoever shows this token."""
        return cls(token_digest=token_digest, expires_at=now + _LIFETIME)

    def is_awaiting(self, token_digest: bytes, now: datetime) -> bool:
        """Whether this is the token, and comes in time."""
        return hmac.compare_digest(self.token_digest, token_digest) and now < self.expires_at

    def count_wrong_answer(self) -> bool:
        """Count a wrong code or handle, and say whether that was one too many."""
        self.wrong_answers += 1
        return self.wrong_answers >= _MOST_WRONG_ANSWERS

    def count_send(self, now: datetime) -> None:
        """
        Count a code that is sent.

        Raises:
            MfaSendLimit: It is one too many. There may be more for the next token.
        """
        if self.sends >= MOST_SENDS:
            raise MfaSendLimit(retry_after=(self.expires_at - now).total_seconds())
        self.sends += 1
