"""What bookings ask of cars: to keep a car, and to give it back."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.kernel.ids import new_id
from server.subdomains.cars.errors import CarNotFound, ReferenceMissing, ReserveInPast
from tests.cars.fleet import SlotTaken

NOON = datetime(2040, 5, 1, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def noon(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


@pytest.fixture
async def parked(cast, fleet):
    """An organization and its car."""
    organization_id = new_id("org")
    return organization_id, await fleet.car(await cast.member(organization_id))


async def test_a_car_is_kept_and_given_back(fleet, parked, server):
    organization_id, car_id = parked

    await fleet.reserve(organization_id, car_id, noon(0), noon(1))
    kept = await fleet.slots(car_id)
    await fleet.release(organization_id, car_id, noon(0), noon(1))

    assert kept == [("reservation", noon(0), noon(1))]
    assert await fleet.slots(car_id) == []
    assert (await server.events(car_id))[4:] == [
        "cars.car_unavailability_slot_added.v1",
        "cars.car_unavailability_slot_removed.v1",
    ]


@pytest.mark.parametrize("slot", [(4, 8), (5, 6), (3, 9), (4, 5), (7, 8)], ids=str)
async def test_a_taken_slot_gives_the_refusal_of_who_asks_and_saves_nothing(fleet, parked, server, slot):
    organization_id, car_id = parked
    await fleet.reserve(organization_id, car_id, noon(4), noon(8))

    with pytest.raises(SlotTaken):
        await fleet.reserve(organization_id, car_id, *map(noon, slot))

    assert await fleet.slots(car_id) == [("reservation", noon(4), noon(8))]
    assert len(await server.events(car_id)) == 5


async def test_of_twenty_that_want_the_same_slot_one_gets_it(fleet, parked):
    organization_id, car_id = parked

    outcomes = await asyncio.gather(
        *(fleet.reserve(organization_id, car_id, noon(0), noon(1)) for _ in range(20)), return_exceptions=True
    )

    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, SlotTaken) for outcome in outcomes) == 19
    assert len(await fleet.slots(car_id)) == 1


async def test_what_cannot_be_kept(fleet, parked, server):
    organization_id, car_id = parked
    server.clock.stop_at(now := server.clock())

    with pytest.raises(ReserveInPast):
        await fleet.reserve(organization_id, car_id, now, noon(1))
    with pytest.raises(ReferenceMissing):
        await fleet.reserve(organization_id, car_id, noon(0), noon(1), reference="")
    with pytest.raises(CarNotFound):
        await fleet.reserve(organization_id, new_id("car"), noon(0), noon(1))
    with pytest.raises(CarNotFound):
        await fleet.reserve(new_id("org"), car_id, noon(0), noon(1))

    assert await fleet.slots(car_id) == []


@pytest.mark.parametrize(
    ("slot", "reference"),
    [
        ((noon(0) + MICROSECOND, noon(1)), "booking"),
        ((noon(0), noon(1) - MICROSECOND), "booking"),
        ((noon(0), noon(1)), "another booking"),
    ],
)
async def test_a_release_that_does_not_match_exactly_changes_nothing(fleet, parked, server, slot, reference):
    organization_id, car_id = parked
    await fleet.reserve(organization_id, car_id, noon(0), noon(1))

    await fleet.release(organization_id, car_id, *slot, reference=reference)

    assert len(await fleet.slots(car_id)) == 1
    assert len(await server.events(car_id)) == 5


async def test_a_release_takes_no_slot_of_another_cause(fleet, parked, cast, server):
    organization_id, car_id = parked
    await fleet.offline(await cast.member(organization_id), car_id, noon(0), noon(1))

    await fleet.release(organization_id, car_id, noon(0), noon(1))

    assert len(await fleet.slots(car_id)) == 1


async def test_a_release_of_an_unknown_car_changes_nothing(fleet, parked):
    organization_id, car_id = parked
    await fleet.reserve(organization_id, car_id, noon(0), noon(1))

    await fleet.release(organization_id, new_id("car"), noon(0), noon(1))
    await fleet.release(new_id("org"), car_id, noon(0), noon(1))

    assert len(await fleet.slots(car_id)) == 1
