"""The use cases of bookings: one public method each, in the order of the contract."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import InvalidArgument, Violation
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.bookings.domain import Booking, Period
from server.subdomains.bookings.errors import CarNotAvailable
from server.subdomains.bookings.repository import BookingReader, BookingRepository, booking_of
from server.subdomains.cars.api import CarsApi

BOOKING_ORDERING = Ordering(("created_at", "starts_at", "ends_at"), "created_at")


class BookingsApplication:
    """What can be done with bookings."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        lists: Lists,
        cars: CarsApi,
        usages: UsagesApi,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._bookings = BookingReader(reader)
        self._lists = lists
        self._cars = cars
        self._usages = usages
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "BookingsApplication":
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            lists=platform.lists,
            cars=CarsApi.of(platform),
            usages=UsagesApi.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
        )

    def violations_of_period(self, period: Period) -> Iterator[Violation]:
        """What is wrong with the period of a new booking."""
        return period.violations(now=self._now())

    async def make_booking(self, *, organization_id: str, caller_id: str, car_id: str, period: Period) -> Booking:
        """
        Borrow a car for a while.

        Raises:
            InvalidArgument: The period has begun since it was looked at.
        """
        now = self._now()
        violations = list(period.violations(now=now))
        if violations:
            raise InvalidArgument(*violations)
        booking = Booking.make(
            id=self._new_id("booking"),
            organization_id=organization_id,
            car_id=car_id,
            borrower_id=caller_id,
            period=period,
            now=now,
        )
        async with self._begin(organization_id) as uow:
            await self._cars.reserve_car(
                uow,
                organization_id=organization_id,
                car_id=car_id,
                starts_at=period.starts_at,
                ends_at=period.ends_at,
                reference=booking.id,
                now=now,
                refusal=CarNotAvailable(),
            )
            await BookingRepository(uow).add(booking)
            self._record(uow, "Booking Created", booking.id, organization_id, period)
        return booking

    async def cancel_booking(self, *, organization_id: str, caller_id: str, is_owner: bool, booking_id: str) -> None:
        """Give a booking up before it starts, and its car back."""
        now = self._now()  # of the call, however long others keep it waiting for the row
        async with self._begin(organization_id) as uow:
            bookings = BookingRepository(uow)
            booking = await bookings.get(organization_id, booking_id)
            booking.cancel(canceler_id=caller_id, is_owner=is_owner, now=now)
            await self._cars.release_car(
                uow,
                organization_id=organization_id,
                car_id=booking.car_id,
                starts_at=booking.period.starts_at,
                ends_at=booking.period.ends_at,
                reference=booking.id,
            )
            await bookings.delete(booking)
            self._record(uow, "Booking Canceled", booking.id, organization_id, booking.period)

    async def list_bookings(
        self,
        *,
        organization_id: str,
        starts_at: datetime | None,
        ends_at: datetime | None,
        car_id: str | None,
        borrower_id: str | None,
        page: Page,
    ) -> Paged:
        """The bookings of the organization that lie wholly within a frame."""
        rows = await self._bookings.list_bookings(
            organization_id, page, starts_at=starts_at, ends_at=ends_at, car_id=car_id, borrower_id=borrower_id
        )
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        return Paged([booking_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

    def _record(self, uow: UnitOfWork, event: str, booking_id: str, organization_id: str, period: Period) -> None:
        self._usages.record(
            uow,
            event,
            ResourceId=booking_id,
            TenantId=organization_id,
            Started=str(period.starts_at.hour),
            Duration=str(period.length // timedelta(hours=1)),
        )
