"""
A fleet: four server processes behind Envoy, as in production, and a process of the tests' own on the same database.

The tests' own makes people who are signed in without a password being hashed, and does what no RPC does.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from server import composition
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.security.keys import make_pem
from server.subdomains.identity.auth_tokens.api import AuthTokensApi, Tokens
from server.subdomains.users.api import UsersApi
from server.subdomains.users.operators import add_operator
from tests.harness import Metadata, Running, fresh_database, running
from tests.journeys.whole_run import WholeRun, whole_run
from tests.people import registration

PROCESSES = 4


@dataclass(frozen=True)
class SignedIn:
    """Somebody with a session."""

    user_id: str
    email: str
    tokens: Tokens

    @property
    def metadata(self) -> Metadata:
        return metadata_of(self.tokens)


@dataclass(frozen=True)
class Keys:
    """A folder of signing keys, which changes while the fleet runs."""

    folder: Path

    def publish(self, name: str) -> None:
        """Have a new key verify."""
        draft = self.folder / f"{name}.new"
        draft.write_text(make_pem())
        draft.rename(self.folder / f"{name}.verify_only.pem")

    def switch(self, name: str) -> None:
        """Have a published key sign, and the one before it verify only."""
        [old] = self.folder.glob("*.current.pem")
        old.rename(self.folder / old.name.replace(".current.", ".verify_only."))
        (self.folder / f"{name}.verify_only.pem").rename(self.folder / f"{name}.current.pem")

    def retire(self, name: str) -> None:
        """Have a key verify no more."""
        (self.folder / f"{name}.verify_only.pem").unlink()


@dataclass(frozen=True)
class Fleet:
    """What a drill works with."""

    run: WholeRun
    own: Running
    channel: grpc.aio.Channel
    access_keys: Keys
    service_keys: Keys

    async def person(self) -> SignedIn:
        """Somebody new, signed in."""
        given = registration()
        platform = self.own.app.platform
        async with platform.begin() as uow:
            user = await UsersApi.of(platform).register_person(uow, **given)
        return SignedIn(user.id, given["email"], await self.sign_in(user.id))

    async def sign_in(self, user_id: str) -> Tokens:
        """One more session."""
        platform = self.own.app.platform
        set_current_call(service_call("a drill"))
        async with platform.begin() as uow:
            user = await UsersApi.of(platform).find_user(uow, user_id)
            assert user is not None
            return await AuthTokensApi.of(platform).issue(
                uow, user=user, amr=["pwd"], provider="credentials", auth_time=platform.clock()
            )

    async def operator(self) -> SignedIn:
        """Somebody new who runs the platform."""
        person = await self.person()
        await add_operator(person.email)
        return person


@asynccontextmanager
async def fleet(postgres: str, name: str, folder: Path, **settings: str) -> AsyncIterator[Fleet]:
    """A fleet on a database of its own."""
    access_keys, service_keys = _keys(folder / "access"), _keys(folder / "service")
    shared = {
        "JWT_SIGNING_KEYS": str(access_keys.folder),
        "SERVICE_TOKEN_KEYS": str(service_keys.folder),
        "LOG_EVERY_CALL": "false",
    } | settings
    async with fresh_database(postgres, name, composition.histories()) as dsn:
        run = whole_run(folder / "data", PROCESSES=str(PROCESSES), DATABASE_URL=dsn, **shared)
        async with run as whole, _own(dsn, shared) as own, _through_gateway(whole) as channel:
            yield Fleet(whole, own, channel, access_keys, service_keys)


def metadata_of(tokens: Tokens) -> Metadata:
    """An access token as it is sent."""
    return (("authorization", f"Bearer {tokens.access_token}"),)


@asynccontextmanager
async def _own(dsn: str, settings: dict[str, str]) -> AsyncIterator[Running]:
    with pytest.MonkeyPatch.context() as environment:
        for setting, value in settings.items():
            environment.setenv(f"TENANTRY_{setting}", value)
        async with running(dsn, composition.compose) as own:
            yield own


def _through_gateway(run: WholeRun) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(f"127.0.0.1:{run.http_port}")


def _keys(folder: Path) -> Keys:
    folder.mkdir(mode=0o700)
    (folder / "first.current.pem").write_text(make_pem())
    return Keys(folder)


def is_full_size() -> bool:
    """Whether the campaign runs at full size (`make soak`)."""
    return os.environ.get("TENANTRY_TEST_CAMPAIGN") == "full"
