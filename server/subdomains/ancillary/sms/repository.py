"""How SMS are stored: all SQL about them."""

from dataclasses import fields
from typing import Any

from sqlalchemy import ARRAY, Text, and_, bindparam, func, insert, select, update

from server.kernel import ids, lists
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant, Word
from server.kernel.lists import ListQuery, Page
from server.subdomains.ancillary.dispatch import DeliveryInProgress, Dispatch, DispatchStatus
from server.subdomains.ancillary.sms import tables
from server.subdomains.ancillary.sms.domain import ListedSms, SmsDelivery, SmsSearch
from server.subdomains.ancillary.sms.errors import SmsExists

_delivery, _captured = tables.sms_delivery.c, tables.captured_sms.c
_DISPATCH = tuple(field.name for field in fields(Dispatch))

_INSERT = insert(tables.sms_delivery)
_LOCK = select(tables.sms_delivery).where(_delivery.id == bindparam("id")).with_for_update()
# Gateways give each SMS a receipt of its own; should one not, the latest counts.
_LOCK_BY_RECEIPT = (
    select(tables.sms_delivery)
    .where(_delivery.receipt_id == bindparam("receipt_id"))
    .order_by(_delivery.id.desc())
    .limit(1)
    .with_for_update()
)
_PROGRESS = ("body", "status", *_DISPATCH, "version")
_SAVE = (
    update(tables.sms_delivery)
    .where(_delivery.id == bindparam("delivery_id"), _delivery.version == bindparam("loaded_version"))
    .values({name: bindparam(name) for name in _PROGRESS})
)
_LISTED = (
    select(
        *[column for column in _delivery if column.name != "body"],
        func.coalesce(_captured.body, _delivery.body).label("body"),
        and_(_delivery.is_sensitive, _delivery.sent_at.is_not(None), _captured.id.is_(None)).label("is_redacted"),
    )
    .select_from(tables.sms_delivery.outerjoin(tables.captured_sms, _captured.id == _delivery.id))
    .subquery("sms")
)
_sms = _LISTED.c
_UNTIL = bindparam("until_at", type_=Instant)
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
_STATUS = bindparam("status", type_=Word(DispatchStatus))
_RECIPIENT = bindparam("to_phone_number", type_=Text)
_DELIVERY = bindparam("delivery_id", type_=Id("smsdelivery"))
_SEARCH = ListQuery(
    _LISTED,
    _sms.created_at > bindparam("since_at", type_=Instant),
    _UNTIL.is_(None) | (_sms.created_at < _UNTIL),
    _ORGANIZATION.is_(None) | (_sms.organization_id == _ORGANIZATION),
    _sms.tags.contains(bindparam("tags", type_=ARRAY(Text))),
    _STATUS.is_(None) | (_sms.status == _STATUS),
    _RECIPIENT.is_(None) | (_sms.to_phone_number == _RECIPIENT),
    _DELIVERY.is_(None) | (_sms.id == _DELIVERY),
    columns={"created_at": _sms.created_at, "sent_at": _sms.sent_at},
    id=_sms.id,
)


class SmsRepository:
    """SMS, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, delivery: SmsDelivery) -> None:
        """Insert a new SMS and publish its events. :class:`SmsExists` is raised as the transaction ends."""
        known = SmsExists()
        # PostgreSQL may meet the row or its first event first.
        refusing = {"sms_delivery_pkey": known, "event_version_is_unique": known}
        await self._uow.write(_INSERT, _to_row(delivery), refusing)
        await self._uow.publish(delivery)

    async def get(self, delivery_id: str) -> SmsDelivery:
        """Load an SMS that exists, and keep others from changing it until the end of the transaction."""
        row = await self._uow.fetch_one(_LOCK, {"id": delivery_id})
        assert row is not None, "SMS are never deleted"
        return _from_row(row)

    async def find_by_receipt(self, receipt_id: str) -> SmsDelivery | None:
        """Load the SMS that the gateway calls so, if it is ours, in the same way."""
        row = await self._uow.fetch_one(_LOCK_BY_RECEIPT, {"receipt_id": receipt_id})
        return None if row is None else _from_row(row)

    async def save(self, delivery: SmsDelivery) -> None:
        """
        Update a loaded SMS and publish its events. What must not be kept is erased.

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


class SmsReader:
    """Reads of SMS, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def search_sms(self, page: Page, search: SmsSearch) -> list[Any]:
        """Rows of SMS, one more than the page holds."""
        filters = {
            "since_at": search.since_at,
            "until_at": search.until_at,
            "organization_id": search.organization_id,
            "tags": search.tags,
            "status": search.status,
            "to_phone_number": search.to_phone_number,
            "delivery_id": ids.with_prefix("smsdelivery", search.message_id) if search.message_id else None,
        }
        return await self._reader.fetch_all(_SEARCH.of(page), filters | lists.after(page))


def listed_of(row: Any) -> ListedSms:
    """The SMS that a row of a list stands for."""
    return ListedSms(_from_row(row), row.body, row.is_redacted)


def _to_row(delivery: SmsDelivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "organization_id": delivery.organization_id,
        "created_at": delivery.created_at,
        "host_region": delivery.host_region,
        "is_sensitive": delivery.is_sensitive,
        "body": "" if delivery.is_erased else delivery.body,
        "to_phone_number": delivery.to_phone_number,
        "tags": delivery.tags,
        "status": delivery.dispatch.status,
        **{name: getattr(delivery.dispatch, name) for name in _DISPATCH},
        "version": delivery.version + len(delivery.events),
    }


def _from_row(row: Any) -> SmsDelivery:
    return SmsDelivery(
        id=row.id,
        organization_id=row.organization_id,
        created_at=row.created_at,
        host_region=row.host_region,
        is_sensitive=row.is_sensitive,
        body=row.body,
        to_phone_number=row.to_phone_number,
        tags=row.tags,
        dispatch=Dispatch(**{name: getattr(row, name) for name in _DISPATCH}),
        version=row.version,
    )
