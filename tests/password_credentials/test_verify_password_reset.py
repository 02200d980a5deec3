"""VerifyPasswordReset: would this token let somebody set a password now?"""

from datetime import timedelta

import grpc
import pytest

from tests.harness import refusal
from tests.password_credentials.resets import begin, complete, row_of, verify


async def test_a_good_token_is_not_used_up(people, server):
    person = await people.person()
    token = await begin(people, server, person)
    before = await row_of(server, person.credential_id), await server.events(person.credential_id)

    for _ in range(3):
        await verify(people, token)

    assert (await row_of(server, person.credential_id), await server.events(person.credential_id)) == before
    await complete(people, token)


async def test_a_token_is_good_for_two_hours(people, server):
    person = await people.person()
    server.clock.stop_at(server.clock())
    token = await begin(people, server, person)

    server.clock.advance(timedelta(hours=2) - timedelta(microseconds=1))
    await verify(people, token)
    server.clock.advance(timedelta(microseconds=1))
    refused = await refusal(verify(people, token))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "RESET_TOKEN_EXPIRED")


async def test_a_token_that_is_unknown_replaced_or_used_is_not_found(people, server):
    person = await people.person()
    replaced = await begin(people, server, person)
    used = await begin(people, server, person)
    await complete(people, used)

    for token in ("a" * 43, replaced, used):
        refused = await refusal(verify(people, token))
        assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "RESET_TOKEN_NOT_FOUND")


@pytest.mark.parametrize("token", ["", "short", "a" * 44, "!" * 43])
async def test_a_malformed_token_is_refused(people, token):
    refused = await refusal(verify(people, token))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"token": "INVALID_TOKEN"})
