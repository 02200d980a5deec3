"""
The token of a sign-in that waits for a second factor is good for nothing but second factors.

It is presented to every operation there is, in every place where a credential may stand.
"""

import grpc
import pytest
import pytest_asyncio
from google.protobuf.descriptor import FieldDescriptor

from tests.everything.calls import call_natively
from tests.everything.operations import OPERATIONS, Operation, by_name
from tests.everything.requests import assign, fields_of, is_required, rules_of
from tests.everything.second_factors import SecondFactors
from tests.everything.world import World

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=by_name)
UNKNOWN = "A" * 43
NOT_SIGNED_IN = "UNAUTHENTICATED NOT_AUTHENTICATED"


@pytest_asyncio.fixture(scope="session")
async def mfa_token(world: World) -> str:
    """One that is good: nothing here uses it up."""
    factors = SecondFactors(world.running)
    return await factors.token(await factors.person())


async def says(world: World, operation: Operation, *metadata: tuple[str, str]) -> str:
    """What an operation answers to an empty request."""
    return (await call_natively(world.running.channel, operation, operation.request(), metadata)).says


@each_operation
async def test_it_is_no_access_token_and_no_api_key(world: World, mfa_token: str, operation: Operation) -> None:
    for place, text, refused in (
        ("authorization", f"Bearer {mfa_token}", "UNAUTHENTICATED TOKEN_INVALID"),
        ("x-api-key", mfa_token, "UNAUTHENTICATED API_KEY_INVALID"),
    ):
        with_nothing = await says(world, operation)
        expected = with_nothing if operation.access.ignores_credentials else refused
        assert await says(world, operation, (place, text)) == expected, place


@each_operation
async def test_where_it_belongs_only_second_factors_take_it(world: World, mfa_token: str, operation: Operation) -> None:
    with_nothing = await says(world, operation)
    with_unknown = await says(world, operation, ("x-mfa-token", UNKNOWN))
    with_token = await says(world, operation, ("x-mfa-token", mfa_token))

    assert with_unknown == with_nothing
    if operation.name == "ListMfaAuthenticators":
        assert (with_nothing, with_token) == ("UNAUTHENTICATED MFA_TOKEN_INVALID", "OK")
    else:
        assert with_token == with_nothing
        assert operation.is_open or with_token == NOT_SIGNED_IN


def other_tokens(operation: Operation) -> list[FieldDescriptor]:
    """The fields of a request that must hold another secret of the same form."""
    fields = [each for each in fields_of(operation.request()) if is_required(each) and each.name != "mfa_token"]
    secrets = [each for each in fields if each.GetOptions().debug_redact]
    return [each for each in secrets if "{43}" in rules_of(each).string.pattern]


@pytest.mark.parametrize("operation", [found for found in OPERATIONS if other_tokens(found)], ids=by_name)
async def test_it_is_no_other_token_of_a_request(world: World, mfa_token: str, operation: Operation) -> None:
    caller = world.able(operation)
    request = await world.requests.valid(operation, caller, world.organization_id)
    for each in other_tokens(operation):
        assign(request, each, mfa_token)

    answer = await world.call(operation, request, caller)

    assert answer.code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.NOT_FOUND)
