"""Feature flags on their own, with the settings that a test brings."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio
from tenantry.feature_flags.v1.feature_flags_service_pb2_grpc import FeatureFlagsServiceStub

from server.kernel.migrate import KERNEL
from server.kernel.subdomain import Platform, Subdomain
from server.subdomains.ancillary.feature_flags.wiring import feature_flags
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.feature_flags.flags import FLAGS
from tests.harness import Running, fresh_database, running

Write = Callable[[Any], Path]


class Serve(Protocol):
    """Starts a server with settings."""

    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Running]: ...


def compose(platform: Platform) -> list[Subdomain]:
    """Callers, and flags."""
    return [cast_of_tests(platform), feature_flags(platform)]


@pytest_asyncio.fixture(scope="session")
async def dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    async with fresh_database(postgres, f"{database_name}_feature_flags", [KERNEL, HISTORY]) as found:
        yield found


@asynccontextmanager
async def serving(dsn: str, settings: dict[str, Any]) -> AsyncIterator[Running]:
    """A server with settings."""
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:  # settings are read at the start, and only then
            for name, value in settings.items():
                environment.setenv(f"TENANTRY_{name.upper()}", str(value))
            found = await stack.enter_async_context(running(dsn, compose))
        yield found


@pytest.fixture
def serve(dsn: str) -> Serve:
    return lambda **settings: serving(dsn, settings)


@pytest_asyncio.fixture(scope="session")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A server with the flags of a file."""
    path = tmp_path_factory.mktemp("flags") / "flags.json"
    path.write_text(json.dumps(FLAGS))
    async with serving(dsn, {"flags_file": path}) as found:
        yield found


@pytest.fixture
def flags_service(server: Running) -> FeatureFlagsServiceStub:
    return FeatureFlagsServiceStub(server.channel)


@pytest.fixture
def cast(server: Running) -> Cast:
    return Cast(server)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the flags file of the test, in one step."""

    def replace(content: Any) -> Path:
        path, draft = tmp_path / "flags.json", tmp_path / "draft.json"
        draft.write_text(content if isinstance(content, str) else json.dumps(content))
        return draft.rename(path)

    return replace
