"""Password credentials in the whole product: a sign-up reaches every part of it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.harness import Running
from tests.signed_in import People, whole_server


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with whole_server(postgres, f"{database_name}_password_credentials") as found:
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _running_clock(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()


@pytest_asyncio.fixture
async def people(server: Running) -> People:
    return People(server)


@pytest.fixture
def hashed(server: Running, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that reach the hash, in their order."""
    found: list[str] = []
    argon2 = server.app.platform.hasher._hasher
    verify = argon2.verify

    def verify_and_note(password: str, stored: str) -> bool:
        found.append(password)
        return verify(password, stored)

    monkeypatch.setattr(argon2, "verify", verify_and_note)
    return found
