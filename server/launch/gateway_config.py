"""The gateway's configuration: the committed one of the environment, with this run's addresses in its places."""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from server.launch.gateway_tracing import Tracing

ROOT = Path(__file__).resolve().parent.parent.parent
DEVELOPMENT_CONFIG = ROOT / "envoy.yaml"
PRODUCTION_CONFIG = ROOT / "generated" / "gateway" / "production.yaml"

_TRANSCODER = "envoy.filters.http.grpc_json_transcoder"


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the gateway listens and what it leads to."""

    http_host: str
    http_port: int
    internal_http_port: int
    upstreams: Sequence[str]
    """Server processes, each as ``unix:/path`` or ``host:port``."""
    admin_socket: Path


def gateway_config(environment: str, addresses: Addresses, tracing: Tracing | None = None) -> str:
    """Return the configuration as YAML."""
    source = PRODUCTION_CONFIG if environment == "production" else DEVELOPMENT_CONFIG
    config: dict[str, Any] = yaml.safe_load(source.read_text())
    config["admin"]["address"]["pipe"]["path"] = str(addresses.admin_socket)
    for listener in config["static_resources"]["listeners"]:
        _place_listener(listener, addresses)
    for cluster in config["static_resources"]["clusters"]:
        _place_cluster(cluster, addresses.upstreams)
    if tracing is not None:
        for listener in config["static_resources"]["listeners"]:
            for manager in _connection_managers(listener):
                manager["tracing"] = tracing.part
        config["static_resources"]["clusters"].append(tracing.cluster)
    return yaml.safe_dump(config, sort_keys=False, width=120)


def _place_listener(listener: dict[str, Any], addresses: Addresses) -> None:
    place = listener["address"]["socket_address"]
    if listener["name"] == "public":
        place.update(address=addresses.http_host, port_value=addresses.http_port)
    else:
        place.update(port_value=addresses.internal_http_port)
    for http_filter in _http_filters(listener):
        if http_filter["name"] == _TRANSCODER:
            settings = http_filter["typed_config"]
            # Given from the root of the project; Envoy may be started anywhere. An absolute one stays as it is.
            settings["proto_descriptor"] = str(ROOT / settings["proto_descriptor"])


def _http_filters(listener: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for manager in _connection_managers(listener):
        yield from manager["http_filters"]


def _connection_managers(listener: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for chain in listener["filter_chains"]:
        for network_filter in chain["filters"]:
            yield network_filter["typed_config"]


def _place_cluster(cluster: dict[str, Any], upstreams: Sequence[str]) -> None:
    endpoints = [{"endpoint": {"address": _address(upstream)}} for upstream in upstreams]
    cluster["load_assignment"]["endpoints"] = [{"lb_endpoints": endpoints}]
    if any(_is_name(upstream) for upstream in upstreams):
        cluster["type"] = "STRICT_DNS"


def _address(upstream: str) -> dict[str, Any]:
    if upstream.startswith("unix:"):
        return {"pipe": {"path": upstream.removeprefix("unix:")}}
    host, port = _host_and_port(upstream)
    return {"socket_address": {"address": host, "port_value": port}}


def _is_name(upstream: str) -> bool:
    if upstream.startswith("unix:"):
        return False
    try:
        ipaddress.ip_address(_host_and_port(upstream)[0])
    except ValueError:
        return True
    return False


def _host_and_port(upstream: str) -> tuple[str, int]:
    host, _, port = upstream.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)
