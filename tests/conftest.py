"""What tests share: one PostgreSQL a test process, and settings that are quick."""

import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

_MADE_UP = re.compile(r"_[0-7][0-9a-hjkmnp-tv-z]{25}")
_DATA = tempfile.TemporaryDirectory(prefix="tenantry-test-")

# Before anything reads settings: a data folder of the tests' own. Nothing outside may change what they see.
for _name in [name for name in os.environ if name.startswith("TENANTRY_") and not name.startswith("TENANTRY_TEST_")]:
    del os.environ[_name]
os.environ["TENANTRY_DATA"] = _DATA.name
os.environ["TENANTRY_LOG_EVERY_CALL"] = "false"

from server.launch.postgres import EmbeddedPostgres  # noqa: E402
from tests.nats_server import NatsServer, running_nats  # noqa: E402


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names of cases without made-up ids, which would differ between the test processes."""
    return _MADE_UP.sub("_id", val) if isinstance(val, str) and _MADE_UP.search(val) else None


@pytest_asyncio.fixture(scope="session")
async def postgres() -> AsyncIterator[str]:
    """The address of a PostgreSQL that tests may make databases in."""
    given = os.environ.get("TENANTRY_TEST_DATABASE_URL")
    if given:
        yield given
        return
    embedded = EmbeddedPostgres(Path(_DATA.name) / "database", fast=True)
    yield await embedded.start()
    await embedded.stop()


@pytest.fixture(scope="session")
def nats() -> Iterator[NatsServer]:
    """A NATS for tests that let it run."""
    with running_nats(Path(_DATA.name) / "nats") as server:
        yield server


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A NATS that the test may break."""
    with running_nats(tmp_path / "nats") as server:
        yield server


@pytest.fixture(scope="session")
def database_name() -> str:
    """A prefix for the names of this test process's databases."""
    return f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
