"""What a flag is, whom it is evaluated for, and what comes of it."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FeatureFlag:
    """A flag, evaluated."""

    name: str
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """A user, and the organization it acts in."""

    user_id: str
    organization_id: str | None = None


class Status(StrEnum):
    """How an evaluation ended."""

    RESOLVED = "resolved"
    UNKNOWN = "unknown"  # there is no such flag, or it is not boolean
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The value of a flag, which is false unless its source says otherwise, and why (OpenFeature's word for it)."""

    is_enabled: bool
    reason: str
    status: Status = Status.RESOLVED
