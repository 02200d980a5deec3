"""What others may learn of API keys. Never a key."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyCreated(DomainEvent):
    """A user has a new API key."""

    name: ClassVar[str] = "api_keys.api_key_created.v1"

    api_key_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyParametersChanged(DomainEvent):
    """What the key is called, and from when it is good no more."""

    name: ClassVar[str] = "api_keys.api_key_parameters_changed.v1"

    api_key_id: str
    api_key_name: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyVerified(DomainEvent):
    """Somebody has used the key. Told once in ten minutes, however often that was."""

    name: ClassVar[str] = "api_keys.api_key_verified.v1"

    api_key_id: str
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRevoked(DomainEvent):
    """The key is good for nothing any more: it was revoked."""

    name: ClassVar[str] = "api_keys.api_key_revoked.v1"

    api_key_id: str
    user_id: str
    revoked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyDeleted(DomainEvent):
    """The key is gone."""

    name: ClassVar[str] = "api_keys.api_key_deleted.v1"

    api_key_id: str
    deleted_by_id: str
