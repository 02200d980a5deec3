"""Suspending a user ends every session; reinstating brings none back."""

import asyncio
from datetime import UTC, datetime

import grpc
import pytest
from tenantry.api_keys.v1.api_key_pb2 import API_KEY_STATE_ACTIVE
from tenantry.api_keys.v1.api_keys_service_pb2 import CreateApiKeyRequest, ListApiKeysRequest
from tenantry.api_keys.v1.api_keys_service_pb2_grpc import ApiKeysServiceStub
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RefreshTokenRequest
from tenantry.password_credentials.v1.password_credentials_service_pb2 import AuthenticateCredentialRequest

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.subdomains.identity.auth_tokens.api import AuthTokensApi
from server.subdomains.identity.mfa.repository import PersonMfaRepository
from server.subdomains.identity.password_credentials.api import PasswordCredentialsApi
from server.subdomains.identity.password_credentials.ports import SecondFactors
from server.subdomains.users.api import UsersApi
from tests.harness import refusal
from tests.signed_in import PASSWORD, bearer


async def reasons_of(sessions, tokens):
    """Why the access token and the refresh token of a session are refused."""
    listing = sessions.ListSessions(ListSessionsRequest(), metadata=bearer(tokens.access_token.value))
    refreshing = sessions.RefreshToken(RefreshTokenRequest(refresh_token=tokens.refresh_token.value))
    return (await refusal(listing)).reason, (await refusal(refreshing)).reason


async def live_sessions(server, user_id):
    sql = "SELECT id FROM auth_tokens.session WHERE user_id = $1 AND revoked_at IS NULL"
    return await server.rows(sql, ids.decode("user", user_id))


async def test_every_session_ends_and_the_user_is_told_why(sessions, people, server):
    person = await people.person()
    other = await people.sign_in(person.email_address)

    await people.suspend(person.user_id)

    for tokens in (person.tokens, other):
        assert await reasons_of(sessions, tokens) == ("ACCOUNT_SUSPENDED", "ACCOUNT_SUSPENDED")
        assert (await server.events(tokens.session_id))[-1] == "auth_tokens.tokens_revoked.v1"
    assert await live_sessions(server, person.user_id) == []


async def test_the_sessions_end_in_the_transaction_of_the_suspension(people, server):
    person = await people.person()

    await people.suspend(person.user_id)

    sql = "SELECT DISTINCT xmin::text FROM kernel.event WHERE name = $1 AND data ->> 'user_id' = $2"
    names = ("users.end_user_access_changed.v1", "auth_tokens.tokens_revoked.v1")
    [changed], [revoked] = [await server.rows(sql, name, person.user_id) for name in names]
    assert changed == revoked


async def test_nobody_elses_session_ends(sessions, people):
    person, other = await people.person(), await people.person()

    await people.suspend(person.user_id)

    await sessions.ListSessions(ListSessionsRequest(), metadata=other.metadata)


async def test_a_reinstated_person_signs_in_again_and_old_sessions_stay_ended(sessions, people):
    person = await people.person()
    await people.suspend(person.user_id)

    await people.reinstate(person.user_id)

    assert await reasons_of(sessions, person.tokens) == ("TOKEN_REVOKED", "REFRESH_TOKEN_INVALID")
    tokens = await people.sign_in(person.email_address)
    await sessions.ListSessions(ListSessionsRequest(), metadata=bearer(tokens.access_token.value))


async def test_api_keys_are_refused_meanwhile_and_good_again_afterwards(people, server):
    person, keys = await people.person(), ApiKeysServiceStub(server.channel)
    key = (("x-api-key", (await keys.CreateApiKey(CreateApiKeyRequest(), metadata=person.metadata)).api_key),)

    await people.suspend(person.user_id)
    refused = await refusal(keys.ListApiKeys(ListApiKeysRequest(), metadata=key))
    await people.reinstate(person.user_id)

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
    [found] = (await keys.ListApiKeys(ListApiKeysRequest(), metadata=key)).keys
    assert found.state == API_KEY_STATE_ACTIVE


async def test_reinstating_ends_no_session(sessions, people, server):
    person = await people.person()
    await people.suspend(person.user_id)
    await people.reinstate(person.user_id)
    tokens = await people.sign_in(person.email_address)

    await people.reinstate(person.user_id)

    await sessions.ListSessions(ListSessionsRequest(), metadata=bearer(tokens.access_token.value))


async def test_a_session_that_opens_while_its_user_is_suspended_ends_too(people, server):
    # given: a sign-in that has found the user enabled, and has not committed
    person = await people.person()
    platform = server.app.platform
    tokens, users = AuthTokensApi.of(platform), UsersApi.of(platform)
    set_current_call(service_call("a sign-in"))
    async with platform.begin() as uow:
        user = await users.find_user(uow, person.user_id)
        assert user is not None
        opened = await tokens.issue(uow, user=user, amr=["pwd"], provider="credentials", auth_time=datetime.now(UTC))

        # when
        suspending = asyncio.create_task(people.suspend(person.user_id))
        await server.until_somebody_waits_for_a_lock()
    await suspending

    # then
    assert await live_sessions(server, person.user_id) == []
    assert (await server.events(opened.session_id))[-1] == "auth_tokens.tokens_revoked.v1"


async def test_a_sign_in_that_found_the_user_enabled_opens_nothing_after_the_suspension(people, server):
    person = await people.person()
    platform = server.app.platform
    tokens, users = AuthTokensApi.of(platform), UsersApi.of(platform)
    set_current_call(service_call("a sign-in"))

    with pytest.raises(Exception, match="suspended"):
        async with platform.begin() as uow:
            user = await users.find_user(uow, person.user_id)
            assert user is not None
            await people.suspend(person.user_id)
            await tokens.issue(uow, user=user, amr=["pwd"], provider="credentials", auth_time=datetime.now(UTC))

    assert await live_sessions(server, person.user_id) == []


async def test_signing_in_is_refused_until_the_user_is_reinstated(people):
    person = await people.person()
    await people.suspend(person.user_id)
    request = AuthenticateCredentialRequest(username=person.email_address, password=PASSWORD)

    refused = await refusal(people.service.AuthenticateCredential(request))
    await people.reinstate(person.user_id)

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
    await people.service.AuthenticateCredential(request)


async def test_refreshes_and_a_suspension_at_once_leave_no_session(sessions, people, server):
    for _ in range(5):
        person = await people.person()
        opened = [person.tokens, *[await people.sign_in(person.email_address) for _ in range(3)]]

        await asyncio.gather(
            *(sessions.RefreshToken(RefreshTokenRequest(refresh_token=each.refresh_token.value)) for each in opened),
            people.suspend(person.user_id),
            return_exceptions=True,
        )

        assert await live_sessions(server, person.user_id) == []


async def test_a_second_factor_and_a_suspension_at_once_do_not_wait_for_each_other(people, server):
    # given: somebody who is about to show a second factor, with the rows of the factors locked
    person = await people.person()
    platform = server.app.platform
    passwords, users = PasswordCredentialsApi.of(platform), UsersApi.of(platform)
    factors = platform.answers[SecondFactors]
    set_current_call(service_call("a second factor"))
    async with platform.begin() as uow:
        await factors.begin_sign_in(uow, credential_id=person.credential_id, user_id=person.user_id)
    async with platform.begin() as uow:
        await passwords.lock_credential(uow, person.user_id)
        await PersonMfaRepository(uow).get(person.credential_id, person.user_id)

        # when
        suspending = asyncio.create_task(people.suspend(person.user_id))
        await server.until_somebody_waits_for_a_lock()

        # then
        assert await users.hold_access(uow, person.user_id)
    await suspending
