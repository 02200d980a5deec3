"""What the public may not reach: service operations anywhere outside, testing-only ones in production at all."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from google.protobuf.message import Message

from server.composition import compose, settings_classes
from server.kernel.settings import secret_mark, variable_name
from tests.everything.calls import Answer, call_natively, rest_request, send, with_query
from tests.everything.operations import OPERATIONS, Operation, by_name
from tests.everything.world import Ways, World, gathered, standing_gateway
from tests.gateway.test_closed_operations import disguises
from tests.harness import Metadata, Running, running
from tooling.contracts.http_rules import Route

SERVICE_ONLY = [found for found in OPERATIONS if found.is_service_only]
TESTING_ONLY = [found for found in OPERATIONS if found.access.testing_only]
IN_PRODUCTION = [found for found in OPERATIONS if not found.access.testing_only]
REFLECTION = [f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo" for version in ("v1", "v1alpha")]


@contextmanager
def production_settings() -> Iterator[None]:
    """The environment of a production server that was given every secret."""
    marks = {
        variable_name(settings, name): mark
        for settings in settings_classes()
        for name, each in settings.model_fields.items()
        if (mark := secret_mark(each))
    }
    added = {"TENANTRY_ENV": "production"} | {name: mark.make() for name, mark in marks.items()}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


@pytest_asyncio.fixture(scope="session")
async def production(world: World) -> AsyncIterator[Running]:
    with production_settings():
        starting = running(world.running.dsn, compose)
        found = await starting.__aenter__()
    yield found
    await starting.__aexit__(None, None, None)


@pytest_asyncio.fixture(scope="session")
async def production_ways(production: Running, run_folder: Path) -> AsyncIterator[Ways]:
    async with standing_gateway(production.port, run_folder / "production", "production") as found:
        yield found


@pytest.mark.parametrize("operation", SERVICE_ONLY, ids=by_name)
async def test_what_is_for_services_is_not_reached_from_outside(world: World, operation: Operation) -> None:
    request = await world.requests.valid(operation, world.callers["service"], world.organization_id)
    await assert_out_of_reach(world.ways, operation, request, world.running.as_service())


@pytest.mark.parametrize("operation", SERVICE_ONLY + TESTING_ONLY, ids=by_name)
async def test_what_is_for_testing_or_services_is_not_reached_in_production(
    world: World, production: Running, production_ways: Ways, operation: Operation
) -> None:
    request = await world.requests.valid(operation, world.owner, world.organization_id)
    for metadata in (production.as_service(), as_owner(world, production)):
        await assert_out_of_reach(production_ways, operation, request, metadata)


@pytest.mark.parametrize("operation", TESTING_ONLY, ids=by_name)
async def test_what_is_for_testing_does_not_exist_in_production(
    world: World, production: Running, production_ways: Ways, operation: Operation
) -> None:
    request = await world.requests.valid(operation, world.owner, world.organization_id)
    for channel in (production.channel, production_ways.internal_channel):
        for metadata in (production.as_service(), as_owner(world, production), ()):
            answer = await call_natively(channel, operation, request, metadata)
            assert answer.code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("operation", IN_PRODUCTION, ids=by_name)
async def test_everything_else_exists_in_production(world: World, production: Running, operation: Operation) -> None:
    caller = world.able(operation)
    request = await world.requests.valid(operation, caller, world.organization_id)
    metadata = production.as_service() if operation.is_service_only else as_owner(world, production)
    answer = await call_natively(production.channel, operation, request, metadata)
    assert answer.code not in (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)


@pytest.mark.parametrize("path", REFLECTION)
async def test_production_does_not_describe_itself(production: Running, production_ways: Ways, path: str) -> None:
    for channel in (production.channel, production_ways.channel, production_ways.internal_channel):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            method: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(path)
            await method(iter([b""])).read()
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def as_owner(world: World, server: Running) -> Metadata:
    """The owner's credential, of this server's keys."""
    return server.as_user(world.owner.user_id, world.owner.session_id)


async def assert_out_of_reach(ways: Ways, operation: Operation, request: Message, metadata: Metadata) -> None:
    """Try every way in, with a request and a credential that would do inside."""
    native = await call_natively(ways.channel, operation, request, metadata)
    assert native.code is grpc.StatusCode.UNIMPLEMENTED
    tries = [(route, target) for route in operation.routes for target in targets(route, request)]
    answers: list[Answer] = await gathered(
        send(ways.client, route.verb, target, rest_request(route, request)[1], metadata) for route, target in tries
    )
    reached = [
        f"{route.verb} {target}: {answer.says}"
        for (route, target), answer in zip(tries, answers, strict=True)
        if answer.reason not in ("NO_SUCH_OPERATION", "MALFORMED_REQUEST")
    ]
    assert reached == []


def targets(route: Route, request: Message) -> list[str]:
    """The path of a route in all disguises, and with tricks in the query."""
    target, _ = rest_request(route, request)
    path, _, query = target.partition("?")
    tricks = [with_query(path, {name: "x"}) for name in ("$method", "_method", "x-http-method-override", "body")]
    return [target, *tricks, *(f"{disguise}{'?' if query else ''}{query}" for disguise in disguises(path))]
