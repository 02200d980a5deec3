"""Whoever guesses gets nowhere, and takes nothing from whom the account belongs to."""

from datetime import timedelta

from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RefreshTokenRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub

from tests.harness import refusal
from tests.password_credentials.attempts import fail
from tests.signed_in import bearer


async def test_a_stranger_who_locks_a_name_does_not_end_its_sessions(people, server):
    person, sessions = await people.person(), AuthTokensServiceStub(server.channel)

    await fail(people, person.email_address, 5)
    assert (await refusal(people.sign_in(person.email_address))).reason == "ACCOUNT_LOCKED"

    await sessions.ListSessions(ListSessionsRequest(), metadata=person.metadata)
    request = RefreshTokenRequest(refresh_token=person.tokens.refresh_token.value)
    tokens = (await sessions.RefreshToken(request)).tokens
    await sessions.ListSessions(ListSessionsRequest(), metadata=bearer(tokens.access_token.value))


async def test_a_stranger_who_goes_on_guessing_does_not_keep_a_name_locked(people, server):
    person = await people.person()
    await fail(people, person.email_address, 5)
    locked_at = server.clock()

    for seconds in range(0, 300, 10):
        server.clock.stop_at(locked_at + timedelta(seconds=seconds))
        assert (await refusal(people.sign_in(person.email_address, "wrong"))).reason == "ACCOUNT_LOCKED"

    server.clock.stop_at(locked_at + timedelta(seconds=301))
    assert (await people.sign_in(person.email_address)).user_id == person.user_id


async def test_an_hour_of_guessing_is_sixty_guesses_at_most(people, server):
    person = await people.person()
    began, looked_at = server.clock(), 0

    for minute in range(60):
        server.clock.stop_at(began + timedelta(minutes=minute))
        for _ in range(6):
            looked_at += (await refusal(people.sign_in(person.email_address, "wrong"))).reason == "INVALID_CREDENTIALS"

    assert looked_at <= 60
