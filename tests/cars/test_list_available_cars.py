"""ListAvailableCars: the registered cars that are free during a frame."""

from datetime import UTC, datetime, timedelta

import pytest
from tenantry.cars.v1.cars_service_pb2 import ListAvailableCarsRequest

from server.kernel.ids import decode, new_id
from tests.harness import refusal

NOON = datetime(2040, 5, 1, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def noon(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


class Listing:
    """Lists the available cars of one member and calls them by their names."""

    def __init__(self, service, member, names):
        self.service = service
        self.member = member
        self.names = names

    async def page(self, **fields):
        return await self.service.ListAvailableCars(ListAvailableCarsRequest(**fields), metadata=self.member.metadata)

    async def has(self, name, starts_at=None, ends_at=None):
        found = await self.page(starts_at=starts_at, ends_at=ends_at)
        assert found.total_size == len(found.cars)
        return name in {self.names[car.id] for car in found.cars}


@pytest.fixture
async def listing(cars_service, cast, fleet):
    """One car that is never away, and one that is away from noon + 4 h to noon + 8 h."""
    member = await cast.member(new_id("org"))
    free, busy = await fleet.car(member), await fleet.car(member)
    await fleet.offline(member, busy, noon(4), noon(8))
    return Listing(cars_service, member, {free: "free", busy: "busy"})


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "is_available"),
    [
        (noon(4), noon(8), False),  # equal
        (noon(5), noon(6), False),  # inside
        (noon(3), noon(9), False),  # around
        (noon(3), noon(5), False),  # over the start
        (noon(7), noon(9), False),  # over the end
        (noon(4), noon(5), False),  # shared start
        (noon(7), noon(8), False),  # shared end
        (noon(0), noon(4), True),  # touching the start
        (noon(8), noon(9), True),  # touching the end
        (noon(0), noon(4) + MICROSECOND, False),
        (noon(8) - MICROSECOND, noon(9), False),
        (noon(0), None, False),
        (noon(7), None, False),
        (noon(8), None, True),
        (None, noon(4), True),
        (None, noon(4) + MICROSECOND, False),
        (None, noon(20), False),
        (None, None, True),
        (datetime(1, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC), True),
        (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), False),
    ],
)
async def test_a_slot_that_overlaps_the_frame_hides_a_car(listing, starts_at, ends_at, is_available):
    assert await listing.has("busy", starts_at, ends_at) is is_available
    assert await listing.has("free", starts_at, ends_at)


async def test_without_a_frame_a_car_is_hidden_while_a_slot_contains_now(listing, server):
    seen = {}
    for name, now in {
        "before": noon(4) - MICROSECOND,
        "at the start": noon(4),
        "during": noon(6),
        "at the end": noon(8),
    }.items():
        server.clock.stop_at(now)
        listing.member.metadata = server.as_user(listing.member.user_id, listing.member.session_id)
        seen[name] = await listing.has("busy")

    assert seen == {"before": True, "at the start": False, "during": False, "at the end": True}


async def test_a_reservation_hides_a_car_like_any_other_slot(cars_service, cast, fleet):
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    car_id = await fleet.car(member)
    await fleet.reserve(organization_id, car_id, noon(0), noon(1))
    listing = Listing(cars_service, member, {car_id: "car"})

    hidden = await listing.has("car", noon(0), noon(1))
    await fleet.release(organization_id, car_id, noon(0), noon(1))

    assert (hidden, await listing.has("car", noon(0), noon(1))) == (False, True)


async def test_an_unregistered_car_is_not_available(listing, server):
    free = next(iter(listing.names))
    await server.rows("UPDATE cars.car SET status = 'unregistered' WHERE id = $1", decode("car", free))

    assert not await listing.has("free")


async def test_pages_and_their_total_are_worked_out_in_the_query(cars_service, cast, fleet):
    # given
    member = await cast.member(new_id("org"))
    cars = [await fleet.car(member, year=2000 + number) for number in range(7)]
    for busy in cars[::2]:
        await fleet.offline(member, busy, noon(4), noon(8))
    listing = Listing(cars_service, member, {})

    # when
    frame = {"starts_at": noon(5), "ends_at": noon(6), "order_by": "year desc", "page_size": 2}
    first = await listing.page(**frame)
    second = await listing.page(**frame, page_token=first.next_page_token)

    # then
    assert [car.id for car in [*first.cars, *second.cars]] == [cars[5], cars[3], cars[1]]
    assert (first.total_size, second.total_size, second.next_page_token) == (3, 3, "")


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"starts_at": NOON, "ends_at": NOON}, {"ends_at": "INVALID_ENDS_AT"}),
        ({"starts_at": NOON, "ends_at": NOON - MICROSECOND}, {"ends_at": "INVALID_ENDS_AT"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"order_by": "starts_at"}, {"order_by": "INVALID_ORDER_BY"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(listing, fields, violations):
    refused = await refusal(listing.page(**fields))

    assert refused.violations == violations


async def test_a_page_token_is_not_good_for_another_frame(listing):
    token = (await listing.page(starts_at=noon(0), ends_at=noon(1), page_size=1)).next_page_token

    refused = await refusal(listing.page(starts_at=noon(0), ends_at=noon(2), page_token=token))

    assert refused.violations == {"page_token": "INVALID_PAGE_TOKEN"}


async def test_who_may_not_list_available_cars(cars_service, cast):
    organization_id = new_id("org")
    unpaid = await cast.member(organization_id, feature="basic_features")
    stranger = await cast.member(new_id("org"))
    request = ListAvailableCarsRequest(organization_id=organization_id)

    reasons = [
        (await refusal(cars_service.ListAvailableCars(request, metadata=metadata))).reason
        for metadata in (None, unpaid.metadata, stranger.metadata)
    ]

    assert reasons == ["NOT_AUTHENTICATED", "FEATURE_REQUIRED", "NOT_A_MEMBER"]
