"""
Webhooks: what outside parties report to us. Each of their events is processed once, however often it comes.

An event is stored, processed and marked in one transaction, so that it is processed exactly when it says so. What fails
is rolled back and kept as failed: the sender tries again, and then it is processed. A nonce is remembered in the same
transaction, so that a report that was overheard cannot be sent in once more.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    update,
)
from sqlalchemy.dialects import postgresql

from server.kernel.access.caller import WEBHOOK, Caller, Credential, current_call
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.database.event_log import metadata
from server.kernel.database.types import Id, Instant, Word
from server.kernel.errors import InvalidArgument, Unauthenticated, Violation
from server.kernel.subdomain import Platform


class WebhookSignatureInvalid(Unauthenticated):
    """Whoever reports cannot prove to be the outside party."""

    reason = "WEBHOOK_SIGNATURE_INVALID"
    message = "The signature is missing or wrong."


class WebhookStale(Unauthenticated):
    """The report was signed too long ago, or in a time to come."""

    reason = "WEBHOOK_STALE"
    message = "The report was not signed just now."


class WebhookReplayed(Unauthenticated):
    """The same signed report was processed before."""

    reason = "WEBHOOK_REPLAYED"
    message = "This report was received before."


class WebhookBodyInvalid(InvalidArgument):
    """The body is not what the outside party sends."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(Violation(field, "INVALID_WEBHOOK_BODY", description))


class WebhookStatus(StrEnum):
    """Where a report stands."""

    RECEIVED = "received"
    PROCESSED = "processed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookNotification:
    """One event as its source reports it. The source names the party and the channel, such as ``mailgun_email``."""

    source: str
    event_id: str
    event_type: str
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonce:
    """What a source signs once only. It must be remembered for as long as its signature is fresh."""

    source: str
    value: str
    expires_at: datetime


webhook_notification = Table(
    "webhook_notification",
    metadata,
    Column("id", Id("webhook"), primary_key=True),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("body", JSON, nullable=False),  # not JSONB: that cannot keep whatever JSON may hold
    Column("status", Word(WebhookStatus), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("settled_at", Instant),
    UniqueConstraint("source", "event_id", name="webhook_notification_event_is_unique"),
)

webhook_nonce = Table(
    "webhook_nonce",
    metadata,
    Column("source", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("source", "digest", name="webhook_nonce_pkey"),
    Index("webhook_nonce_by_expiry", "expires_at"),
)

_stored = webhook_notification.c
_new = postgresql.insert(webhook_notification).values({column.name: bindparam(column.name) for column in _stored})
# What was processed, or is being processed by somebody else until then, gives no row. What failed begins anew.
_RECEIVE = _new.on_conflict_do_update(
    constraint="webhook_notification_event_is_unique",
    set_={name: _new.excluded[name] for name in ("event_type", "body", "status", "received_at", "settled_at")},
    where=_stored.status == WebhookStatus.FAILED,
).returning(_stored.id)
_SETTLE = (
    update(webhook_notification)
    .where(_stored.id == bindparam("notification_id"))
    .values(status=bindparam("status"), settled_at=bindparam("settled_at"))
)
_REMEMBER = insert(webhook_nonce)
_FORGET = delete(webhook_nonce).where(webhook_nonce.c.expires_at <= bindparam("now", type_=Instant))

_ACCOUNT = Caller(WEBHOOK, Credential.SERVICE_TOKEN)
Act = Callable[[UnitOfWork], Awaitable[None]]


class Webhooks:
    """Stores what is reported and has it processed, as the external webhook account."""

    def __init__(self, begin: OpenUnitOfWork, now: Clock, new_id: Callable[[str], str]) -> None:
        self._begin = begin
        self._now = now
        self._new_id = new_id

    @classmethod
    def of(cls, platform: Platform) -> "Webhooks":
        return cls(platform.begin, platform.clock, platform.new_id)

    async def process(self, notification: WebhookNotification, act: Act, *, nonce: Nonce | None = None) -> None:
        """
        Have *act* process an event whose signature is good. One that was processed before changes nothing.

        Raises:
            WebhookReplayed: The *nonce* was seen before.
        """
        current_call().caller = _ACCOUNT
        try:
            async with self._begin() as uow:
                if nonce is not None:
                    await _remember(uow, nonce)
                received = await uow.fetch_one(_RECEIVE, self._row(notification, WebhookStatus.RECEIVED))
                if received is not None:
                    await act(uow)
                    await uow.write(_SETTLE, self._settled(received.id, WebhookStatus.PROCESSED))
        except WebhookReplayed:
            raise
        except Exception:
            async with self._begin() as uow:
                await uow.fetch_one(_RECEIVE, self._row(notification, WebhookStatus.FAILED))
            raise

    async def ignore(self, nonce: Nonce) -> None:
        """
        Remember the *nonce* of a report that says nothing.

        Raises:
            WebhookReplayed: It was seen before.
        """
        current_call().caller = _ACCOUNT
        async with self._begin() as uow:
            await _remember(uow, nonce)

    async def forget_expired(self) -> int:
        """Delete the nonces whose signatures are too old to be accepted."""
        async with self._begin() as uow:
            return await uow.execute(_FORGET, {"now": self._now()})

    def _row(self, notification: WebhookNotification, status: WebhookStatus) -> dict[str, Any]:
        now = self._now()
        return {
            "id": self._new_id("webhook"),
            "source": notification.source,
            "event_id": notification.event_id,
            "event_type": notification.event_type,
            "body": notification.body,
            "status": status,
            "received_at": now,
            "settled_at": None if status is WebhookStatus.RECEIVED else now,
        }

    def _settled(self, notification_id: str, status: WebhookStatus) -> dict[str, Any]:
        return {"notification_id": notification_id, "status": status, "settled_at": self._now()}


async def _remember(uow: UnitOfWork, nonce: Nonce) -> None:
    digest = hashlib.sha256(nonce.value.encode(errors="surrogatepass")).digest()
    row = {"source": nonce.source, "digest": digest, "expires_at": nonce.expires_at}
    await uow.write(_REMEMBER, row, {"webhook_nonce_pkey": WebhookReplayed()})
