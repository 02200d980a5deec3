"""The aggregate: an API key as the platform knows it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from server.kernel.events import DomainEvent
from server.subdomains.identity.api_keys.domain import key_text
from server.subdomains.identity.api_keys.events import (
    ApiKeyCreated,
    ApiKeyDeleted,
    ApiKeyParametersChanged,
    ApiKeyRevoked,
    ApiKeyVerified,
)

DEFAULT_NAME = "API key"
SHORTEST_LIFETIME = timedelta(hours=1)
# A use is noted when the last one that was is so long ago, and told to others when that was so long ago.
_NOTED_EVERY = timedelta(seconds=60)
_TOLD_EVERY = timedelta(minutes=10)
_END_OF_CALENDAR = datetime.max.replace(tzinfo=UTC)


class ApiKeyState(StrEnum):
    """Whether a key can be used."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(slots=True, kw_only=True)
class ApiKey:
    """The aggregate. Made by :meth:`create`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "ApiKey"

    id: str
    user_id: str
    key_hash: bytes = field(repr=False)
    name: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    told_at: datetime | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def create(
        cls, *, id: str, user_id: str, key_hash: bytes, name: str, expires_at: datetime | None, now: datetime
    ) -> "ApiKey":
        """Begin a key, whose text has this digest."""
        key = cls(id=id, user_id=user_id, key_hash=key_hash, name=name, created_at=now, expires_at=expires_at)
        key.events.append(ApiKeyCreated(api_key_id=id, user_id=user_id))
        key.events.append(ApiKeyParametersChanged(api_key_id=id, api_key_name=name, expires_at=expires_at))
        return key

    @property
    def prefix(self) -> str:
        """The part of the key that may be shown."""
        return key_text.prefix_of(self.id)

    def state(self, now: datetime) -> ApiKeyState:
        if self.revoked_at is not None:
            return ApiKeyState.REVOKED
        if self.expires_at is not None and now >= self.expires_at:
            return ApiKeyState.EXPIRED
        return ApiKeyState.ACTIVE

    def is_use_noted(self, now: datetime) -> bool:
        """Whether it is known already that the key is in use."""
        return self.last_used_at is not None and now < self.last_used_at + _NOTED_EVERY

    def use(self, now: datetime) -> bool:
        """Take note of a use. Says whether others are to hear of it: of the first in ten minutes."""
        self.last_used_at = now
        if self.told_at is not None and now < self.told_at + _TOLD_EVERY:
            return False
        self.told_at = now
        self.events.append(ApiKeyVerified(api_key_id=self.id, is_verified=True))
        return True

    def revoke(self, now: datetime) -> None:
        """End the key for good. One that was revoked stays as it is."""
        if self.revoked_at is None:
            self.revoked_at = now
            self.events.append(ApiKeyRevoked(api_key_id=self.id, user_id=self.user_id, revoked_at=now))

    def delete(self, caller_id: str) -> None:
        """Say that the key is about to be gone."""
        self.events.append(ApiKeyDeleted(api_key_id=self.id, deleted_by_id=caller_id))


def violates_expiry(expires_at: datetime, now: datetime) -> bool:
    """Whether a key that is made now would end too soon, or with the calendar, which the database takes for never."""
    return not now + SHORTEST_LIFETIME <= expires_at < _END_OF_CALENDAR
