"""Who may call what: every operation, every kind of caller, natively and by REST, as the access options say."""

import pytest

from tests.everything.callers import ALLOWED, REASONS, Caller, verdict
from tests.everything.calls import FAILURES, Answer, call_by_rest, call_natively
from tests.everything.operations import CONTRACTED, OPERATIONS, Operation, by_name
from tests.everything.signatures import signature_of
from tests.everything.spoiled import spoiled_but_for_the_organization
from tests.everything.world import World, gathered

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=by_name)


def said(answer: Answer) -> str:
    """The refusal by access, or that there was none. Nothing that the server could not do counts as allowed."""
    return answer.says if answer.reason in REASONS or answer.code in FAILURES else ALLOWED


def expected(world: World, operation: Operation) -> dict[str, str]:
    """What every caller must be told."""
    return {name: verdict(operation, caller, world.organization_id) for name, caller in world.callers.items()}


def test_every_operation_of_the_contracts_is_served() -> None:
    assert [operation.path for operation in OPERATIONS] == [operation.path for operation in CONTRACTED]


@each_operation
async def test_who_may_call_it_natively(world: World, operation: Operation) -> None:
    request = await world.requests.valid(operation, world.owner, world.organization_id)

    async def told(caller: Caller) -> str:
        return said(await world.call(operation, request, caller))

    told_to_each = await gathered(told(caller) for caller in world.callers.values())

    assert dict(zip(world.callers, told_to_each, strict=True)) == expected(world, operation)


@each_operation
async def test_who_may_call_it_through_the_gateway(world: World, operation: Operation) -> None:
    client = world.ways.internal if operation.is_service_only else world.ways.client
    channel = world.ways.internal_channel if operation.is_service_only else world.ways.channel

    request = await world.requests.valid(operation, world.owner, world.organization_id)

    async def told(caller: Caller) -> tuple[str, ...]:
        by_rest = [said(await call_by_rest(client, route, request, caller.metadata)) for route in operation.routes]
        return said(await call_natively(channel, operation, request, caller.metadata)), *by_rest

    told_to_each = await gathered(told(caller) for caller in world.callers.values())

    ways = len(operation.routes) + 1
    assert dict(zip(world.callers, told_to_each, strict=True)) == {
        name: (verdict,) * ways for name, verdict in expected(world, operation).items()
    }


@each_operation
async def test_whoever_may_call_it_succeeds_with_a_valid_request(world: World, operation: Operation) -> None:
    caller = world.able(operation)
    client = world.ways.internal if operation.is_service_only else world.ways.client

    request = await world.requests.valid(operation, caller, world.organization_id)
    metadata = (*caller.metadata, *signature_of(operation, request))
    native = await call_natively(world.running.channel, operation, request, metadata)
    assert native.says == "OK"
    for route in operation.routes:
        request = await world.requests.valid(operation, caller, world.organization_id)
        metadata = (*caller.metadata, *signature_of(operation, request))
        by_rest = await call_by_rest(client, route, request, metadata)
        assert by_rest.says == "OK", dict(by_rest.violations)


@each_operation
async def test_access_is_decided_before_the_request_is_looked_at(world: World, operation: Operation) -> None:
    request = spoiled_but_for_the_organization(operation, world.organization_id)

    told_to_each = await gathered(world.call(operation, request, caller) for caller in world.callers.values())

    refused = {name: answer.says for name, answer in zip(world.callers, told_to_each, strict=True)}
    for name, told in expected(world, operation).items():
        if told != ALLOWED:
            assert refused[name] == told, name


@pytest.mark.parametrize("operation", [found for found in OPERATIONS if found.is_tenanted], ids=by_name)
@pytest.mark.parametrize("organization_id", ["nonsense", "user_01k9zzzzzzzzzzzzzzzzzzzzzz"])
async def test_a_malformed_organization_comes_right_after_authentication(
    world: World, operation: Operation, organization_id: str
) -> None:
    request = operation.request(**{operation.organization_field: organization_id})

    for name, caller in world.callers.items():
        answer = await world.call(operation, request, caller)
        if caller.refused:
            assert answer.says == caller.refused, name
        elif caller.is_anonymous:
            assert answer.says == "UNAUTHENTICATED NOT_AUTHENTICATED", name
        else:
            assert answer.says == "INVALID_ARGUMENT VALIDATION_FAILED", name
            assert answer.violations == {operation.organization_field: "INVALID_ID"}
