"""SMS on their own, with the capture store or a Twilio that a test brings."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

import pytest
import pytest_asyncio
from tenantry.sms.v1.sms_service_pb2_grpc import SmsServiceStub

from server.kernel.migrate import KERNEL, History
from server.subdomains.ancillary.sms import wiring
from server.subdomains.ancillary.sms.wiring import sms
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Running, fresh_database, running
from tests.sms.twilio_stand_in import Twilio


class Serve(Protocol):
    """Starts a server whose settings differ."""

    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Running]: ...


@pytest_asyncio.fixture(scope="session")
async def dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    histories = [KERNEL, HISTORY, History("sms", wiring.MIGRATIONS)]
    async with fresh_database(postgres, f"{database_name}_sms", histories) as found:
        yield found


@pytest_asyncio.fixture(scope="session")
async def server(dsn: str) -> AsyncIterator[Running]:
    async with running(dsn, lambda platform: [cast_of_tests(platform), sms(platform)]) as found:
        yield found


@pytest.fixture(scope="session")
def serve(dsn: str) -> Serve:
    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[Running]:
        async with AsyncExitStack() as stack:
            with pytest.MonkeyPatch.context() as environment:
                for name, value in settings.items():
                    environment.setenv(f"TENANTRY_{name}".upper(), str(value))
                found = await stack.enter_async_context(running(dsn, lambda platform: [sms(platform)]))
            yield found

    return start


@pytest_asyncio.fixture(scope="session")
async def listening(serve: Serve) -> AsyncIterator[Running]:
    """A server that captures, and knows an account at Twilio."""
    async with serve(**Twilio(port=1).settings | {"sms_gateway": "capture"}) as found:
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _clean(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()
    await server.rows("DELETE FROM kernel.delivery")


@pytest_asyncio.fixture
async def sms_service(server: Running) -> SmsServiceStub:
    return SmsServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)
