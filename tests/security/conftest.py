"""The whole product behind the real gateway, for what holds across its parts."""

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.everything.world import Ways, standing_gateway
from tests.harness import Running
from tests.signed_in import People, whole_server
from tests.single_sign_on.issuer import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Issuer, standing


@pytest_asyncio.fixture(scope="session")
async def issuers() -> AsyncIterator[dict[str, Issuer]]:
    """Two providers that people may sign in at."""
    found = {"acme": Issuer(), "other": Issuer()}
    async with standing(*found.values()):
        yield found


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str, issuers: dict[str, Issuer]) -> AsyncIterator[Running]:
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT_URI}
    providers = [{"name": name, "issuer": issuer.url, **client} for name, issuer in issuers.items()]
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:  # no longer: other tests have other providers
            environment.setenv("TENANTRY_SSO_PROVIDERS", json.dumps(providers))
            found = await stack.enter_async_context(whole_server(postgres, f"{database_name}_security"))
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _as_usual(server: Running, issuers: dict[str, Issuer]) -> AsyncIterator[None]:
    yield
    server.clock.run()
    for issuer in issuers.values():
        issuer.restore()


@pytest_asyncio.fixture(scope="session")
async def ways(server: Running) -> AsyncIterator[Ways]:
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:  # sockets need a short path
        async with standing_gateway(server.port, Path(folder)) as found:
            yield found


@pytest_asyncio.fixture
async def people(server: Running) -> People:
    return People(server)
