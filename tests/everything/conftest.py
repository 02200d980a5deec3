"""The whole product, once: every subdomain on a real server, behind the real gateway."""

import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from server.composition import compose, histories
from tests.everything.endpoints import endpoints
from tests.everything.people import FLAG, everybody, values_for
from tests.everything.providers import provider_entry, sign_ins_by_providers
from tests.everything.second_factors import second_factors
from tests.everything.signatures import SETTINGS, reports
from tests.everything.world import World, standing_gateway
from tests.harness import fresh_database, running
from tests.single_sign_on.issuer import Issuer, standing


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def flags_file(run_folder: Path) -> Path:
    """One flag, for requests that name one."""
    path = run_folder / "flags.json"
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
    path.write_text(json.dumps({"flags": {FLAG: flag}}))
    return path


@pytest_asyncio.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    """A provider that persons sign in at."""
    found = Issuer()
    async with standing(found):
        yield found


@pytest_asyncio.fixture(scope="session")
async def world(
    postgres: str, database_name: str, run_folder: Path, flags_file: Path, issuer: Issuer
) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        lasting = stack.enter_context(pytest.MonkeyPatch.context())
        # What was refused is told when a minute is over: not in the midst of a test that watches all tables.
        lasting.setattr("server.subdomains.ancillary.audits.api._MINUTE_SECONDS", 3600.0)
        dsn = await stack.enter_async_context(fresh_database(postgres, f"{database_name}_everything", histories()))
        with pytest.MonkeyPatch.context() as environment:
            for name, value in SETTINGS.items():
                environment.setenv(name, value)
            environment.setenv("TENANTRY_FLAGS_FILE", str(flags_file))
            environment.setenv("TENANTRY_SSO_PROVIDERS", json.dumps([provider_entry(issuer)]))
            # Each test makes what it needs, and deletes none.
            environment.setenv("TENANTRY_WEBHOOK_ENDPOINTS", "10000")
            environment.setenv("TENANTRY_MAX_API_KEYS_PER_USER", "10000")
            server = await stack.enter_async_context(running(dsn, compose))
        ways = await stack.enter_async_context(standing_gateway(server.port, run_folder / "development"))
        organization_id, callers = await everybody(server)
        values = values_for(server) | reports() | endpoints(server) | sign_ins_by_providers()
        values |= second_factors(server, callers["enrolled"])
        yield World(server, ways, organization_id, callers, values)
