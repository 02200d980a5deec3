"""RefreshToken: a refresh token is exchanged for new tokens, once."""

import asyncio
import json
import uuid
from datetime import UTC, timedelta

import grpc
import jwt
import pytest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RefreshTokenRequest

from server.kernel import ids
from tests.harness import properties_of, refusal
from tests.signed_in import bearer

_AUDIT = "Authentication.Any.Refreshed."


def refresh(sessions, token, request_id="", metadata=()):
    request = RefreshTokenRequest(refresh_token=token, request_id=request_id)
    return sessions.RefreshToken(request, metadata=metadata)


def a_request_id():
    return str(uuid.uuid4())


async def audits_of(server, user_id):
    return [json.loads(text)["AuditCode"] for text in await server.queued("audits", f'"AgainstId":"{user_id}"')]


async def reason_of_access(sessions, tokens):
    """Why an access token is refused; nothing when it is not."""
    try:
        await sessions.ListSessions(ListSessionsRequest(), metadata=bearer(tokens.access_token.value))
    except grpc.aio.AioRpcError:
        call = sessions.ListSessions(ListSessionsRequest(), metadata=bearer(tokens.access_token.value))
        return (await refusal(call)).reason
    return None


async def test_the_session_goes_on_with_new_tokens(sessions, people, server):
    # given
    person = await people.person()
    server.clock.advance(timedelta(minutes=10))

    # when
    tokens = (await refresh(sessions, person.tokens.refresh_token.value)).tokens

    # then
    assert (tokens.user_id, tokens.session_id) == (person.user_id, person.tokens.session_id)
    assert tokens.refresh_token.value != person.tokens.refresh_token.value
    old = jwt.decode(person.tokens.access_token.value, options={"verify_signature": False})
    new = jwt.decode(tokens.access_token.value, options={"verify_signature": False})
    assert new["iat"] >= old["iat"] + 600
    assert new["jti"] != old["jti"]
    assert [new[name] for name in ("sid", "auth_time", "amr")] == [old[name] for name in ("sid", "auth_time", "amr")]
    assert await reason_of_access(sessions, tokens) is None


async def test_a_session_is_refreshed_again_and_again(sessions, people):
    tokens = (await people.person()).tokens

    for _ in range(5):
        tokens = (await refresh(sessions, tokens.refresh_token.value)).tokens

    assert await reason_of_access(sessions, tokens) is None


async def test_the_refresh_is_published_audited_and_recorded(sessions, people, server):
    person = await people.person()

    await refresh(sessions, person.tokens.refresh_token.value)

    assert await server.events(person.tokens.session_id) == [
        "auth_tokens.auth_tokens_created.v1",
        "auth_tokens.tokens_changed.v1",
        "auth_tokens.tokens_refreshed.v1",
    ]
    assert (await audits_of(server, person.user_id))[-1] == _AUDIT + "Passed"
    [usage] = [
        json.loads(text) for text in await server.queued("usages", person.user_id) if "User Extended Login" in text
    ]
    assert properties_of(usage) == {"AuthProvider": "credentials", "UserIdOverride": person.user_id}


async def test_roles_are_those_of_the_moment(sessions, people, server):
    person = await people.person()
    await server.rows(
        "UPDATE users.end_user SET roles = '{platform_operations}' WHERE id = $1", ids.decode("user", person.user_id)
    )

    tokens = (await refresh(sessions, person.tokens.refresh_token.value)).tokens

    claims = jwt.decode(tokens.access_token.value, options={"verify_signature": False})
    assert claims["roles"] == ["platform_operations", "platform_standard"]


async def test_a_token_that_is_used_twice_ends_the_session(sessions, people, server):
    # given
    person = await people.person()
    stolen = person.tokens.refresh_token.value
    tokens = (await refresh(sessions, stolen)).tokens

    # when
    refused = await refusal(refresh(sessions, stolen))

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID")
    assert (await refusal(refresh(sessions, tokens.refresh_token.value))).reason == "REFRESH_TOKEN_INVALID"
    assert await reason_of_access(sessions, tokens) == "TOKEN_REVOKED"
    assert (await server.events(person.tokens.session_id))[-1] == "auth_tokens.tokens_revoked.v1"
    assert (await audits_of(server, person.user_id))[-1] == _AUDIT + "Failed.TokenReused"


async def test_any_spent_token_of_the_session_ends_it(sessions, people):
    tokens = (await people.person()).tokens
    first = tokens.refresh_token.value
    for _ in range(3):
        tokens = (await refresh(sessions, tokens.refresh_token.value)).tokens

    await refusal(refresh(sessions, first))

    assert (await refusal(refresh(sessions, tokens.refresh_token.value))).reason == "REFRESH_TOKEN_INVALID"


async def test_a_reuse_ends_no_other_session(sessions, people):
    person = await people.person()
    other = await people.sign_in(person.email_address)
    await refresh(sessions, person.tokens.refresh_token.value)

    await refusal(refresh(sessions, person.tokens.refresh_token.value))

    await refresh(sessions, other.refresh_token.value)


async def test_a_repeat_gets_the_same_answer_word_for_word(sessions, people, server):
    # given
    person, request_id = await people.person(), a_request_id()
    first = await refresh(sessions, person.tokens.refresh_token.value, request_id)
    events, audits = await server.events(person.tokens.session_id), await audits_of(server, person.user_id)

    # when
    again = await refresh(sessions, person.tokens.refresh_token.value, request_id.upper())

    # then
    assert again.SerializeToString() == first.SerializeToString()
    assert await server.events(person.tokens.session_id) == events
    assert await audits_of(server, person.user_id) == audits
    await refresh(sessions, first.tokens.refresh_token.value, a_request_id())


async def test_a_repeat_after_ten_seconds_is_a_reuse(sessions, people, server):
    person, request_id = await people.person(), a_request_id()
    server.clock.stop_at(server.clock())
    first = await refresh(sessions, person.tokens.refresh_token.value, request_id)

    server.clock.advance(timedelta(seconds=9.9))
    assert await refresh(sessions, person.tokens.refresh_token.value, request_id) == first
    server.clock.advance(timedelta(seconds=0.1))
    refused = await refusal(refresh(sessions, person.tokens.refresh_token.value, request_id))

    assert refused.reason == "REFRESH_TOKEN_INVALID"
    assert await reason_of_access(sessions, first.tokens) == "TOKEN_REVOKED"


async def test_another_request_id_is_a_reuse(sessions, people):
    person = await people.person()
    await refresh(sessions, person.tokens.refresh_token.value, a_request_id())

    refused = await refusal(refresh(sessions, person.tokens.refresh_token.value, a_request_id()))

    assert refused.reason == "REFRESH_TOKEN_INVALID"


async def test_twenty_equal_calls_at_once_get_one_answer(sessions, people, server):
    person, request_id = await people.person(), a_request_id()

    answers = await asyncio.gather(
        *(refresh(sessions, person.tokens.refresh_token.value, request_id) for _ in range(20))
    )

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert (await server.events(person.tokens.session_id)).count("auth_tokens.tokens_refreshed.v1") == 1


async def test_of_calls_at_once_without_a_request_id_one_succeeds_and_the_next_ends_the_session(sessions, people):
    person = await people.person()

    answers = await asyncio.gather(
        *(refresh(sessions, person.tokens.refresh_token.value) for _ in range(10)), return_exceptions=True
    )

    [winner] = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert (await refusal(refresh(sessions, winner.tokens.refresh_token.value))).reason == "REFRESH_TOKEN_INVALID"


async def test_a_request_id_is_not_good_for_the_next_token(sessions, people, server):
    person, request_id = await people.person(), a_request_id()
    tokens = (await refresh(sessions, person.tokens.refresh_token.value, request_id)).tokens

    refused = await refusal(refresh(sessions, tokens.refresh_token.value, request_id))
    server.clock.advance(timedelta(seconds=11))
    later = await refresh(sessions, tokens.refresh_token.value, request_id)

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")
    assert later.tokens.session_id == tokens.session_id


async def test_kept_answers_are_sealed_and_forgotten(sessions, people, server):
    person = await people.person()
    sql = "SELECT sealed_answer FROM auth_tokens.spent_refresh_token WHERE session_id = $1"
    session_id = ids.decode("session", person.tokens.session_id)
    first = (await refresh(sessions, person.tokens.refresh_token.value, a_request_id())).tokens
    [row] = await server.rows(sql, session_id)
    assert first.refresh_token.value.encode() not in row["sealed_answer"]

    server.clock.advance(timedelta(seconds=11))
    await refresh(sessions, first.refresh_token.value)

    assert [row["sealed_answer"] for row in await server.rows(sql, session_id)] == [None, None]


async def test_a_refresh_token_lives_for_14_days(sessions, people, server):
    person = await people.person()
    expires_at = person.tokens.refresh_token.expires_at.ToDatetime(tzinfo=UTC)

    server.clock.stop_at(expires_at)
    refused = await refusal(refresh(sessions, person.tokens.refresh_token.value))
    server.clock.stop_at(expires_at - timedelta(seconds=1))
    refreshed = await refresh(sessions, person.tokens.refresh_token.value)

    assert refused.reason == "REFRESH_TOKEN_INVALID"
    assert refreshed.tokens.refresh_token.expires_at.ToDatetime(tzinfo=UTC) == (
        expires_at - timedelta(seconds=1) + timedelta(days=14)
    )


async def test_a_session_lives_for_90_days_however_often_it_is_refreshed(sessions, people, server):
    person = await people.person()
    tokens = person.tokens
    end = tokens.refresh_token.expires_at.ToDatetime(tzinfo=UTC) + timedelta(days=76)

    for _ in range(7):
        server.clock.advance(timedelta(days=12, hours=20))
        tokens = (await refresh(sessions, tokens.refresh_token.value)).tokens
    assert tokens.refresh_token.expires_at.ToDatetime(tzinfo=UTC) == end
    assert tokens.access_token.expires_at.ToDatetime(tzinfo=UTC) <= end

    server.clock.stop_at(end)
    assert (await refusal(refresh(sessions, tokens.refresh_token.value))).reason == "REFRESH_TOKEN_INVALID"


async def test_a_suspended_person_gets_no_new_tokens(sessions, people, server):
    person = await people.person()
    await people.suspend(person.user_id)

    refused = await refusal(refresh(sessions, person.tokens.refresh_token.value))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
    assert (await audits_of(server, person.user_id))[-1] == _AUDIT + "Failed.AccountSuspended"


async def test_whoever_is_no_registered_person_gets_no_new_tokens(sessions, people, server):
    person = await people.person()
    sql = "UPDATE users.end_user SET status = 'unregistered', email_address = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("user", person.user_id))

    refused = await refusal(refresh(sessions, person.tokens.refresh_token.value))

    assert refused.reason == "REFRESH_TOKEN_INVALID"


async def test_a_token_that_nobody_has_is_refused(sessions):
    refused = await refusal(refresh(sessions, "a" * 43))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID")


@pytest.mark.parametrize(
    "metadata", [(("authorization", "Bearer nonsense"),), (("authorization", "Basic x"), ("x-api-key", "nonsense"))]
)
async def test_credentials_that_are_sent_along_are_ignored(sessions, people, metadata):
    person = await people.person()

    tokens = (await refresh(sessions, person.tokens.refresh_token.value, metadata=metadata)).tokens

    assert tokens.session_id == person.tokens.session_id


@pytest.mark.parametrize(
    ("token", "request_id", "violations"),
    [
        ("", "", {"refresh_token": "INVALID_REFRESH_TOKEN"}),
        ("a" * 42, "", {"refresh_token": "INVALID_REFRESH_TOKEN"}),
        ("=" * 43, "no uuid", {"refresh_token": "INVALID_REFRESH_TOKEN", "request_id": "INVALID_REQUEST_ID"}),
    ],
)
async def test_a_malformed_request_is_refused(sessions, token, request_id, violations):
    refused = await refusal(refresh(sessions, token, request_id))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
