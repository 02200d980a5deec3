"""
Register a car and book it, in the caller's default organization. Goes with the samples.

Run it: ``TENANTRY_EMAIL=… TENANTRY_PASSWORD=… python examples/cars.py [TARGET]``.
"""

import asyncio
import datetime as dt
import os
import sys

from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.bookings.v1.bookings_service_pb2 import MakeBookingRequest
from tenantry.cars.v1.cars_service_pb2 import RegisterCarRequest

from tenantry_client import FailedPrecondition, Tenantry


async def main(target: str) -> None:
    """Book a car twice, and be refused once."""
    async with Tenantry(target) as client:
        await client.sign_in(os.environ["TENANTRY_EMAIL"], os.environ["TENANTRY_PASSWORD"])
        registered = await client.cars.RegisterCar(
            RegisterCarRequest(
                make="Honda", model="Civic", year=2020, jurisdiction="New Zealand", number_plate="ABC123"
            )
        )
        print(f"registered {registered.car.id}")

        tomorrow = Timestamp()
        tomorrow.FromDatetime(dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
        booking = MakeBookingRequest(car_id=registered.car.id, starts_at=tomorrow)
        made = await client.bookings.MakeBooking(booking)
        print(f"booked from {made.booking.starts_at.ToJsonString()} to {made.booking.ends_at.ToJsonString()}")
        try:
            await client.bookings.MakeBooking(booking)
        except FailedPrecondition as error:
            print(f"not twice: {error.reason}")  # CAR_NOT_AVAILABLE


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"))
