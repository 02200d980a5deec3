"""What is always true of a webhook endpoint: where it may be, what it listens to, and when it is given up."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from server.kernel.events import DomainEvent
from server.subdomains.webhooks.errors import WebhookEndpointDisabled
from server.subdomains.webhooks.events import (
    EndpointChanged,
    EndpointCreated,
    EndpointDeleted,
    EndpointDisabled,
    EndpointEnabled,
    EndpointSecretRotated,
)

MOST_EVENTS = 10_000
TEST_EVENT = "webhook.test"
OLD_SECRET_LIFETIME = timedelta(hours=24)
PATIENCE = timedelta(days=5)
OUTAGE = timedelta(hours=1)
REST = timedelta(seconds=30)
ATTEMPTS_KEPT = timedelta(days=30)
ALL = "*"
_GONE = 410


class DisabledReason(StrEnum):
    """Why an endpoint gets no events."""

    BY_OWNER = "by_owner"
    GONE = "gone"
    FAILING = "failing"


class Failure(StrEnum):
    """Why an attempt failed."""

    STATUS = "status"
    TIMED_OUT = "timed_out"
    CONNECTION = "connection"
    TLS = "tls"
    NAME = "name"
    FORBIDDEN_ADDRESS = "forbidden_address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event, as endpoints are told of it."""

    event_id: str
    name: str
    stream: str
    subject_id: str
    version: int
    occurred_at: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SealedSecrets:
    """The signing secret of an endpoint, and the one before it while that signs too. Both sealed."""

    current: bytes
    old: bytes | None = None
    old_until: datetime | None = None

    def followed_by(self, new: bytes, now: datetime) -> "SealedSecrets":
        """What they are after a rotation."""
        return SealedSecrets(new, self.current, now + OLD_SECRET_LIFETIME)

    def in_force(self, now: datetime) -> list[bytes]:
        """Those that sign, the newest first."""
        is_old_in_force = self.old is not None and self.old_until is not None and now < self.old_until
        return [self.current, self.old] if is_old_in_force and self.old else [self.current]


@dataclass(frozen=True, slots=True)
class Condition:
    """How an endpoint has done lately."""

    failing_since_at: datetime | None = None
    last_delivered_at: datetime | None = None
    rests_until: datetime | None = None

    def rest(self, now: datetime) -> timedelta | None:
        """How long the endpoint is still to be left alone, if it is."""
        return self.rests_until - now if self.rests_until is not None and self.rests_until > now else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of an endpoint, and how it ended."""

    id: str
    event_id: str
    event_type: str
    attempted_at: datetime
    duration: timedelta
    http_status: int | None = None
    failure: Failure | None = None
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        return self.failure is None

    @property
    def says(self) -> str:
        """How it ended, for operators."""
        return f"The endpoint answered {self.http_status}." if self.http_status else f"The call failed: {self.failure}."

    @property
    def rest(self) -> timedelta | None:
        """How long the endpoint is left alone: it was slow, cannot be reached, or asks for it."""
        if self.failure in (Failure.TIMED_OUT, Failure.CONNECTION):
            return REST
        return self.retry_after


@dataclass(slots=True, kw_only=True)
class WebhookEndpoint:
    """The aggregate. Made by :meth:`create`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "WebhookEndpoint"

    id: str
    organization_id: str
    created_at: datetime
    url: str
    description: str
    event_types: list[str]
    secrets: SealedSecrets
    disabled_at: datetime | None = None
    disabled_reason: DisabledReason | None = None
    condition: Condition = field(default_factory=Condition)
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def create(
        cls,
        *,
        id: str,
        organization_id: str,
        url: str,
        description: str,
        event_types: Sequence[str],
        secret: bytes,
        now: datetime,
    ) -> "WebhookEndpoint":
        """Have events sent to *url*."""
        endpoint = cls(
            id=id,
            organization_id=organization_id,
            created_at=now,
            url=url,
            description=description,
            event_types=_distinct(event_types) or [ALL],
            secrets=SealedSecrets(secret),
        )
        endpoint.events.append(
            EndpointCreated(endpoint_id=id, organization_id=organization_id, event_types=endpoint.event_types)
        )
        return endpoint

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None

    def change(self, *, url: str | None, description: str | None, event_types: Sequence[str]) -> None:
        """Change what is given."""
        before = (self.url, self.description, self.event_types)
        self.url = self.url if url is None else url
        self.description = self.description if description is None else description
        self.event_types = _distinct(event_types) or self.event_types
        if (self.url, self.description, self.event_types) != before:
            self._happened(EndpointChanged, event_types=self.event_types)

    def enable(self) -> None:
        """Send events again. What it did before is forgiven."""
        if not self.is_enabled:
            self.disabled_at = self.disabled_reason = None
            self.condition = Condition(last_delivered_at=self.condition.last_delivered_at)
            self._happened(EndpointEnabled)

    def disable(self, reason: DisabledReason, now: datetime) -> None:
        """Send no more events."""
        if self.is_enabled:
            self.disabled_at, self.disabled_reason = now, reason
            self._happened(EndpointDisabled, reason=reason.value)

    def rotate_secret(self, new: bytes, now: datetime) -> None:
        """Sign with a new secret, and for a while with the old one too."""
        self.secrets = self.secrets.followed_by(new, now)
        self._happened(EndpointSecretRotated)

    def delete(self) -> None:
        """The end."""
        self._happened(EndpointDeleted)

    def listens_to(self, name: str) -> bool:
        """Whether events of this name are sent."""
        return not {ALL, name, f"{name.partition('.')[0]}.*"}.isdisjoint(self.event_types)

    def wants(self, happened: Happened) -> bool:
        """Whether it is told of an event: it listens to its kind, and is not what it is about."""
        return self.listens_to(happened.name) and happened.subject_id != self.id

    def require_enabled(self) -> None:
        """
        Refuse what needs events to be sent.

        Raises:
            WebhookEndpointDisabled: They are not.
        """
        if not self.is_enabled:
            raise WebhookEndpointDisabled

    def reason_to_give_up(self, attempt: Attempt) -> DisabledReason | None:
        """Why there is no point in going on after *attempt*, if there is none."""
        if attempt.http_status == _GONE:
            return DisabledReason.GONE
        since = self.condition.failing_since_at
        if not attempt.is_delivered and since is not None and attempt.attempted_at - since >= PATIENCE:
            return DisabledReason.FAILING
        return None

    def end_of_outage(self, attempt: Attempt) -> datetime | None:
        """
        When *attempt* ends an outage: since when nothing that was given up had a chance.

        What others passed by while it was refused had its chances, and stays given up.
        """
        since = self.condition.failing_since_at
        if not attempt.is_delivered or since is None or attempt.attempted_at - since < OUTAGE:
            return None
        return (self.condition.last_delivered_at or self.created_at) - OUTAGE

    def _happened(self, event: Callable[..., DomainEvent], **facts: object) -> None:
        self.events.append(event(endpoint_id=self.id, organization_id=self.organization_id, **facts))


def unknown_event_types(chosen: Sequence[str], known: Collection[str]) -> list[int]:
    """The positions of those that are neither a known name, nor all of a known kind, nor simply all."""
    kinds = {f"{name.partition('.')[0]}.*" for name in known}
    return [place for place, name in enumerate(chosen) if name != ALL and name not in known and name not in kinds]


def _distinct(event_types: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(event_types))
