"""The whole product, once: every subdomain on a real server, behind the real gateway."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from server.composition import compose, histories
from tests.everything.people import everybody, values_for
from tests.everything.world import World, standing_gateway
from tests.harness import fresh_database, running


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        yield Path(folder)


@pytest_asyncio.fixture(scope="session")
async def world(postgres: str, database_name: str, run_folder: Path) -> AsyncIterator[World]:
    async with fresh_database(postgres, f"{database_name}_everything", histories()) as dsn, AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("TENANTRY_WEBHOOK_ENDPOINTS", "10000")  # each test makes what it needs, and deletes none
            server = await stack.enter_async_context(running(dsn, compose))
        ways = await stack.enter_async_context(standing_gateway(server.port, run_folder / "development"))
        organization_id, callers = await everybody(server)
        yield World(server, ways, organization_id, callers, values_for(server))
