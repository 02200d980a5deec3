"""ListSessions, RevokeSession and RevokeOtherSessions: a person sees and ends sessions."""

import asyncio
import json
from datetime import timedelta

import grpc
import pytest
from tenantry.api_keys.v1.api_keys_service_pb2 import CreateApiKeyRequest, ListApiKeysRequest
from tenantry.api_keys.v1.api_keys_service_pb2_grpc import ApiKeysServiceStub
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import (
    ListSessionsRequest,
    RefreshTokenRequest,
    RevokeOtherSessionsRequest,
    RevokeSessionRequest,
    RevokeTokenRequest,
)
from tenantry.machines.v1.machines_service_pb2 import RegisterMachineRequest
from tenantry.machines.v1.machines_service_pb2_grpc import MachinesServiceStub

from server.kernel import ids
from tests.harness import refusal
from tests.signed_in import bearer


async def listed(sessions, metadata, **fields):
    return await sessions.ListSessions(ListSessionsRequest(**fields), metadata=metadata)


async def audits_of(server, user_id):
    return [json.loads(text) for text in await server.queued("audits", f'"AgainstId":"{user_id}"')]


async def test_a_person_sees_the_sessions_of_every_device(sessions, people, server):
    # given
    person = await people.person()
    server.clock.advance(timedelta(minutes=1))
    agent = "x" * 300
    phone = await people.sign_in(person.email_address, metadata=(("user-agent", agent),))

    # when
    answer = await listed(sessions, person.metadata)

    # then
    assert [session.id for session in answer.sessions] == [phone.session_id, person.tokens.session_id]
    assert [session.is_current for session in answer.sessions] == [False, True]
    assert (answer.total_size, answer.next_page_token) == (2, "")
    found = answer.sessions[0]
    assert (found.provider, list(found.amr), found.ip_address) == ("credentials", ["pwd"], "127.0.0.1")
    assert 0 < len(found.user_agent) <= 256
    assert found.created_at == found.last_used_at
    assert found.expires_at == phone.refresh_token.expires_at


async def test_a_refresh_changes_when_a_session_was_last_used(sessions, people, server):
    person = await people.person()
    server.clock.advance(timedelta(minutes=5))

    await sessions.RefreshToken(RefreshTokenRequest(refresh_token=person.tokens.refresh_token.value))

    [session] = (await listed(sessions, person.metadata)).sessions
    assert session.last_used_at.seconds - session.created_at.seconds >= 299
    assert session.expires_at.seconds - session.last_used_at.seconds == 14 * 86_400


async def test_sessions_that_have_ended_are_not_listed(sessions, people, server):
    person = await people.person()
    ended = await people.sign_in(person.email_address)
    await sessions.RevokeToken(RevokeTokenRequest(refresh_token=ended.refresh_token.value))
    expired = await people.sign_in(person.email_address)
    await server.rows(
        "UPDATE auth_tokens.session SET refresh_token_expires_at = now() WHERE id = $1",
        ids.decode("session", expired.session_id),
    )

    answer = await listed(sessions, person.metadata)

    assert [session.id for session in answer.sessions] == [person.tokens.session_id]
    assert answer.total_size == 1


async def test_nobody_sees_the_sessions_of_others(sessions, people):
    first, second = await people.person(), await people.person()

    answer = await listed(sessions, first.metadata)

    assert second.tokens.session_id not in {session.id for session in answer.sessions}


@pytest.mark.parametrize(("provider", "number"), [("credentials", 1), ("CREDENTIALS", 1), ("google", 0), ("", 1)])
async def test_sessions_are_found_by_how_they_were_opened(sessions, people, provider, number):
    person = await people.person()

    answer = await listed(sessions, person.metadata, provider=provider)

    assert len(answer.sessions) == answer.total_size == number


@pytest.mark.parametrize("field", ["created_at", "last_used_at", "expires_at"])
@pytest.mark.parametrize("direction", ["", " desc"])
async def test_sessions_come_by_pages_in_order(sessions, people, server, field, direction):
    # given
    person = await people.person()
    opened = [person.tokens.session_id]
    for _ in range(4):
        server.clock.advance(timedelta(seconds=5))
        opened.append((await people.sign_in(person.email_address)).session_id)
    if direction:
        opened.reverse()

    # when
    found, token = [], ""
    while True:
        page = await listed(sessions, person.metadata, page_size=2, page_token=token, order_by=field + direction)
        found += [session.id for session in page.sessions]
        token = page.next_page_token
        if not token:
            break

    # then
    assert found == opened


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("provider", "x" * 51, "INVALID_PROVIDER"),
        ("page_size", -1, "INVALID_PAGE_SIZE"),
        ("page_token", "nonsense", "INVALID_PAGE_TOKEN"),
        ("order_by", "user_agent", "INVALID_ORDER_BY"),
    ],
)
async def test_a_bad_list_option_is_refused(sessions, people, field, value, reason):
    person = await people.person()

    refused = await refusal(listed(sessions, person.metadata, **{field: value}))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {field: reason})


async def test_a_person_ends_another_session(sessions, people, server):
    person = await people.person()
    other = await people.sign_in(person.email_address)

    await sessions.RevokeSession(RevokeSessionRequest(id=other.session_id), metadata=person.metadata)

    refused = await refusal(listed(sessions, bearer(other.access_token.value)))
    assert refused.reason == "TOKEN_REVOKED"
    assert (await server.events(other.session_id))[-1] == "auth_tokens.tokens_revoked.v1"
    audit = (await audits_of(server, person.user_id))[-1]
    assert audit["AuditCode"] == "Authentication.Session.Revoked"
    assert other.session_id in audit["Arguments"]
    await listed(sessions, person.metadata)


async def test_to_end_the_current_session_is_to_sign_out(sessions, people):
    person = await people.person()

    await sessions.RevokeSession(RevokeSessionRequest(id=person.tokens.session_id), metadata=person.metadata)

    assert (await refusal(listed(sessions, person.metadata))).reason == "TOKEN_REVOKED"


async def test_a_session_that_is_unknown_ended_or_anothers_is_not_found(sessions, people):
    person, stranger = await people.person(), await people.person()
    ended = (await people.sign_in(person.email_address)).session_id
    await sessions.RevokeSession(RevokeSessionRequest(id=ended), metadata=person.metadata)

    for session_id in (ended, stranger.tokens.session_id, ids.new_id("session")):
        call = sessions.RevokeSession(RevokeSessionRequest(id=session_id), metadata=person.metadata)
        refused = await refusal(call)
        assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")

    await listed(sessions, stranger.metadata)


async def test_a_malformed_session_id_is_refused(sessions, people):
    person = await people.person()

    refused = await refusal(sessions.RevokeSession(RevokeSessionRequest(id="user_1"), metadata=person.metadata))

    assert refused.violations == {"id": "INVALID_ID"}


async def test_a_person_ends_all_other_sessions(sessions, people, server):
    # given
    person, stranger = await people.person(), await people.person()
    others = [await people.sign_in(person.email_address) for _ in range(3)]

    # when
    answer = await sessions.RevokeOtherSessions(RevokeOtherSessionsRequest(), metadata=person.metadata)

    # then
    assert answer.revoked_count == 3
    for other in others:
        assert (await refusal(listed(sessions, bearer(other.access_token.value)))).reason == "TOKEN_REVOKED"
        assert (await server.events(other.session_id))[-1] == "auth_tokens.tokens_revoked.v1"
    codes = [audit["AuditCode"] for audit in await audits_of(server, person.user_id)]
    assert codes.count("Authentication.Session.Revoked") == 3
    assert [session.id for session in (await listed(sessions, person.metadata)).sessions] == [person.tokens.session_id]
    await listed(sessions, stranger.metadata)


async def test_without_other_sessions_none_is_ended(sessions, people):
    person = await people.person()

    answer = await sessions.RevokeOtherSessions(RevokeOtherSessionsRequest(), metadata=person.metadata)

    assert answer.revoked_count == 0


async def test_sessions_that_end_one_another_at_once_leave_at_most_one(sessions, people):
    person = await people.person()
    opened = [person.tokens, *[await people.sign_in(person.email_address) for _ in range(3)]]

    await asyncio.gather(
        *(
            sessions.RevokeOtherSessions(RevokeOtherSessionsRequest(), metadata=bearer(tokens.access_token.value))
            for tokens in opened
        ),
        return_exceptions=True,
    )

    last = await people.sign_in(person.email_address)
    left = (await listed(sessions, bearer(last.access_token.value))).sessions
    assert len(left) <= 2


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("ListSessions", ListSessionsRequest()),
        ("RevokeSession", RevokeSessionRequest(id=ids.new_id("session"))),
        ("RevokeOtherSessions", RevokeOtherSessionsRequest()),
    ],
)
async def test_only_a_person_with_a_session_may(sessions, people, server, name, request_):
    person = await people.person()
    keys, machines = ApiKeysServiceStub(server.channel), MachinesServiceStub(server.channel)
    own_key = (await keys.CreateApiKey(CreateApiKeyRequest(), metadata=person.metadata)).api_key
    machine = await machines.RegisterMachine(RegisterMachineRequest(name="Robot"), metadata=person.metadata)
    without_session = {
        "a key": (("x-api-key", own_key),),
        "a machine": (("x-api-key", machine.machine.api_key),),
        "a service": server.as_service(),
    }

    nobody = await refusal(getattr(sessions, name)(request_))

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    for caller, metadata in without_session.items():
        refused = await refusal(getattr(sessions, name)(request_, metadata=metadata))
        expected = (grpc.StatusCode.PERMISSION_DENIED, "INTERACTIVE_SESSION_REQUIRED")
        assert (refused.code, refused.reason) == expected, caller
    await listed(sessions, person.metadata)


async def test_api_keys_stay_when_all_other_sessions_end(sessions, people, server):
    person = await people.person()
    keys = ApiKeysServiceStub(server.channel)
    key = (("x-api-key", (await keys.CreateApiKey(CreateApiKeyRequest(), metadata=person.metadata)).api_key),)

    await sessions.RevokeOtherSessions(RevokeOtherSessionsRequest(), metadata=person.metadata)

    await keys.ListApiKeys(ListApiKeysRequest(), metadata=key)
