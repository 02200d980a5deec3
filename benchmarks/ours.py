"""
Runs one process of our server, with everything on, and checks it with a real client before it is measured.

People come in by the front door: registered, confirmed and signed in by RPC, so that a call carries a real token and
the server looks up real roles and features.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import grpc
from google.protobuf.message import Message
from tenantry.cars.v1.cars_service_pb2 import GetCarRequest, RegisterCarRequest
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub
from tenantry.health.v1.health_service_pb2 import CheckHealthRequest
from tenantry.health.v1.health_service_pb2_grpc import HealthServiceStub
from tenantry.password_credentials.v1 import password_credentials_service_pb2 as credentials
from tenantry.password_credentials.v1.password_credentials_service_pb2_grpc import PasswordCredentialsServiceStub

from benchmarks import CAR, POOL_SIZE
from benchmarks.load.target import Target, grpc_target
from benchmarks.process import free_port, run_to_end, running

PEOPLE = 5  # the first one calls, the others sign in while it does
FLEET = 1000  # cars there are before anything is measured: over empty tables PostgreSQL may plan anything
PASSWORD = "a long enough passphrase of the bench"  # pragma: allowlist secret


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody registered and confirmed."""

    email: str

    async def sign_in(self, channel: grpc.aio.Channel) -> str:
        """Sign in by password and return the access token."""
        request = credentials.AuthenticateCredentialRequest(username=self.email, password=PASSWORD)
        answer = await PasswordCredentialsServiceStub(channel).AuthenticateCredential(request)
        return str(answer.tokens.access_token.value)


@dataclass(frozen=True, slots=True)
class Ours:
    """The running server, with the calls that are measured."""

    pid: int
    port: int
    environment: Mapping[str, str]
    people: tuple[Person, ...]
    token: str
    car_id: str
    read: Target
    write: Target
    anonymous: Target
    authenticated: Target


@asynccontextmanager
async def ours(database_url: str, folder: Path) -> AsyncIterator[Ours]:
    """Migrate the database and serve by one process until the block ends."""
    environment = settings(database_url, folder)
    log = folder / "ours.log"
    await run_to_end(["-m", "server.cli", "migrate"], log=log, environment=environment)
    port = int(environment["TENANTRY_GRPC_PORT"])
    async with (
        running(["-m", "server.cli", "serve"], port=port, log=log, environment=environment) as pid,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        prepared = await _prepared(pid, environment, channel)
        await _fill(database_url, channel, prepared.token)
        yield prepared


def settings(database_url: str, folder: Path) -> dict[str, str]:
    """One process, ports of its own, as many connections as the others have, and nothing switched off."""
    return {
        "TENANTRY_ENV": "development",  # only there can a registration be confirmed without reading a mail
        "TENANTRY_DATA": str(folder / "data"),
        "TENANTRY_DATABASE_URL": database_url,
        "TENANTRY_DATABASE_POOL_SIZE": str(POOL_SIZE),
        "TENANTRY_GRPC_PORT": str(free_port()),
        "TENANTRY_HTTP_PORT": str(free_port()),
        "TENANTRY_INTERNAL_HTTP_PORT": str(free_port()),
        "TENANTRY_PROCESSES": "1",
        "TENANTRY_ACCESS_TOKEN_TTL_SECONDS": str(6 * 3600),  # longer than any run
        "TENANTRY_LOG_EVERY_CALL": "false",  # as in production, where the gateway logs every request
        "TENANTRY_TESTING_SUBSCRIPTION": "false",  # production has no such subscription
    }


async def _prepared(pid: int, environment: Mapping[str, str], channel: grpc.aio.Channel) -> Ours:
    port = int(environment["TENANTRY_GRPC_PORT"])
    people = tuple([await _register(channel, f"person{number}@bench.example") for number in range(PEOPLE)])
    token = await people[0].sign_in(channel)
    bearer = {"authorization": f"Bearer {token}"}
    signed_in, cars, health = tuple(bearer.items()), CarsServiceStub(channel), HealthServiceStub(channel)
    registered = await cars.RegisterCar(RegisterCarRequest(**CAR), metadata=signed_in)
    get = GetCarRequest(id=registered.car.id)
    read = await cars.GetCar(get, metadata=signed_in)
    if read.car != registered.car or read.car.plate.number != CAR["number_plate"]:
        raise RuntimeError(f"our server does not do what is measured: {registered} {read}")
    alive = await health.CheckHealth(CheckHealthRequest())
    await _check_refusals(channel, get)

    def target(path: str, request: Message, answer: Message, headers: dict[str, str]) -> Target:
        return grpc_target(port, path, request.SerializeToString(), headers, answer.SerializeToString())

    return Ours(
        pid=pid,
        port=port,
        environment=environment,
        people=people,
        token=token,
        car_id=registered.car.id,
        read=target("/tenantry.cars.v1.CarsService/GetCar", get, read, bearer),
        write=target("/tenantry.cars.v1.CarsService/RegisterCar", RegisterCarRequest(**CAR), registered, bearer),
        anonymous=target("/tenantry.health.v1.HealthService/CheckHealth", CheckHealthRequest(), alive, {}),
        authenticated=target("/tenantry.health.v1.HealthService/CheckHealth", CheckHealthRequest(), alive, bearer),
    )


async def _fill(database_url: str, channel: grpc.aio.Channel, token: str) -> None:
    """Register cars, and let PostgreSQL count what there is, as it does by itself after a while."""
    cars, signed_in = CarsServiceStub(channel), (("authorization", f"Bearer {token}"),)
    for _ in range(0, FLEET, 50):
        await asyncio.gather(*(cars.RegisterCar(RegisterCarRequest(**CAR), metadata=signed_in) for _ in range(50)))
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("analyze")
    finally:
        await connection.close()


async def _register(channel: grpc.aio.Channel, email: str) -> Person:
    stub = PasswordCredentialsServiceStub(channel)
    registered = await stub.RegisterPerson(
        credentials.RegisterPersonRequest(
            first_name="Bench",
            last_name="Person",
            email_address=email,
            password=PASSWORD,
            terms_and_conditions_accepted=True,
        )
    )
    asked = credentials.GetRegistrationConfirmationRequest(user_id=registered.person.user.id)
    confirmation = await stub.GetRegistrationConfirmation(asked)
    await stub.ConfirmPersonRegistration(credentials.ConfirmPersonRegistrationRequest(token=confirmation.token))
    return Person(email)


async def _check_refusals(channel: grpc.aio.Channel, get: GetCarRequest) -> None:
    """See that nobody gets in without a good token: a server that checks nothing would be fast for no merit."""
    cars, health = CarsServiceStub(channel), HealthServiceStub(channel)
    nonsense = (("authorization", "Bearer nonsense"),)
    calls: list[Awaitable[Message]] = [
        cars.GetCar(get),
        cars.GetCar(get, metadata=nonsense),
        health.CheckHealth(CheckHealthRequest(), metadata=nonsense),
    ]
    for call in calls:
        try:
            answer = await call
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                raise
        else:
            raise RuntimeError(f"our server let somebody in without a good token: {answer}")
