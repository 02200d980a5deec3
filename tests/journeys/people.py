"""People who sign up and use the product as clients do, over gRPC through the gateway. Goes with the samples."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import grpc
from tenantry.bookings.v1.bookings_service_pb2 import MakeBookingRequest
from tenantry.bookings.v1.bookings_service_pb2_grpc import BookingsServiceStub
from tenantry.cars.v1.cars_service_pb2 import RegisterCarRequest
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    AuthenticateCredentialRequest,
    ConfirmPersonRegistrationRequest,
    GetRegistrationConfirmationRequest,
    RegisterPersonRequest,
)
from tenantry.password_credentials.v1.password_credentials_service_pb2_grpc import PasswordCredentialsServiceStub

from server.kernel.rpc.times import to_timestamp

PASSWORD = "a quiet harbour at dusk"
_PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)


@dataclass(frozen=True)
class Person:
    """Somebody who has registered."""

    user_id: str
    email: str


class Client:
    """Calls, and calls again with the same request_id while the other side is away."""

    def __init__(self, channel: grpc.aio.Channel, *, patience: float = 60) -> None:
        self._passwords = PasswordCredentialsServiceStub(channel)
        self._cars = CarsServiceStub(channel)
        self._bookings = BookingsServiceStub(channel)
        self._patience = patience

    async def register(self, email: str) -> Person:
        """Sign up."""
        request = RegisterPersonRequest(
            first_name="Ana",
            last_name="Silva",
            email_address=email,
            password=PASSWORD,
            terms_and_conditions_accepted=True,
            request_id=str(uuid.uuid4()),
        )
        answer = await self._try(self._passwords.RegisterPerson, request)
        return Person(answer.person.user.id, email)

    async def sign_in(self, person: Person) -> tuple[tuple[str, str], ...]:
        """Confirm the registration and sign in; the metadata of later calls."""
        confirmation = await self._try(
            self._passwords.GetRegistrationConfirmation, GetRegistrationConfirmationRequest(user_id=person.user_id)
        )
        try:
            await self._try(
                self._passwords.ConfirmPersonRegistration, ConfirmPersonRegistrationRequest(token=confirmation.token)
            )
        except grpc.aio.AioRpcError as error:
            # A first try may have been carried out though its answer was lost: the token is used up then.
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
        signed_in = await self._try(
            self._passwords.AuthenticateCredential,
            AuthenticateCredentialRequest(username=person.email, password=PASSWORD, request_id=str(uuid.uuid4())),
        )
        return (("authorization", f"Bearer {signed_in.tokens.access_token.value}"),)

    async def register_car(self, metadata: Any) -> str:
        """Add a car to the personal organization."""
        request = RegisterCarRequest(
            make="Honda",
            model="Civic",
            year=2023,
            jurisdiction="New Zealand",
            number_plate="ABC123",
            request_id=str(uuid.uuid4()),
        )
        return str((await self._try(self._cars.RegisterCar, request, metadata)).car.id)

    async def book(self, metadata: Any, car_id: str, starts_at: datetime) -> str:
        """Borrow a car for an hour."""
        request = MakeBookingRequest(
            car_id=car_id,
            starts_at=to_timestamp(starts_at),
            ends_at=to_timestamp(starts_at + timedelta(hours=1)),
            request_id=str(uuid.uuid4()),
        )
        return str((await self._try(self._bookings.MakeBooking, request, metadata)).booking.id)

    async def _try(self, call: Callable[..., Any], request: Any, metadata: Any = None) -> Any:
        deadline = asyncio.get_running_loop().time() + self._patience
        while True:
            try:
                return await call(request, metadata=metadata, timeout=10)
            except grpc.aio.AioRpcError as error:
                if error.code() not in _PASSING or asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(0.2)
