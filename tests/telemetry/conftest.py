"""A server that tells a collector, as in production with one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from server.kernel.migrate import History
from server.subdomains.ancillary.recording.wiring import recording
from server.subdomains.ancillary.usages import wiring
from server.subdomains.ancillary.usages.wiring import usages
from tests.cast import Cast, cast_of_tests
from tests.harness import Running, fresh_database, running
from tests.kernel.echo import echo
from tests.kernel.probe import HISTORIES
from tests.telemetry.collector import Collector, collecting


@pytest_asyncio.fixture(scope="session")
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as found:
        yield found


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str, collector: Collector) -> AsyncIterator[Running]:
    histories = [*HISTORIES, History("usages", wiring.MIGRATIONS)]
    subdomains = (cast_of_tests, echo, usages, recording)
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(fresh_database(postgres, f"{database_name}_telemetry", histories))
        with pytest.MonkeyPatch.context() as environment:  # which is read at the start
            environment.setenv("TENANTRY_OTEL_EXPORTER", "otlp")
            environment.setenv("TENANTRY_TRACE_SAMPLE_RATIO", "0")
            environment.setenv("TENANTRY_METRICS_INTERVAL_SECONDS", "1")
            environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
            environment.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=of-the-collector")
            starting = running(dsn, lambda platform: [subdomain(platform) for subdomain in subdomains])
            found = await stack.enter_async_context(starting)
        yield found


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)
