"""A password reset of somebody who signs in with a second factor."""

import grpc
import pytest

from tests.harness import refusal
from tests.mfa.factors import Factors, with_token
from tests.password_credentials.resets import NEW_PASSWORD, begin, complete


@pytest.fixture
def factors(server):
    return Factors(server)


async def test_a_sign_in_that_waits_for_its_second_factor_is_dropped(people, server, factors):
    # given
    person = await factors.person()
    mfa_token = await factors.token(person)
    await factors.listed(with_token(mfa_token))
    token = await begin(people, server, person)

    # when
    await complete(people, token)

    # then
    refused = await refusal(factors.listed(with_token(mfa_token)))
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "MFA_TOKEN_INVALID")


async def test_the_second_factor_stays_required(people, server, factors):
    person = await factors.person()
    token = await begin(people, server, person)

    await complete(people, token)

    assert await factors.token(person, NEW_PASSWORD)
