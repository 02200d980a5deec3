"""RevokeToken: whoever holds the refresh token ends its session."""

import asyncio
import time
from datetime import UTC, timedelta

import grpc
import pytest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import (
    ListSessionsRequest,
    RefreshTokenRequest,
    RevokeTokenRequest,
)
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub

from server import composition
from tests.harness import refusal, running
from tests.signed_in import bearer


def revoke(sessions, token, metadata=()):
    return sessions.RevokeToken(RevokeTokenRequest(refresh_token=token), metadata=metadata)


async def test_the_session_and_its_access_end(sessions, people, server):
    person = await people.person()

    await revoke(sessions, person.tokens.refresh_token.value)

    refresh = sessions.RefreshToken(RefreshTokenRequest(refresh_token=person.tokens.refresh_token.value))
    assert (await refusal(refresh)).reason == "REFRESH_TOKEN_INVALID"
    listed = await refusal(sessions.ListSessions(ListSessionsRequest(), metadata=person.metadata))
    assert (listed.code, listed.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REVOKED")
    assert (await server.events(person.tokens.session_id))[-1] == "auth_tokens.tokens_revoked.v1"


async def test_access_ends_on_every_server_within_a_second(sessions, people, server):
    person = await people.person()

    async with running(server.dsn, composition.compose) as elsewhere:
        others = AuthTokensServiceStub(elsewhere.channel)
        await others.ListSessions(ListSessionsRequest(), metadata=person.metadata)
        await revoke(sessions, person.tokens.refresh_token.value)
        revoked_at = time.monotonic()
        while True:
            try:
                await others.ListSessions(ListSessionsRequest(), metadata=person.metadata)
            except grpc.aio.AioRpcError:
                break
            assert time.monotonic() - revoked_at < 1.0
            await asyncio.sleep(0.01)
        refused = await refusal(others.ListSessions(ListSessionsRequest(), metadata=person.metadata))

    assert time.monotonic() - revoked_at < 1.0
    assert refused.reason == "TOKEN_REVOKED"


async def test_a_second_time_it_is_refused(sessions, people):
    person = await people.person()
    await revoke(sessions, person.tokens.refresh_token.value)

    refused = await refusal(revoke(sessions, person.tokens.refresh_token.value))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID")


async def test_a_spent_token_changes_nothing(sessions, people):
    person = await people.person()
    refresh = RefreshTokenRequest(refresh_token=person.tokens.refresh_token.value)
    tokens = (await sessions.RefreshToken(refresh)).tokens

    refused = await refusal(revoke(sessions, person.tokens.refresh_token.value))

    assert refused.reason == "REFRESH_TOKEN_INVALID"
    await sessions.ListSessions(ListSessionsRequest(), metadata=bearer(tokens.access_token.value))


async def test_an_expired_token_may_be_revoked(sessions, people, server):
    person = await people.person()
    server.clock.stop_at(person.tokens.refresh_token.expires_at.ToDatetime(tzinfo=UTC) + timedelta(days=1))

    await revoke(sessions, person.tokens.refresh_token.value)

    assert (await server.events(person.tokens.session_id))[-1] == "auth_tokens.tokens_revoked.v1"


async def test_other_sessions_go_on(sessions, people):
    person = await people.person()
    other = await people.sign_in(person.email_address)

    await revoke(sessions, other.refresh_token.value)

    await sessions.ListSessions(ListSessionsRequest(), metadata=person.metadata)


async def test_nothing_is_audited_or_recorded(sessions, people, server):
    person = await people.person()
    before = [len(await server.queued(queue, person.user_id)) for queue in ("audits", "usages")]

    await revoke(sessions, person.tokens.refresh_token.value)

    assert [len(await server.queued(queue, person.user_id)) for queue in ("audits", "usages")] == before


async def test_credentials_that_are_sent_along_are_ignored(sessions, people):
    person = await people.person()

    await revoke(sessions, person.tokens.refresh_token.value, metadata=bearer("nonsense"))


async def test_a_token_that_nobody_has_is_refused(sessions):
    assert (await refusal(revoke(sessions, "a" * 43))).reason == "REFRESH_TOKEN_INVALID"


@pytest.mark.parametrize("token", ["", "a" * 42, "!" * 43])
async def test_a_malformed_token_is_refused(sessions, token):
    refused = await refusal(revoke(sessions, token))

    assert refused.violations == {"refresh_token": "INVALID_REFRESH_TOKEN"}
