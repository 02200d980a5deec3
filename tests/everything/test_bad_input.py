"""Bad input: whatever is wrong with a request, it is refused as the caller's mistake, and nothing has changed."""

import grpc
import pytest

from tests.everything.calls import FAILURES, Answer, send
from tests.everything.operations import OPERATIONS, Operation, by_name
from tests.everything.requests import assign, fields_of
from tests.everything.rows import changed, fingerprints
from tests.everything.spoiled import spoiled_natively, strange_natively
from tests.everything.spoiled_http import spoiled_by_rest
from tests.everything.world import World, gathered

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=by_name)
JSON = {"content-type": "application/json"}
_MISTAKES = {grpc.StatusCode.INVALID_ARGUMENT}


@each_operation
async def test_a_spoiled_request_is_refused_natively(world: World, operation: Operation) -> None:
    caller = world.able(operation)
    valid = await world.requests.valid(operation, caller, world.organization_id)
    before = await fingerprints(world.running)
    spoiled = list(spoiled_natively(operation, valid))

    answers = await gathered(world.call(operation, each.body, caller) for each in spoiled)

    wrong = [
        f"{each.place}: {each.how}: {answer.says}"
        for each, answer in zip(spoiled, answers, strict=True)
        if answer.code not in _MISTAKES or not answer.reason
    ]
    assert wrong == []
    assert changed(before, await fingerprints(world.running)) == []


@each_operation
async def test_nothing_strange_makes_the_server_fail(world: World, operation: Operation) -> None:
    caller = world.able(operation)
    valid = await world.requests.valid(operation, caller, world.organization_id)
    for field in fields_of(valid):
        if field.name == "username":  # wrong passwords lock a name: not the owner's
            assign(valid, field, "nobody@example.com")
    strange = list(strange_natively(operation, valid))

    answers = await gathered(world.call(operation, each.body, caller) for each in strange)

    told = {f"{each.place}: {each.how}": answer for each, answer in zip(strange, answers, strict=True)}
    assert {name: answer.says for name, answer in told.items() if answer.code in FAILURES} == {}


@each_operation
async def test_a_spoiled_request_is_refused_by_rest(world: World, operation: Operation) -> None:
    caller = world.able(operation)
    client = world.ways.internal if operation.is_service_only else world.ways.client
    valid = await world.requests.valid(operation, caller, world.organization_id)
    before = await fingerprints(world.running)
    spoiled = [each for route in operation.routes for each in spoiled_by_rest(route, valid)]

    answers: list[Answer] = await gathered(
        send(
            client,
            each.verb,
            each.target,
            content=each.content,
            metadata=(*caller.metadata, *(JSON | each.headers).items()),
        )
        for each in spoiled
    )

    wrong = [
        f"{each.place}: {each.how}: {answer.says}"
        for each, answer in zip(spoiled, answers, strict=True)
        if answer.code not in (*_MISTAKES, grpc.StatusCode.NOT_FOUND) or not answer.reason
    ]
    assert wrong == []
    assert changed(before, await fingerprints(world.running)) == []
