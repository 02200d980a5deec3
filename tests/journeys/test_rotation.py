"""
Signing keys rotate three times under load, on four server processes behind Envoy: no call fails.

Somebody else verifies every token with the keys we publish, and never has to ask for a key that it has not seen before
it signs. The keys of service tokens rotate along, so that workers go on delivering.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import jwt
import pytest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import RefreshTokenRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.users.v1.users_service_pb2 import ListMembershipsForCallerRequest
from tenantry.users.v1.users_service_pb2_grpc import UsersServiceStub

from tests.harness import refusal_of
from tests.journeys.fleet import PROCESSES, Fleet, fleet, is_full_size

_ROTATIONS = 3
_CALLERS = 24 if is_full_size() else 6
_LIFETIME_SECONDS = 60 if is_full_size() else 5  # of an access token
_REFRESH_AFTER_SECONDS = _LIFETIME_SECONDS / 4
_SURE = 5 * PROCESSES  # answers in a row that come from every process
_ISSUER = "http://localhost:8080"


class Verifier(jwt.PyJWKClient):
    """Somebody else's service, which keeps the published keys and counts how often it had to read them."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url}/.well-known/jwks.json", lifespan=3600)
        self.readings = 0

    def fetch_data(self) -> Any:
        self.readings += 1
        return super().fetch_data()

    def read(self) -> None:
        """Read the keys now, as it does every few minutes."""
        self.get_jwk_set(refresh=True)

    def verify(self, token: str) -> str:
        """The key that has signed a good token."""
        key = self.get_signing_key_from_jwt(token)
        jwt.decode(token, key, algorithms=["ES256"], issuer=_ISSUER, audience=_ISSUER, leeway=60)
        return str(jwt.get_unverified_header(token)["kid"])


@dataclass
class Told:
    """What clients were told."""

    calls: int = 0
    refreshes: int = 0
    failures: list[str] = field(default_factory=list)
    signed_by: set[str] = field(default_factory=set)
    latest: dict[int, str] = field(default_factory=dict)  # the key of the latest token of each client


@pytest.mark.campaign
async def test_no_call_fails_while_keys_rotate(postgres: str, database_name: str, tmp_path: Path) -> None:
    settings = {
        "SIGNING_KEYS_REREAD_SECONDS": "0.5",
        "ACCESS_TOKEN_TTL_SECONDS": str(_LIFETIME_SECONDS),
    }
    async with fleet(postgres, f"{database_name}_rotation", tmp_path, **settings) as team:
        assert len(team.run.pids("server")) == PROCESSES
        verifier, told = Verifier(team.run.url), Told()
        verifier.read()
        async with _calling(team, verifier, told), httpx.AsyncClient(base_url=team.run.url) as client:
            former = "first"
            for number in range(_ROTATIONS):
                await _rotate(team, client, verifier, told, former, f"key{number}")
                former = f"key{number}"
        print(f"\n{told.calls} calls, {told.refreshes} refreshes, {len(told.signed_by)} keys, {told.failures}")
        assert told.failures == []
        assert len(told.signed_by) == 1 + _ROTATIONS
        # Once at first and once a rotation, and never for a key that signed before it was seen.
        assert verifier.readings == 1 + _ROTATIONS
        await _nothing_was_refused_to_workers(team)


async def _rotate(
    team: Fleet, client: httpx.AsyncClient, verifier: Verifier, told: Told, former: str, coming: str
) -> None:
    before = set(await _published(client))
    team.access_keys.publish(coming)
    team.service_keys.publish(coming)
    published = await _until_everywhere(client, lambda keys: len(keys) == len(before) + 1)
    [new] = set(published) - before
    assert new not in told.signed_by  # shown before it signs
    await asyncio.to_thread(verifier.read)

    team.access_keys.switch(coming)
    team.service_keys.switch(coming)
    await _until_everywhere(client, lambda keys: keys[0] == new)
    switched = time.monotonic()
    async with asyncio.timeout(120):
        while set(told.latest.values()) != {new} or time.monotonic() < switched + _LIFETIME_SECONDS + 1:
            await asyncio.sleep(0.1)

    team.access_keys.retire(former)
    await _until_everywhere(client, lambda keys: len(keys) == len(before))


async def _published(client: httpx.AsyncClient) -> list[str]:
    answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    return [key["kid"] for key in answer.json()["keys"]]


async def _until_everywhere(client: httpx.AsyncClient, is_right: Any) -> list[str]:
    """Until so many answers in a row show it that every process has given some of them."""
    in_a_row, keys = 0, []
    async with asyncio.timeout(120):
        while in_a_row < _SURE:
            keys = await _published(client)
            in_a_row = in_a_row + 1 if is_right(keys) else 0
            await asyncio.sleep(0.01)
    return keys


@asynccontextmanager
async def _calling(team: Fleet, verifier: Verifier, told: Told) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    people = [await team.person() for _ in range(_CALLERS)]
    callers = [
        asyncio.create_task(
            _call_on(team, verifier, told, number, person.tokens.access_token, person.tokens.refresh_token, stopping)
        )
        for number, person in enumerate(people)
    ]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*callers)


async def _call_on(
    team: Fleet, verifier: Verifier, told: Told, number: int, access: str, refresh: str, stopping: asyncio.Event
) -> None:
    """Call all the time, and get new tokens long before the old ones run out."""
    users, tokens = UsersServiceStub(team.channel), AuthTokensServiceStub(team.channel)
    refreshed = 0.0
    while not stopping.is_set():
        try:
            if time.monotonic() > refreshed + _REFRESH_AFTER_SECONDS:
                refreshed = time.monotonic()
                answer = await tokens.RefreshToken(RefreshTokenRequest(refresh_token=refresh), timeout=30)
                access, refresh = answer.tokens.access_token.value, answer.tokens.refresh_token.value
                told.refreshes += 1
            told.latest[number] = await asyncio.to_thread(verifier.verify, access)
            told.signed_by.add(told.latest[number])
            metadata = (("authorization", f"Bearer {access}"),)
            await users.ListMembershipsForCaller(ListMembershipsForCallerRequest(), metadata=metadata, timeout=30)
            told.calls += 1
        except grpc.aio.AioRpcError as error:
            reason = refusal_of(error).reason
            if reason == "TOKEN_EXPIRED":  # a machine that was busy with something else: every client refreshes then
                refreshed = 0.0
            else:
                told.failures.append(f"{error.code().name} {reason}: {error.details()}")
        except jwt.PyJWTError as error:
            told.failures.append(f"verifier: {error}")


async def _nothing_was_refused_to_workers(team: Fleet) -> None:
    """Everything queued is delivered, with no service token refused."""
    async with asyncio.timeout(120):
        while await team.own.rows("SELECT FROM kernel.delivery WHERE dead_at IS NULL LIMIT 1"):
            await asyncio.sleep(0.1)
    assert await team.own.rows("SELECT queue, reason FROM kernel.delivery") == []
    codes = {row["audit_code"] for row in await team.own.rows("SELECT DISTINCT audit_code FROM audits.audit")}
    assert "Authentication.Any.Refreshed.Passed" in codes
    assert "ServiceTokenAuthentication.Failed.InvalidToken" not in codes
