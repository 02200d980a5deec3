"""How mails are stored: all SQL about them."""

from dataclasses import fields
from typing import Any

from sqlalchemy import ARRAY, Text, and_, bindparam, func, insert, select, update

from server.kernel import ids, lists
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant, Word
from server.kernel.lists import ListQuery, Page
from server.subdomains.ancillary.dispatch import DeliveryInProgress, Dispatch, DispatchStatus
from server.subdomains.ancillary.emails import tables
from server.subdomains.ancillary.emails.domain import EmailDelivery, EmailDetails, EmailSearch, ListedEmail
from server.subdomains.ancillary.emails.errors import EmailExists

_delivery, _captured = tables.email_delivery.c, tables.captured_mail.c
_DISPATCH = tuple(field.name for field in fields(Dispatch))

_INSERT = insert(tables.email_delivery)
_LOCK = select(tables.email_delivery).where(_delivery.id == bindparam("id")).with_for_update()
# Gateways give each mail a receipt of its own; should one not, the latest counts.
_LOCK_BY_RECEIPT = (
    select(tables.email_delivery)
    .where(_delivery.receipt_id == bindparam("receipt_id"))
    .order_by(_delivery.id.desc())
    .limit(1)
    .with_for_update()
)
_PROGRESS = ("body", "substitutions", "status", *_DISPATCH, "version")
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
_email = _LISTED.c
_UNTIL = bindparam("until_at", type_=Instant)
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
_STATUS = bindparam("status", type_=Word(DispatchStatus))
_RECIPIENT = bindparam("to_email_address", type_=Text)
_DELIVERY = bindparam("delivery_id", type_=Id("emaildelivery"))
_SEARCH = ListQuery(
    _LISTED,
    _email.created_at > bindparam("since_at", type_=Instant),
    _UNTIL.is_(None) | (_email.created_at < _UNTIL),
    _ORGANIZATION.is_(None) | (_email.organization_id == _ORGANIZATION),
    _email.tags.contains(bindparam("tags", type_=ARRAY(Text))),
    _STATUS.is_(None) | (_email.status == _STATUS),
    _RECIPIENT.is_(None) | (_email.to_email_address == _RECIPIENT),
    _DELIVERY.is_(None) | (_email.id == _DELIVERY),
    columns={"created_at": _email.created_at, "sent_at": _email.sent_at},
    id=_email.id,
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

    async def find_by_receipt(self, receipt_id: str) -> EmailDelivery | None:
        """Load the mail that the gateway calls so, if it is ours, in the same way."""
        row = await self._uow.fetch_one(_LOCK_BY_RECEIPT, {"receipt_id": receipt_id})
        return None if row is None else _from_row(row)

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

    async def search_emails(self, page: Page, search: EmailSearch) -> list[Any]:
        """Rows of mails, one more than the page holds."""
        filters = {
            "since_at": search.since_at,
            "until_at": search.until_at,
            "organization_id": search.organization_id,
            "tags": search.tags,
            "status": search.status,
            "to_email_address": search.to_email_address,
            "delivery_id": ids.with_prefix("emaildelivery", search.message_id) if search.message_id else None,
        }
        return await self._reader.fetch_all(_SEARCH.of(page), filters | lists.after(page))


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
        "status": delivery.dispatch.status,
        **{name: getattr(delivery.dispatch, name) for name in _DISPATCH},
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
        dispatch=Dispatch(**{name: getattr(row, name) for name in _DISPATCH}),
        version=row.version,
    )
