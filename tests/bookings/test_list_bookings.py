"""ListBookings: every booking of the organization that lies wholly within a frame."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from tenantry.bookings.v1.bookings_service_pb2 import ListBookingsRequest

from server.kernel.ids import new_id
from tests.bookings import requests
from tests.harness import refusal

NOON = datetime(2040, 5, 1, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def noon(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


class Fleet:
    """An organization with two cars, two borrowers and five bookings."""

    def __init__(self, bookings_service, borrowers, cars, bookings):
        self.service = bookings_service
        self.borrowers = borrowers
        self.cars = cars
        self.bookings = bookings

    async def list(self, request=None, **fields):
        request = request or ListBookingsRequest(**fields)
        return await self.service.ListBookings(request, metadata=self.borrowers[0].metadata)

    async def names(self, request=None, **fields):
        """The bookings found, by the letters a to e."""
        found = (await self.list(request, **fields)).bookings
        ids = [booking.id for booking in self.bookings]
        return "".join("abcde"[ids.index(booking.id)] for booking in found)


@pytest_asyncio.fixture
async def fleet(bookings_service, cast, garage):
    organization_id = new_id("org")
    borrowers = [await cast.member(organization_id), await cast.member(organization_id)]
    cars = [await garage.car(borrowers[0]), await garage.car(borrowers[1])]
    plan = [(0, 0, 4, 5), (1, 1, 0, 8), (0, 1, 2, 3), (1, 0, 8, 9), (0, 0, 0, 1)]  # borrower, car, start, end
    bookings = [
        (
            await bookings_service.MakeBooking(
                requests.make_booking(cars[car], noon(starts), noon(ends)), metadata=borrowers[borrower].metadata
            )
        ).booking
        for borrower, car, starts, ends in plan
        if (borrower, car, starts) != (0, 1, 2)
    ]
    other = requests.make_booking(await garage.car(borrowers[0]), noon(2), noon(3))
    third = (await bookings_service.MakeBooking(other, metadata=borrowers[0].metadata)).booking
    bookings.insert(2, third)
    return Fleet(bookings_service, borrowers, cars, bookings)


async def test_all_bookings_come_in_the_order_they_were_made(fleet):
    assert await fleet.names() == "abdec"
    assert (await fleet.list()).total_size == 5


@pytest.mark.parametrize(
    ("starts", "ends", "found"),
    [
        (None, None, "abdec"),
        (noon(0), None, "abdec"),
        (noon(0) + MICROSECOND, None, "adc"),
        (None, noon(8), "abec"),
        (None, noon(8) - MICROSECOND, "aec"),
        (noon(0), noon(8), "abec"),
        (noon(4), noon(5), "a"),
        (noon(4) + MICROSECOND, noon(5), ""),
        (noon(4), noon(5) - MICROSECOND, ""),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), "abdec"),
    ],
)
async def test_a_booking_counts_when_it_lies_wholly_within_the_frame(fleet, starts, ends, found):
    assert await fleet.names(requests.list_bookings(starts, ends)) == found


async def test_bookings_are_found_by_car_and_by_borrower(fleet):
    assert await fleet.names(car_id=fleet.cars[0]) == "ade"
    assert await fleet.names(borrower_id=fleet.borrowers[1].user_id) == "bd"
    assert await fleet.names(car_id=fleet.cars[0], borrower_id=fleet.borrowers[1].user_id) == "d"
    assert await fleet.names(car_id=new_id("car")) == ""


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        ("created_at", "abdec"),
        ("created_at desc", "cedba"),
        ("starts_at", "becad"),
        ("starts_at desc", "daceb"),
        ("ends_at", "ecabd"),
        ("ends_at desc", "dbace"),
    ],
)
async def test_bookings_are_ordered_and_paged_to_the_end(fleet, order_by, found):
    # given
    in_pages, token = "", None

    # when
    while token != "":
        page = await fleet.list(order_by=order_by, page_size=2, page_token=token or "")
        assert page.total_size == 5
        in_pages += await fleet.names(order_by=order_by, page_size=2, page_token=token or "")
        token = page.next_page_token

    # then: bookings of the same instant are in the order of their ids
    assert in_pages == found


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"order_by": "car_id"}, {"order_by": "INVALID_ORDER_BY"}),
        ({"page_token": "forged"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"car_id": "car_1"}, {"car_id": "INVALID_ID"}),
        ({"borrower_id": "me"}, {"borrower_id": "INVALID_ID"}),
        ({"starts_at": NOON, "ends_at": NOON}, {"ends_at": "INVALID_ENDS_AT"}),
        ({"starts_at": NOON, "ends_at": NOON - MICROSECOND}, {"ends_at": "INVALID_ENDS_AT"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(bookings_service, cast, fields, violations):
    member = await cast.member(new_id("org"))

    refused = await refusal(bookings_service.ListBookings(ListBookingsRequest(**fields), metadata=member.metadata))

    assert refused.violations == violations


async def test_who_may_not_list_bookings(bookings_service, cast):
    organization_id = new_id("org")
    unpaid = await cast.member(organization_id, feature="basic_features")
    stranger = await cast.member(new_id("org"))
    request = ListBookingsRequest(organization_id=organization_id)

    reasons = [
        (await refusal(bookings_service.ListBookings(request, metadata=metadata))).reason
        for metadata in (None, unpaid.metadata, stranger.metadata)
    ]

    assert reasons == ["NOT_AUTHENTICATED", "FEATURE_REQUIRED", "NOT_A_MEMBER"]
