"""An OpenTelemetry collector on loopback: takes OTLP over HTTP as a real one does, and keeps what it is told."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from threading import Event, Thread
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_REQUESTS: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
}
_WAIT_SECONDS = 20


@dataclass(frozen=True)
class Told:
    """One request of an exporter."""

    path: str
    headers: dict[str, str]
    body: bytes
    message: Any


@dataclass
class Collector:
    """What a collector was told."""

    port: int = 0
    told: list[Told] = field(default_factory=list)
    status: int = HTTPStatus.OK
    is_answering: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def spans(self) -> list[tuple[str, Span]]:
        """Every span, with the name of the service that told it."""
        return [
            (attributes(resource.resource)["service.name"], span)
            for told in self.told
            if told.path == "/v1/traces"
            for resource in told.message.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def logs(self) -> list[LogRecord]:
        """Every log record."""
        return [
            record
            for told in self.told
            if told.path == "/v1/logs"
            for resource in told.message.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by its name, as it was told last."""
        return {
            metric.name: metric
            for told in self.told
            if told.path == "/v1/metrics"
            for resource in told.message.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def trace(self, trace_id: str) -> list[tuple[str, Span]]:
        """The spans of one trace."""
        return [(service, span) for service, span in self.spans if span.trace_id.hex() == trace_id]

    async def until(self, has_come: Callable[["Collector"], object]) -> None:
        """Wait until it was told something."""
        async with asyncio.timeout(_WAIT_SECONDS):
            while not has_come(self):
                await asyncio.sleep(0.05)


@asynccontextmanager
async def collecting(tls: ssl.SSLContext | None = None) -> AsyncIterator[Collector]:
    """A collector that answers until the end."""
    collector = Collector()
    collector.is_answering.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = b"".join(_chunks(self.rfile)) if "transfer-encoding" in self.headers else self._sized()
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            collector.is_answering.wait()
            if collector.status == HTTPStatus.OK:
                message = _REQUESTS[self.path].FromString(body)
                headers = {name.lower(): value for name, value in self.headers.items()}
                collector.told.append(Told(self.path, headers, body, message))
            self.send_response(collector.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def _sized(self) -> bytes:
            return self.rfile.read(int(self.headers["content-length"]))

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    collector.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.is_answering.set()
        await asyncio.to_thread(server.shutdown)
        server.server_close()


def _chunks(body: BufferedIOBase) -> Iterator[bytes]:
    """What was sent in chunks, as Envoy does."""
    while size := int(body.readline(), 16):
        yield body.read(size)
        body.readline()
    body.readline()


def attributes(of: Any) -> dict[str, Any]:
    """The attributes of a span, an event, a log record, a point or a resource."""
    return dict(_plain(of.attributes))


def _plain(pairs: Any) -> Iterator[tuple[str, Any]]:
    for pair in pairs:
        yield pair.key, getattr(pair.value, pair.value.WhichOneof("value"))
