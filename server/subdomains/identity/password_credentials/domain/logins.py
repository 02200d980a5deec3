"""
Attempts to sign in with one name, whether or not it exists, and when they lock it.

An attempt counts as a failed one from the moment it is admitted until it turns out to be right. So however many come
at once, no more than the maximum are ever hashed, and a process that dies in between has unlocked nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

# Far longer than any call that admitted an attempt can still be at work on it.
_LONGEST_ATTEMPT = timedelta(seconds=60)


class Admission(Enum):
    """What becomes of an attempt that arrives."""

    ADMITTED = auto()
    LOCKED = auto()
    # As many are underway as may still fail: it has to wait until one of them has ended.
    FULL = auto()


@dataclass(frozen=True, slots=True)
class LockoutRules:
    """When a name is locked, and for how long."""

    most_failures: int
    cooldown: timedelta


@dataclass(slots=True, kw_only=True)
class LoginMonitor:
    """The failed and the unfinished attempts of one name. The name itself is not kept, only a keyed digest of it."""

    name_digest: bytes
    failed_attempts: int = 0
    last_failed_at: datetime | None = None
    underway: dict[str, datetime] = field(default_factory=dict)

    def admit(self, attempt_id: str, rules: LockoutRules, now: datetime) -> Admission:
        """Let an attempt begin, if it may."""
        if self.is_locked(rules, now):
            return Admission.LOCKED
        if self.failed_attempts + len(self.underway) >= rules.most_failures:
            return Admission.FULL
        self.underway[attempt_id] = now
        return Admission.ADMITTED

    def is_locked(self, rules: LockoutRules, now: datetime) -> bool:
        """Whether too many attempts have failed."""
        self._pass_time(rules, now)
        return self.failed_attempts >= rules.most_failures

    def end(self, attempt_id: str) -> bool:
        """Take an attempt out. One that took too long is gone already: it has been counted as a failed one."""
        return self.underway.pop(attempt_id, None) is not None

    def succeed(self) -> None:
        """The password was right: what failed before counts no longer."""
        self.failed_attempts, self.last_failed_at = 0, None

    def fail(self, rules: LockoutRules, now: datetime) -> bool:
        """The password was wrong. Say whether that locks the name."""
        self._pass_time(rules, now)
        self.failed_attempts, self.last_failed_at = self.failed_attempts + 1, now
        return self.failed_attempts >= rules.most_failures

    def expires_at(self, rules: LockoutRules, now: datetime) -> datetime:
        """From when on the monitor says no more than none would."""
        instants = [now, *(started_at + _LONGEST_ATTEMPT + rules.cooldown for started_at in self.underway.values())]
        if self.last_failed_at is not None:
            instants.append(self.last_failed_at + rules.cooldown)
        return max(instants)

    def _pass_time(self, rules: LockoutRules, now: datetime) -> None:
        for attempt_id, started_at in list(self.underway.items()):
            if now >= started_at + _LONGEST_ATTEMPT:
                del self.underway[attempt_id]
                self.failed_attempts += 1
                self.last_failed_at = max(self.last_failed_at or started_at, started_at + _LONGEST_ATTEMPT)
        if self.last_failed_at is not None and now >= self.last_failed_at + rules.cooldown:
            self.succeed()
