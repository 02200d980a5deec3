"""How bookings are stored: all SQL about them."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select

from server.kernel import lists
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant
from server.kernel.lists import ListQuery, Page
from server.subdomains.bookings import tables
from server.subdomains.bookings.domain import Booking, Period
from server.subdomains.bookings.errors import BookingNotFound

_booking = tables.booking.c
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
_CAR = bindparam("car_id", type_=Id("car"))
_BORROWER = bindparam("borrower_id", type_=Id("user"))
_STARTS = bindparam("starts_at", type_=Instant)
_ENDS = bindparam("ends_at", type_=Instant)

_INSERT = insert(tables.booking)
_LOCK = (
    select(tables.booking)
    .where(_booking.organization_id == _ORGANIZATION, _booking.id == bindparam("id"))
    .with_for_update()
)
_DELETE = delete(tables.booking).where(_booking.organization_id == _ORGANIZATION, _booking.id == bindparam("id"))
_LIST = ListQuery(
    tables.booking,
    _booking.organization_id == _ORGANIZATION,
    or_(_STARTS.is_(None), _booking.starts_at >= _STARTS),
    or_(_ENDS.is_(None), _booking.ends_at <= _ENDS),
    or_(_CAR.is_(None), _booking.car_id == _CAR),
    or_(_BORROWER.is_(None), _booking.borrower_id == _BORROWER),
    columns={"created_at": _booking.created_at, "starts_at": _booking.starts_at, "ends_at": _booking.ends_at},
    id=_booking.id,
)


class BookingRepository:
    """The bookings of organizations, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, booking: Booking) -> None:
        """Insert a new booking and publish its events."""
        await self._uow.write(_INSERT, _to_row(booking))
        await self._uow.publish(booking)

    async def get(self, organization_id: str, booking_id: str) -> Booking:
        """
        Load a booking and keep others from changing it until the end of the transaction.

        Raises:
            BookingNotFound: The organization has no such booking.
        """
        row = await self._uow.fetch_one(_LOCK, {"organization_id": organization_id, "id": booking_id})
        if row is None:
            raise BookingNotFound
        return booking_of(row)

    async def delete(self, booking: Booking) -> None:
        """Delete a loaded booking and publish its events."""
        await self._uow.write(_DELETE, {"organization_id": booking.organization_id, "id": booking.id})
        await self._uow.publish(booking)


class BookingReader:
    """Reads of bookings, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def list_bookings(
        self,
        organization_id: str,
        page: Page,
        *,
        starts_at: datetime | None,
        ends_at: datetime | None,
        car_id: str | None,
        borrower_id: str | None,
    ) -> list[Any]:
        """Rows of bookings wholly within the frame, one more than the page holds."""
        filters = {
            "organization_id": organization_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "car_id": car_id,
            "borrower_id": borrower_id,
        }
        return await self._reader.fetch_all(_LIST.of(page), filters | lists.after(page))


def booking_of(row: Any) -> Booking:
    """The booking that a row stands for."""
    return Booking(
        id=row.id,
        organization_id=row.organization_id,
        created_at=row.created_at,
        car_id=row.car_id,
        borrower_id=row.borrower_id,
        period=Period(row.starts_at, row.ends_at),
        version=row.version,
    )


def _to_row(booking: Booking) -> dict[str, Any]:
    return {
        "organization_id": booking.organization_id,
        "id": booking.id,
        "created_at": booking.created_at,
        "car_id": booking.car_id,
        "borrower_id": booking.borrower_id,
        "starts_at": booking.period.starts_at,
        "ends_at": booking.period.ends_at,
        "version": booking.version + len(booking.events),
    }
