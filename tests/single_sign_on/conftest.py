"""Single sign-on in the whole product, with providers on loopback."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from server.subdomains.identity.single_sign_on.adapters.registry import Providers
from tests.harness import Running
from tests.signed_in import People, whole_server
from tests.single_sign_on.clients import SsoClient
from tests.single_sign_on.issuer import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Issuer, standing

TRUSTED_TENANT = "11111111-2222-3333-4444-555555555555"


@dataclass
class Issuers:
    """The providers of a test run."""

    acme: Issuer
    announcing: Issuer
    google: Issuer
    microsoft: Issuer


def entry(name: str, issuer: str, **more: Any) -> dict[str, Any]:
    """A provider as the settings have it."""
    return {
        "name": name,
        "issuer": issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": REDIRECT_URI,
        **more,
    }


@pytest_asyncio.fixture(scope="session")
async def issuers() -> AsyncIterator[Issuers]:
    found = Issuers(Issuer(), Issuer("/tenant-1/", gives_iss=True), Issuer(), Issuer("/common/v2.0"))
    async with standing(found.acme, found.announcing, found.google, found.microsoft):
        yield found


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str, issuers: Issuers) -> AsyncIterator[Running]:
    providers = [
        entry("acme", issuers.acme.url),
        entry("announcing", issuers.announcing.url),
        entry("google", issuers.google.url, preset="google"),
        entry("microsoft", issuers.microsoft.url, preset="microsoft", trusted_tenants=[TRUSTED_TENANT]),
        entry("away", "http://127.0.0.1:1"),
    ]
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:  # no longer: other tests have other providers
            environment.setenv("TENANTRY_SSO_PROVIDERS", json.dumps(providers))
            found = await stack.enter_async_context(whole_server(postgres, f"{database_name}_single_sign_on"))
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _as_usual(server: Running, issuers: Issuers) -> AsyncIterator[None]:
    yield
    server.clock.run()
    for issuer in vars(issuers).values():
        issuer.restore()


@pytest.fixture
def people(server: Running) -> People:
    return People(server)


@pytest.fixture
def issuer(issuers: Issuers) -> Issuer:
    return issuers.acme


@pytest.fixture
def client(server: Running, issuer: Issuer) -> SsoClient:
    """A client at a provider without a preset."""
    return SsoClient(server, "acme", issuer)


@pytest.fixture
def fresh(server: Running) -> Iterator[Providers]:
    """The providers of the server, which remember nothing of the outside world."""
    providers = Providers.of(server.app.platform)
    forget(providers)
    yield providers
    forget(providers)


@pytest.fixture
def acme(server: Running) -> Any:
    """The provider as the server calls it, inside and all."""
    return Providers.of(server.app.platform).find("acme")


def forget(providers: Providers) -> None:
    """Let providers look again at everything."""
    for provider in providers:
        discovery: Any = getattr(provider, "_discovery", None)
        if discovery is not None:
            discovery._metadata._found = discovery._keys._found = discovery._sought_at = None
