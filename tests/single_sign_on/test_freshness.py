"""When somebody has signed in, as the provider says, and what that is worth here."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import jwt
import pytest
from tenantry.auth_tokens.v1 import auth_tokens_service_pb2
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RefreshTokenRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub

from server.kernel import ids
from server.kernel.access.caller import Caller, Credential
from server.kernel.errors import StepUpRequired
from server.kernel.rpc.access import check
from server.kernel.rpc.methods import read_methods
from tests.harness import refusal
from tests.signed_in import bearer


def auth_time_of(tokens):
    return jwt.decode(tokens.access_token.value, options={"verify_signature": False})["auth_time"]


async def kept_auth_time_of(server, tokens):
    sql = "SELECT auth_time FROM auth_tokens.session WHERE id = $1"
    [row] = await server.rows(sql, ids.decode("session", tokens.session_id))
    return row["auth_time"]


async def test_the_provider_says_when(client, server):
    an_hour_ago = int(time.time()) - 3600

    tokens = await client.sign_in(auth_time=an_hour_ago)

    assert auth_time_of(tokens) == an_hour_ago
    assert await kept_auth_time_of(server, tokens) == datetime.fromtimestamp(an_hour_ago, UTC)


async def test_one_that_is_a_little_ahead_of_us_says_now(client):
    before = int(time.time())

    tokens = await client.sign_in(auth_time=int(time.time()) + 25)

    assert before <= auth_time_of(tokens) <= int(time.time())


async def test_one_that_does_not_say_says_never(client, server):
    tokens = await client.sign_in()

    assert auth_time_of(tokens) == 0
    assert await kept_auth_time_of(server, tokens) == datetime.fromtimestamp(0, UTC)
    # An ordinary call takes the session; a refresh leaves it as it is.
    service = AuthTokensServiceStub(server.channel)
    assert (await service.ListSessions(ListSessionsRequest(), metadata=bearer(tokens.access_token.value))).sessions
    renewed = await service.RefreshToken(RefreshTokenRequest(refresh_token=tokens.refresh_token.value))
    assert auth_time_of(renewed.tokens) == 0


async def test_what_never_was_is_fresh_enough_for_nothing(client, server):
    tokens = await client.sign_in()

    claims = server.app.platform.tokens.verify(tokens.access_token.value)

    caller = Caller(tokens.user_id, Credential.ACCESS_TOKEN, None, tokens.session_id, claims.auth_time)
    service = auth_tokens_service_pb2.DESCRIPTOR.services_by_name["AuthTokensService"]
    [method] = [method for method in read_methods(service) if method.name == "ListSessions"]
    with pytest.raises(StepUpRequired):
        check(replace(method, sign_in_max_age_seconds=10 * 365 * 86_400), caller, None, server.clock())


async def test_one_that_was_asked_for_a_new_sign_in_and_does_not_say_means_now(client):
    started = await client.start(prompt_login=True)
    before = int(time.time())

    tokens = await client.finish(await client.come_back(started))

    assert before <= auth_time_of(tokens) <= int(time.time())


async def test_one_that_was_asked_for_a_new_sign_in_and_says_when(client):
    started, now = await client.start(prompt_login=True), int(time.time())

    assert auth_time_of(await client.finish(await client.come_back(started, auth_time=now - 20))) == now - 20


async def test_one_that_was_asked_for_a_new_sign_in_and_gives_an_old_one(client, server):
    started = await client.start(prompt_login=True)
    request = await client.come_back(started, auth_time=int(time.time()) - 35)

    refused = await refusal(client.finish(request))

    assert refused.reason == "SSO_AUTHENTICATION_FAILED"
