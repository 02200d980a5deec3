"""One trace joins the gateway, the servers, the database and the worker, in a run as operators start it."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.journeys.whole_run import WholeRun, whole_run
from tests.telemetry.collector import Collector, attributes, collecting
from tests.telemetry.traces import new_trace, within

GATEWAY, SERVER = "shop-gateway", "shop"
REGISTER = "tenantry.password_credentials.v1.PasswordCredentialsService/RegisterPerson"
PASSWORD, TOKEN, QUERY = (
    f"otter-{secrets.token_hex(8)}",
    f"token-{secrets.token_hex(8)}",
    f"query-{secrets.token_hex(8)}",
)


@pytest.fixture(scope="module")
def monkeypatched(collector: Collector):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        environment.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        yield


@pytest_asyncio.fixture(scope="module")
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as found:
        yield found


@pytest_asyncio.fixture(scope="module")
async def run(tmp_path_factory, collector: Collector, monkeypatched) -> AsyncIterator[WholeRun]:
    data: Path = tmp_path_factory.mktemp("traces") / "data"
    settings = {"OTEL_EXPORTER": "otlp", "TRACE_SAMPLE_RATIO": "0", "SERVICE_NAME": SERVER, "PROCESSES": "1"}
    async with whole_run(data, **settings, METRICS_INTERVAL_SECONDS="1", LOG_FORMAT="json") as found:
        yield found


async def register(run: WholeRun, **headers: str) -> None:
    body = {
        "firstName": "Ana",
        "lastName": "Silva",
        "emailAddress": f"ana-{secrets.token_hex(6)}@example.com",
        "password": PASSWORD,
        "termsAndConditionsAccepted": True,
    }
    async with httpx.AsyncClient(base_url=run.url, timeout=30) as client:
        answer = await client.post("/credentials/register", json=body, headers=headers)
        assert answer.is_success, answer.text


async def test_a_trace_goes_from_the_gateway_to_what_a_worker_does_later(run, collector):
    trace = new_trace()

    await register(run, **dict(within(trace)))

    def has_come(told: Collector) -> bool:
        names = {(service, span.name.rpartition("/")[2]) for service, span in told.trace(trace.trace_id)}
        return {(GATEWAY, "ingress"), (SERVER, "RegisterPerson"), (SERVER, "DeliverEmails")} <= names

    await collector.until(has_come)
    spans = [span for _, span in collector.trace(trace.trace_id)]
    by_id = {span.span_id: span for span in spans}
    [gateway] = [span for service, span in collector.trace(trace.trace_id) if service == GATEWAY]
    [registering] = [span for span in spans if span.name == REGISTER]
    assert gateway.parent_span_id.hex() == trace.span_id
    assert registering.parent_span_id == gateway.span_id
    [sending] = [span for span in spans if span.name.endswith("/DeliverEmails")]
    delivering = by_id[sending.parent_span_id]
    assert (delivering.name, delivering.parent_span_id) == ("deliver emails", registering.span_id)
    assert any(span.parent_span_id == registering.span_id and span.name.startswith("INSERT") for span in spans)


async def test_log_lines_of_a_call_bear_its_trace_whether_it_is_recorded_or_not(run, collector):
    trace = new_trace(is_sampled=False)
    async with httpx.AsyncClient(base_url=run.url) as client:
        await client.get("/sessions", headers=dict(within(trace)))

    await collector.until(lambda told: trace.trace_id in {record.trace_id.hex() for record in told.logs})
    [record] = [record for record in collector.logs if record.trace_id.hex() == trace.trace_id]
    assert attributes(record)["code"] == "UNAUTHENTICATED"
    assert f'"trace_id": "{trace.trace_id}"' in run.log.read_text()
    assert collector.trace(trace.trace_id) == []


async def test_nothing_that_is_secret_is_told(run, collector):
    trace = new_trace()
    headers = {**dict(within(trace)), "authorization": f"Bearer {TOKEN}", "x-mfa-token": TOKEN, "cookie": f"a={TOKEN}"}

    await register(run, **dict(within(trace)))
    async with httpx.AsyncClient(base_url=run.url) as client:
        await client.get(f"/sessions?page_token={QUERY}", headers=headers)

    def has_come(told: Collector) -> bool:
        services = [service for service, _ in told.trace(trace.trace_id)]
        return services.count(GATEWAY) == 2

    await collector.until(has_come)
    [asked] = [
        span
        for service, span in collector.trace(trace.trace_id)
        if service == GATEWAY and attributes(span)["url.path"] == "/sessions"
    ]
    assert attributes(asked)["http.status_code"] == "401"
    for secret in (PASSWORD, TOKEN, QUERY):
        assert all(secret.encode() not in told.body for told in collector.told), secret


async def test_workers_measure_the_queues(run, collector):
    await collector.until(lambda told: "tenantry.queue.dead" in told.metrics)

    queues = {attributes(point)["queue"] for point in collector.metrics["tenantry.queue.dead"].gauge.data_points}
    assert {"emails", "audits", "usages"} <= queues


async def test_the_end_tells_what_is_left(run, collector):
    assert await run.stop() == 0

    assert "stopped" in run.log.read_text()
    assert {"draining", "finishing what is in hand"} <= {record.body.string_value for record in collector.logs}
