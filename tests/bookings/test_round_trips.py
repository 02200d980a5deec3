"""What calls cost: round trips to PostgreSQL, counted on the wire."""

from datetime import UTC, datetime, timedelta

import pytest_asyncio
from tenantry.bookings.v1.bookings_service_pb2_grpc import BookingsServiceStub

from server.kernel.ids import new_id
from tests.bookings import requests
from tests.bookings.conftest import compose
from tests.cast import Cast
from tests.harness import running
from tests.wire import counting

NOON = datetime(2040, 5, 1, 12, tzinfo=UTC)


@pytest_asyncio.fixture
async def measured(server, garage):
    async with counting(server.dsn) as wire, running(wire.dsn, compose, pool_size=1) as counted:
        member = await Cast(counted).member(new_id("org"))
        yield Measured(wire, BookingsServiceStub(counted.channel), member, await garage.car(member))


class Measured:
    def __init__(self, wire, service, member, car_id):
        self.service = service
        self.car_id = car_id
        self._wire = wire
        self._member = member

    async def call(self, method, request):
        """The answer and its round trips, the caller being known."""
        await self.service.ListBookings(requests.list_bookings(), metadata=self._member.metadata)
        before = self._wire.round_trips
        answer = await method(request, metadata=self._member.metadata)
        return answer, self._wire.round_trips - before


async def test_a_booking_takes_four_round_trips_a_cancellation_six_and_a_list_one(measured):
    costs = []
    for day in range(4):
        request = requests.make_booking(measured.car_id, NOON + timedelta(days=day))
        made, making = await measured.call(measured.service.MakeBooking, request)
        _, listing = await measured.call(measured.service.ListBookings, requests.list_bookings())
        cancel = requests.cancel_booking(made.booking.id)
        _, cancelling = await measured.call(measured.service.CancelBooking, cancel)
        costs.append((making, cancelling, listing))

    # The first time statements are prepared, and now and then the caller is looked up again all the same.
    assert [min(cost) for cost in zip(*costs, strict=True)] == [4, 6, 1]
