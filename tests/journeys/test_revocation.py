"""
Whoever loses access has none, on every process, within a moment: four server processes under load.

Measured from the commit to the moment at which the last call was sent that still succeeded, also while no process can
hear the others because its listening connection is cut, again and again.
"""

import asyncio
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import grpc
import pytest
import pytest_asyncio
from tenantry.api_keys.v1.api_keys_service_pb2 import CreateApiKeyRequest, DeleteApiKeyRequest
from tenantry.api_keys.v1.api_keys_service_pb2_grpc import ApiKeysServiceStub
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RevokeSessionRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest, GetOrganizationRequest
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    CompletePasswordResetRequest,
    ConfirmPersonRegistrationRequest,
    InitiatePasswordResetRequest,
)
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    GetRegistrationConfirmationRequest as _Confirmation,
)
from tenantry.password_credentials.v1.password_credentials_service_pb2_grpc import PasswordCredentialsServiceStub
from tenantry.users.v1.users_service_pb2 import ListMembershipsForCallerRequest, SuspendUserRequest
from tenantry.users.v1.users_service_pb2_grpc import UsersServiceStub

from server.subdomains.organizations.api import OrganizationsApi
from server.subdomains.users.api import UsersApi
from tests.harness import refusal_of
from tests.journeys.fleet import PROCESSES, Fleet, SignedIn, fleet, is_full_size, metadata_of
from tests.signed_in import registration

_CASES, _AT_ONCE = (200, 8) if is_full_size() else (4, 4)
_CALLERS_AT_ONCE, _BYSTANDERS = 4, 4
_P99_SECONDS, _LATEST_SECONDS = 0.25, 1.0
_WATCHED_SECONDS = 1.5
_CUT_AGAIN_SECONDS = 0.02
_CALL_SECONDS = 30

Call = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """Somebody who may call, what takes that away, and how calls are refused then."""

    call: Call
    end: Call
    reason: str


@dataclass
class Watch:
    """What those who call all the time have seen."""

    last_success: float = 0.0
    refusals: list[str] = field(default_factory=list)


async def _revoke_session(team: Fleet, operator: SignedIn) -> Case:
    person = await team.person()
    other = await team.sign_in(person.user_id)
    sessions = AuthTokensServiceStub(team.channel)
    request = RevokeSessionRequest(id=other.session_id)
    return Case(
        lambda: sessions.ListSessions(ListSessionsRequest(), metadata=metadata_of(other), timeout=_CALL_SECONDS),
        lambda: sessions.RevokeSession(request, metadata=person.metadata),
        "TOKEN_REVOKED",
    )


async def _suspend(team: Fleet, operator: SignedIn) -> Case:
    person = await team.person()
    request = SuspendUserRequest(id=person.user_id)
    return Case(
        _list_memberships(team, person),
        lambda: UsersServiceStub(team.channel).SuspendUser(request, metadata=operator.metadata),
        "ACCOUNT_SUSPENDED",
    )


async def _remove_member(team: Fleet, operator: SignedIn) -> Case:
    owner, person = await team.person(), await team.person()
    organizations, platform = OrganizationsServiceStub(team.channel), team.own.app.platform
    created = await organizations.CreateOrganization(CreateOrganizationRequest(name="Firm"), metadata=owner.metadata)
    organization_id = created.organization.id
    async with platform.begin() as uow:
        await UsersApi.of(platform).add_member(
            uow, user_id=person.user_id, organization_id=organization_id, organization_name="Firm"
        )

    async def remove() -> None:
        async with platform.begin() as uow:
            await OrganizationsApi.of(platform).lock_organization(uow, organization_id)
            await UsersApi.of(platform).remove_member(
                uow, user_id=person.user_id, organization_id=organization_id, removed_by_id=owner.user_id
            )

    request = GetOrganizationRequest(organization_id=organization_id)
    return Case(
        lambda: organizations.GetOrganization(request, metadata=person.metadata, timeout=_CALL_SECONDS),
        remove,
        "NOT_A_MEMBER",
    )


async def _change_password(team: Fleet, operator: SignedIn) -> Case:
    passwords, request = PasswordCredentialsServiceStub(team.channel), registration()
    person = (await passwords.RegisterPerson(request)).person
    token = (await passwords.GetRegistrationConfirmation(_Confirmation(user_id=person.user.id))).token
    await passwords.ConfirmPersonRegistration(ConfirmPersonRegistrationRequest(token=token))
    signed_in = SignedIn(person.user.id, request.email_address, await team.sign_in(person.user.id))
    await passwords.InitiatePasswordReset(InitiatePasswordResetRequest(email_address=request.email_address))
    change = CompletePasswordResetRequest(
        token=await _reset_token(team, request.email_address), password="a loud harbour at dawn"
    )
    return Case(_list_memberships(team, signed_in), lambda: passwords.CompletePasswordReset(change), "TOKEN_REVOKED")


async def _reset_token(team: Fleet, email_address: str) -> str:
    """The token of the mail, once the worker has sent it."""
    sql = "SELECT body FROM emails.captured_mail WHERE to_email_address = $1"
    async with asyncio.timeout(120):
        while True:
            for row in await team.own.rows(sql, email_address):
                found = re.search(r"/confirm-password-reset#token=([A-Za-z0-9_-]{43})", row["body"])
                if found:
                    return found[1]
            await asyncio.sleep(0.1)


async def _delete_key(team: Fleet, operator: SignedIn) -> Case:
    person, keys = await team.person(), ApiKeysServiceStub(team.channel)
    made = await keys.CreateApiKey(CreateApiKeyRequest(), metadata=person.metadata)
    by_key = (("x-api-key", made.api_key),)
    identities = IdentitiesServiceStub(team.channel)
    return Case(
        lambda: identities.GetIdentity(GetIdentityRequest(), metadata=by_key, timeout=_CALL_SECONDS),
        lambda: keys.DeleteApiKey(DeleteApiKeyRequest(id=made.key.id), metadata=person.metadata),
        "API_KEY_INVALID",
    )


ACTS = {
    "a session is revoked": _revoke_session,
    "a user is suspended": _suspend,
    "a member is removed": _remove_member,
    "a password is changed": _change_password,
    "an API key is deleted": _delete_key,
}


@pytest_asyncio.fixture(scope="module")
async def team(postgres: str, database_name: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    async with fleet(postgres, f"{database_name}_revocation", tmp_path_factory.mktemp("revocation")) as found:
        yield found


@pytest.mark.campaign
@pytest.mark.parametrize("is_cut", [False, True], ids=["while processes hear each other", "while they cannot"])
async def test_nobody_calls_on_after_losing_access(team: Fleet, is_cut: bool) -> None:
    assert len(team.run.pids("server")) == PROCESSES
    operator = await team.operator()
    bystanders = [_list_memberships(team, await team.person()) for _ in range(_BYSTANDERS)]
    lags: dict[str, list[float]] = {act: [] for act in ACTS}

    async with _calling(bystanders) as served, _cutting(team) if is_cut else nullcontext():
        for _ in range(_CASES // _AT_ONCE):
            acts = [act for act in ACTS for _ in range(_AT_ONCE)]
            cases = await asyncio.gather(*(ACTS[act](team, operator) for act in acts))
            for act, lag in zip(acts, await asyncio.gather(*map(_lag, cases)), strict=True):
                lags[act].append(lag)

    print(f"\n{'cut' if is_cut else 'whole'}, {served[0]} other calls served meanwhile")
    for act, found in lags.items():
        print(f"  {act}: p50 {_at(found, 0.5):.0f} ms, p99 {_at(found, 0.99):.0f} ms, last {_at(found, 1):.0f} ms")
    assert served[0] > 0
    for act, found in lags.items():
        assert max(found) <= _LATEST_SECONDS, act
        if is_full_size():
            assert _at(found, 0.99) <= 1000 * _P99_SECONDS, act


async def _lag(case: Case) -> float:
    """How long after the end of access the last call was sent that still succeeded."""
    watch, stopping = Watch(), asyncio.Event()
    callers = [asyncio.create_task(_call_on(case, watch, stopping)) for _ in range(_CALLERS_AT_ONCE)]
    while watch.last_success == 0.0:
        await asyncio.sleep(0.005)
    await case.end()
    ended = time.monotonic()
    await asyncio.sleep(_WATCHED_SECONDS)
    async with asyncio.timeout(60):
        while not watch.refusals:  # on a slow machine
            await asyncio.sleep(0.1)
    stopping.set()
    await asyncio.gather(*callers)
    assert set(watch.refusals) == {case.reason}
    return max(0.0, watch.last_success - ended)


async def _call_on(case: Case, watch: Watch, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        sent = time.monotonic()
        try:
            await case.call()
            watch.last_success = max(watch.last_success, sent)
        except grpc.aio.AioRpcError as error:
            watch.refusals.append(refusal_of(error).reason)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def _calling(calls: list[Call]) -> AsyncIterator[list[int]]:
    """Others call all the while, and nobody refuses them."""
    served = [0]

    async def call_on(call: Call) -> None:
        while True:
            await call()
            served[0] += 1

    callers = [asyncio.create_task(call_on(call)) for call in calls]
    try:
        yield served
        for caller in callers:
            assert not caller.done(), caller.exception()
    finally:
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)


@asynccontextmanager
async def _cutting(team: Fleet) -> AsyncIterator[None]:
    """Listening connections are cut as soon as they are there."""
    connection = await asyncpg.connect(team.own.dsn)
    sql = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'tenantry-signals' AND datname = current_database()"
    )

    async def cut() -> None:
        while True:
            await connection.execute(sql)
            await asyncio.sleep(_CUT_AGAIN_SECONDS)

    cutting = asyncio.create_task(cut())
    try:
        yield
        assert not cutting.done(), cutting.exception()
    finally:
        cutting.cancel()
        await asyncio.gather(cutting, return_exceptions=True)
        await connection.close()


def _list_memberships(team: Fleet, person: SignedIn) -> Call:
    users, request = UsersServiceStub(team.channel), ListMembershipsForCallerRequest()
    return lambda: users.ListMembershipsForCaller(request, metadata=person.metadata, timeout=_CALL_SECONDS)


def _at(lags: list[float], share: float) -> float:
    """In milliseconds, the lag that so many do not exceed."""
    return 1000 * sorted(lags)[math.ceil(share * len(lags)) - 1]
