"""Traces begin at the gateway or pass through it, and its spans go to the collector."""

import datetime as dt
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.kernel.settings import PlatformSettings, SettingsError, read
from server.kernel.telemetry.trace_context import parse
from server.launch.gateway_tracing import CollectorSettings, Tracing, read_tracing
from tests.gateway.conftest import Standing, call_natively, standing_gateway
from tests.telemetry.collector import attributes, collecting
from tests.telemetry.traces import new_trace, within

LIST_SESSIONS = "/tenantry.auth_tokens.v1.AuthTokensService/ListSessions"


def tracing_to(url: str, ratio: float, **settings: Any) -> Tracing:
    """How the gateway takes part when the collector is there."""
    return Tracing(service_name="shop", ratio=ratio, collector=CollectorSettings(endpoint=url, **settings))


async def test_without_a_collector_a_trace_passes_through_untouched(standing: Standing) -> None:
    headers = {"traceparent": new_trace().header, "tracestate": "vendor=opaque"}

    await standing.client.get("/sessions", headers=headers)
    await call_natively(standing.channel, LIST_SESSIONS, headers)

    for call in standing.server.calls:
        assert {name: call.metadata.get(name) for name in headers} == headers

    await standing.client.get("/sessions")
    assert "traceparent" not in standing.server.last_call.metadata


async def test_pages_of_other_origins_may_bring_their_trace(standing: Standing) -> None:
    headers = {
        "origin": "https://app.example.com",
        "access-control-request-method": "GET",
        "access-control-request-headers": "traceparent,tracestate",
    }
    answer = await standing.client.options("/sessions", headers=headers)

    assert {"traceparent", "tracestate"} <= {
        name.strip() for name in answer.headers["access-control-allow-headers"].split(",")
    }


@pytest.mark.parametrize("ratio", [0.0, 1.0])
async def test_whoever_began_a_trace_decides_and_the_gateway_for_the_others(socket_folder: Path, ratio: float) -> None:
    folder = socket_folder / f"tracing-{ratio}"
    folder.mkdir()
    async with (
        collecting() as collector,
        standing_gateway(folder, "development", tracing=tracing_to(collector.url, ratio)) as standing,
    ):
        for trace in (new_trace(), new_trace(is_sampled=False)):
            await standing.client.get("/sessions", headers=dict(within(trace)))
            found = parse(standing.server.last_call.metadata["traceparent"])
            assert found is not None
            assert (found.trace_id, found.is_sampled) == (trace.trace_id, trace.is_sampled)
            assert found.span_id != trace.span_id

        await standing.client.get("/sessions")
        found = parse(standing.server.last_call.metadata["traceparent"])
        assert found is not None
        assert found.is_sampled == (ratio == 1.0)


async def test_the_collector_is_told_the_path_and_no_query(socket_folder: Path, tmp_path: Path) -> None:
    folder = socket_folder / "tracing-tls"
    folder.mkdir()
    certificate, key = certificate_of("localhost", tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    trace = new_trace()
    async with collecting(tls) as collector:
        tracing = tracing_to(
            f"https://localhost:{collector.port}/", 0, certificate=str(certificate), headers="x-key=a%20b%25,x-other=c"
        )
        async with standing_gateway(folder, "development", tracing=tracing) as standing:
            query = "/sessions?page_token=nobody-may-read-this"
            await standing.client.get(query, headers={**dict(within(trace)), "authorization": "Bearer of-nobody"})
            await collector.until(lambda told: told.trace(trace.trace_id))

    [(service, span)] = collector.trace(trace.trace_id)
    assert (service, span.parent_span_id.hex()) == ("shop-gateway", trace.span_id)
    assert attributes(span)["url.path"] == "/sessions"
    assert {name: collector.told[0].headers[name] for name in ("x-key", "x-other")} == {"x-key": "a b%", "x-other": "c"}
    for secret in (b"nobody-may-read-this", b"of-nobody"):
        assert all(secret not in told.body for told in collector.told)


def test_the_gateway_takes_part_when_there_is_a_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_tracing(read(PlatformSettings)) is None

    monkeypatch.setenv("TENANTRY_OTEL_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example.com")
    found = read_tracing(read(PlatformSettings))
    assert found is not None
    assert found.collector.traces_url == "https://collector.example.com/v1/traces"

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "nonsense")
    wrong = read_tracing(read(PlatformSettings))
    assert wrong is not None
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        _ = wrong.cluster


def certificate_of(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate that nobody has signed but itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
