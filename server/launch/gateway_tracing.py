"""How the gateway takes part in traces: its spans go to the collector that the servers' go to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from server.kernel.settings import PlatformSettings, SettingsError, read
from server.kernel.telemetry.settings import TelemetrySettings

_CLUSTER = "collector"
_TYPES = "type.googleapis.com/envoy"
_PORTS = {"http": 80, "https": 443}
_TRUST_STORE = "/etc/ssl/certs/ca-certificates.crt"


class CollectorSettings(BaseSettings):
    """The standard variables of OpenTelemetry that say where spans go, and how they are let in."""

    model_config = SettingsConfigDict(
        env_prefix="OTEL_EXPORTER_OTLP_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    endpoint: str = "http://localhost:4318"
    traces_endpoint: str = ""
    headers: SecretStr = SecretStr("")
    traces_headers: SecretStr = SecretStr("")
    certificate: str = _TRUST_STORE

    @property
    def traces_url(self) -> str:
        return self.traces_endpoint or f"{self.endpoint.rstrip('/')}/v1/traces"

    @property
    def sent_headers(self) -> Iterator[tuple[str, str]]:
        """Names and values, which are written as those of a query are."""
        for pair in (self.traces_headers.get_secret_value() or self.headers.get_secret_value()).split(","):
            name, found, value = pair.partition("=")
            if found:
                yield name.strip().lower(), unquote(value.strip())


@dataclass(frozen=True, kw_only=True)
class Tracing:
    """Where the gateway's spans go, and how many calls begin a trace."""

    service_name: str
    ratio: float
    collector: CollectorSettings

    @property
    def part(self) -> dict[str, Any]:
        """What stands under ``tracing`` of a connection manager."""
        return {
            # Envoy tells the whole URL. Query strings may hold what nobody should read, so it may not tell any of it.
            "max_path_tag_length": 0,
            "custom_tags": [{"tag": "url.path", "value": "%PATH(NQ:ORIG_OR_PATH)%"}],
            "provider": {
                "name": "envoy.tracers.opentelemetry",
                "typed_config": {
                    "@type": f"{_TYPES}.config.trace.v3.OpenTelemetryConfig",
                    "service_name": f"{self.service_name}-gateway",
                    "sampler": self._sampler,
                    "http_service": {
                        "http_uri": {"uri": self.collector.traces_url, "cluster": _CLUSTER, "timeout": "5s"},
                        "request_headers_to_add": [
                            {"header": {"key": name, "value": value.replace("%", "%%")}}
                            for name, value in self.collector.sent_headers
                        ],
                    },
                },
            },
        }

    @property
    def _sampler(self) -> dict[str, Any]:
        """A call that belongs to a trace already is recorded if that is; of the others a part is."""
        share = {"numerator": round(self.ratio * 1_000_000), "denominator": "MILLION"}
        a_part = _extension("trace_id_ratio_based", "TraceIdRatioBasedSamplerConfig", sampling_percentage=share)
        return _extension("parent_based", "ParentBasedSamplerConfig", wrapped_sampler=a_part)

    @property
    def cluster(self) -> dict[str, Any]:
        """How the collector is reached."""
        url = urlsplit(self.collector.traces_url)
        if url.scheme not in _PORTS or not url.hostname:
            raise SettingsError("OTEL_EXPORTER_OTLP_ENDPOINT is wrong: it should be an address that begins with http")
        place = {"address": url.hostname, "port_value": url.port or _PORTS[url.scheme]}
        cluster: dict[str, Any] = {
            "name": _CLUSTER,
            "type": "LOGICAL_DNS",
            "dns_lookup_family": "ALL",  # of a name; the first that answers is taken
            "wait_for_warm_on_init": False,  # the gateway starts whether or not the name is known
            "connect_timeout": "1s",
            "load_assignment": {
                "cluster_name": _CLUSTER,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"socket_address": place}}}]}],
            },
        }
        if url.scheme == "https":
            cluster["transport_socket"] = _tls(url.hostname, self.collector.certificate)
        return cluster


def read_tracing(platform: PlatformSettings) -> Tracing | None:
    """The gateway's part in traces, if somebody is to be told."""
    telemetry = read(TelemetrySettings)
    if not telemetry.is_exporting:
        return None
    return Tracing(
        service_name=platform.service_name, ratio=telemetry.trace_sample_ratio, collector=CollectorSettings()
    )


def _extension(name: str, kind: str, **fields: Any) -> dict[str, Any]:
    full_kind = f"{_TYPES}.extensions.tracers.opentelemetry.samplers.v3.{kind}"
    return {"name": f"envoy.tracers.opentelemetry.samplers.{name}", "typed_config": {"@type": full_kind, **fields}}


def _tls(host: str, trusted: str) -> dict[str, Any]:
    is_name = not re.fullmatch(r"[0-9.]+|.*:.*", host)
    expected = {"san_type": "DNS" if is_name else "IP_ADDRESS", "matcher": {"exact": host}}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TYPES}.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            **({"sni": host} if is_name else {}),
            "common_tls_context": {
                "validation_context": {
                    "trusted_ca": {"filename": trusted},
                    "match_typed_subject_alt_names": [expected],
                }
            },
        },
    }
