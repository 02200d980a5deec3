"""
What survives a rotation of the keys of sealed and signed values (docs/decisions/0067).

Two servers on one database, as while a rotation is rolled out: one where the old key is current, one where the new is.
"""

import base64
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RefreshTokenRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    AuthenticateCredentialRequest,
    GetRegistrationConfirmationRequest,
)

from server import composition
from tests.harness import Running, refusal, running
from tests.signed_in import People, registration

OLD: dict[str, Any] = {"id": "old", "key": bytes(range(32))}
NEW: dict[str, Any] = {"id": "new", "key": bytes(range(32, 64))}


@asynccontextmanager
async def server_with(dsn: str, *keys: tuple[dict[str, Any], str]) -> AsyncIterator[Running]:
    """One more server on the same database, with these keys."""
    entries = [
        {"id": key["id"], "key": base64.b64encode(key["key"]).decode(), "status": status} for key, status in keys
    ]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TENANTRY_IDENTITY_SECRETS_KEYS", json.dumps(entries))
        async with running(dsn, composition.compose) as found:
            yield found


@pytest_asyncio.fixture(scope="module")
async def before(server: Running) -> AsyncIterator[Running]:
    async with server_with(server.dsn, (OLD, "current"), (NEW, "read_only")) as found:
        yield found


@pytest_asyncio.fixture(scope="module")
async def after(server: Running) -> AsyncIterator[Running]:
    async with server_with(server.dsn, (OLD, "read_only"), (NEW, "current")) as found:
        yield found


async def test_a_repeat_gets_the_first_answer_whichever_server_it_reaches(before, after):
    for first, second in ((before, after), (after, before)):
        request = registration(request_id=str(uuid.uuid4()))

        answer = await People(first).service.RegisterPerson(request)

        assert await People(second).service.RegisterPerson(request) == answer
        request.first_name = "Eva"
        refused = await refusal(People(second).service.RegisterPerson(request))
        assert refused.reason == "REQUEST_ID_REUSED"


async def test_a_repeated_refresh_gets_its_tokens_again(before, after):
    person = await People(before).person()
    request = RefreshTokenRequest(refresh_token=person.tokens.refresh_token.value, request_id=str(uuid.uuid4()))

    answer = await AuthTokensServiceStub(before.channel).RefreshToken(request)

    assert await AuthTokensServiceStub(after.channel).RefreshToken(request) == answer


async def test_the_next_page_is_found(before, after):
    for first, second in ((before, after), (after, before)):
        person = await People(first).person()
        await People(first).sign_in(person.email_address)
        request = ListSessionsRequest(page_size=1)
        page = await AuthTokensServiceStub(first.channel).ListSessions(request, metadata=person.metadata)

        request.page_token = page.next_page_token
        rest = await AuthTokensServiceStub(second.channel).ListSessions(request, metadata=person.metadata)

        assert [session.id for session in rest.sessions] == [person.tokens.session_id]


async def test_sealed_values_stay_readable(before, after):
    credential, _ = await People(before).register()
    request = GetRegistrationConfirmationRequest(user_id=credential.user.id)

    token = (await People(before).service.GetRegistrationConfirmation(request)).token

    assert (await People(after).service.GetRegistrationConfirmation(request)).token == token


async def test_wrong_passwords_count_together(before, after):
    person = await People(before).person()
    wrong = AuthenticateCredentialRequest(username=person.email_address, password="no such password")
    servers = [before, after, before, after, before]

    reasons = [(await refusal(People(each).service.AuthenticateCredential(wrong))).reason for each in servers]

    assert reasons == ["INVALID_CREDENTIALS"] * 5
    for each in (before, after):
        assert (await refusal(People(each).service.AuthenticateCredential(wrong))).reason == "ACCOUNT_LOCKED"


async def test_uses_of_a_quota_count_together(before, after):
    subject, admitted = str(uuid.uuid4()), []
    for each in (before, after, before, after):
        platform = each.app.platform
        async with platform.begin() as uow:
            admitted.append(await platform.quotas.admit(uow, "rotation", subject, most=3, within=timedelta(hours=1)))

    assert admitted == [True, True, True, False]


async def test_without_the_old_key_what_it_made_is_worth_nothing(before, server):
    person = await People(before).person()
    await People(before).sign_in(person.email_address)
    page = await AuthTokensServiceStub(before.channel).ListSessions(
        ListSessionsRequest(page_size=1), metadata=person.metadata
    )

    async with server_with(server.dsn, (NEW, "current")) as later:
        request = ListSessionsRequest(page_size=1, page_token=page.next_page_token)
        refused = await refusal(AuthTokensServiceStub(later.channel).ListSessions(request, metadata=person.metadata))

    assert refused.violations == {"page_token": "INVALID_PAGE_TOKEN"}
