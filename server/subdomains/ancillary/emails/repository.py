"""How mails are stored: all SQL about them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, and_, bindparam, func, insert, select, update

from server.kernel import lists
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant
from server.kernel.lists import ListQuery, Page
from server.subdomains.ancillary.emails import tables
from server.subdomains.ancillary.emails.domain import EmailDelivery, EmailDetails, ListedEmail
from server.subdomains.ancillary.emails.errors import DeliveryInProgress, EmailExists

_delivery, _captured = tables.email_delivery.c, tables.captured_mail.c
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))

_INSERT = insert(tables.email_delivery)
_LOCK = select(tables.email_delivery).where(_delivery.id == bindparam("id")).with_for_update()
_PROGRESS = (
    "body",
    "substitutions",
    "attempted_at",
    "sending_until",
    "sent_at",
    "receipt_id",
    "send_failed_at",
    "version",
)
_SAVE = (
    update(tables.email_delivery)
    .where(_delivery.id == bindparam("delivery_id"), _delivery.version == bindparam("loaded_version"))
    .values({name: bindparam(name) for name in _PROGRESS})
)
_LISTED = (
    select(
        *[column for column in _delivery if column.name != "body"],
        func.coalesce(_captured.body, _delivery.body).label("body"),
        and_(_delivery.is_sensitive, _delivery.sent_at.is_not(None), _captured.id.is_(None)).label("is_redacted"),
    )
    .select_from(tables.email_delivery.outerjoin(tables.captured_mail, _captured.id == _delivery.id))
    .subquery("email")
)
_LIST = ListQuery(
    _LISTED,
    _LISTED.c.created_at > bindparam("since_at", type_=Instant),
    _ORGANIZATION.is_(None) | (_LISTED.c.organization_id == _ORGANIZATION),
    _LISTED.c.tags.contains(bindparam("tags", type_=ARRAY(Text))),
    columns={"created_at": _LISTED.c.created_at, "sent_at": _LISTED.c.sent_at},
    id=_LISTED.c.id,
)


class EmailRepository:
    """Mails, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, delivery: EmailDelivery) -> None:
        """Insert a new mail and publish its events. :class:`EmailExists` is raised as the transaction ends."""
        known = EmailExists()
        # PostgreSQL may meet the row or its first event first.
        refusing = {"email_delivery_pkey": known, "event_version_is_unique": known}
        await self._uow.write(_INSERT, _to_row(delivery), refusing)
        await self._uow.publish(delivery)

    async def get(self, delivery_id: str) -> EmailDelivery:
        """Load a mail that exists, and keep others from changing it until the end of the transaction."""
        row = await self._uow.fetch_one(_LOCK, {"id": delivery_id})
        assert row is not None, "mails are never deleted"
        return _from_row(row)

    async def save(self, delivery: EmailDelivery) -> None:
        """
        Update a loaded mail and publish its events. What must not be kept is erased.

        Raises:
            DeliveryInProgress: Somebody else has gone on with it meanwhile.
        """
        row = _to_row(delivery)
        parameters = {name: row[name] for name in _PROGRESS}
        changed = await self._uow.execute(
            _SAVE, {"delivery_id": delivery.id, "loaded_version": delivery.version, **parameters}
        )
        if not changed:
            raise DeliveryInProgress
        await self._uow.publish(delivery)


class EmailReader:
    """Reads of mails, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def list_emails(
        self, page: Page, *, since_at: datetime, organization_id: str | None, tags: list[str]
    ) -> list[Any]:
        """Rows of mails, one more than the page holds."""
        filters = {"since_at": since_at, "organization_id": organization_id, "tags": tags}
        return await self._reader.fetch_all(_LIST.of(page), filters | lists.after(page))


def listed_of(row: Any) -> ListedEmail:
    """The mail that a row of a list stands for."""
    return ListedEmail(_from_row(row), row.body, row.is_redacted)


def _to_row(delivery: EmailDelivery) -> dict[str, Any]:
    details = delivery.details
    return {
        "id": delivery.id,
        "organization_id": delivery.organization_id,
        "created_at": delivery.created_at,
        "host_region": delivery.host_region,
        "is_sensitive": delivery.is_sensitive,
        "content_type": details.content_type,
        "subject": details.subject,
        "body": "" if delivery.is_erased else details.body,
        "template_id": details.template_id,
        "substitutions": {} if delivery.is_erased else dict(details.substitutions),
        "to_email_address": details.to_email_address,
        "to_display_name": details.to_display_name,
        "tags": details.tags,
        "attempted_at": delivery.attempted_at,
        "sending_until": delivery.sending_until,
        "sent_at": delivery.sent_at,
        "receipt_id": delivery.receipt_id,
        "send_failed_at": delivery.send_failed_at,
        "version": delivery.version + len(delivery.events),
    }


def _from_row(row: Any) -> EmailDelivery:
    return EmailDelivery(
        id=row.id,
        organization_id=row.organization_id,
        created_at=row.created_at,
        host_region=row.host_region,
        is_sensitive=row.is_sensitive,
        details=EmailDetails(
            content_type=row.content_type,
            subject=row.subject,
            body=row.body,
            template_id=row.template_id,
            substitutions=row.substitutions,
            to_email_address=row.to_email_address,
            to_display_name=row.to_display_name,
            tags=row.tags,
        ),
        attempted_at=row.attempted_at,
        sending_until=row.sending_until,
        sent_at=row.sent_at,
        receipt_id=row.receipt_id,
        send_failed_at=row.send_failed_at,
        version=row.version,
    )
