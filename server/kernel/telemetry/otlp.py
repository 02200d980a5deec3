"""
The OpenTelemetry exporters, and how what we keep becomes what they send.

The one module that imports the SDK: it takes 15 MB, so it is imported only when a collector is to be told.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry._logs import LogRecord as OtelLogRecord
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.metrics import export as metrics_sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags

from server.kernel.telemetry.log_records import LogRecord
from server.kernel.telemetry.metrics import SECONDS, Attributes, Distribution, Kind, Reading
from server.kernel.telemetry.outbox import Outbox
from server.kernel.telemetry.spans import Span
from server.kernel.telemetry.trace_context import TraceContext

_SCOPE = InstrumentationScope("tenantry")
_CUMULATIVE = metrics_sdk.AggregationTemporality.CUMULATIVE
_SEVERITIES = {
    logging.DEBUG: SeverityNumber.DEBUG,
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
    logging.CRITICAL: SeverityNumber.FATAL,
}


class Otlp:
    """Sends to the collector that the variables ``OTEL_EXPORTER_OTLP_…`` name."""

    def __init__(self, resource: Mapping[str, str]) -> None:
        self._resource = Resource.create(dict(resource))
        self._started_at = time.time_ns()
        self._spans, self._logs, self._metrics = OTLPSpanExporter(), OTLPLogExporter(), OTLPMetricExporter()
        self.spans: Outbox[Span] = Outbox("spans", self._send_spans)
        self.logs: Outbox[LogRecord] = Outbox("logs", self._send_logs)
        self.metrics: Outbox[Sequence[Reading]] = Outbox("metrics", self._send_metrics, most=2)

    def start(self) -> None:
        """Begin to send."""
        for outbox in (self.spans, self.logs, self.metrics):
            outbox.start()

    def stops(self) -> list[Callable[[float], None]]:
        """What sends the rest of each kind, for at most so many seconds; they may run side by side."""
        return [
            _stopping(self.spans, self._spans),
            _stopping(self.logs, self._logs),
            _stopping(self.metrics, self._metrics),
        ]

    def _send_spans(self, spans: Sequence[Span]) -> bool:
        return self._spans.export([_to_span(span, self._resource) for span in spans]) is SpanExportResult.SUCCESS

    def _send_logs(self, records: Sequence[LogRecord]) -> bool:
        readable = [ReadableLogRecord(_to_log_record(each), self._resource, _SCOPE) for each in records]
        return self._logs.export(readable) is LogRecordExportResult.SUCCESS

    def _send_metrics(self, collections: Sequence[Sequence[Reading]]) -> bool:
        now = time.time_ns()
        metrics = [_to_metric(reading, self._started_at, now) for reading in collections[-1]]
        scope = metrics_sdk.ScopeMetrics(scope=_SCOPE, metrics=metrics, schema_url="")
        resource = metrics_sdk.ResourceMetrics(resource=self._resource, scope_metrics=[scope], schema_url="")
        data = metrics_sdk.MetricsData(resource_metrics=[resource])
        return self._metrics.export(data) is metrics_sdk.MetricExportResult.SUCCESS


def _stopping(outbox: Outbox[Any], exporter: Any) -> Callable[[float], None]:
    def stop(seconds: float) -> None:
        outbox.stop(seconds)
        exporter.shutdown()  # one that is waiting to try again gives up

    return stop


def _to_span(span: Span, resource: Resource) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=_to_context(span.context, is_remote=False),
        parent=_to_context(span.parent, is_remote=True) if span.parent is not None else None,
        resource=resource,
        attributes=span.attributes,
        events=[Event(event.name, event.attributes, event.at) for event in span.events],
        links=[Link(_to_context(link, is_remote=True)) for link in span.links],
        kind=trace.SpanKind[span.kind.value],
        status=Status(StatusCode.ERROR if span.is_error else StatusCode.UNSET),
        start_time=span.started_at,
        end_time=span.ended_at,
        instrumentation_scope=_SCOPE,
    )


def _to_context(context: TraceContext, *, is_remote: bool) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if context.is_sampled else TraceFlags.DEFAULT)
    return SpanContext(int(context.trace_id, 16), int(context.span_id, 16), is_remote, flags)


def _to_log_record(record: LogRecord) -> OtelLogRecord:
    found = OtelLogRecord(
        timestamp=record.at,
        observed_timestamp=record.at,
        severity_text=logging.getLevelName(record.level),
        severity_number=_SEVERITIES.get(record.level, SeverityNumber.UNSPECIFIED),
        body=record.text,
        attributes={"logger": record.logger, **{name: _plain(value) for name, value in record.facts.items()}},
    )
    if record.trace is not None:
        found.trace_id, found.span_id = int(record.trace.trace_id, 16), int(record.trace.span_id, 16)
        found.trace_flags = TraceFlags(TraceFlags.SAMPLED if record.trace.is_sampled else TraceFlags.DEFAULT)
    return found


def _plain(value: Any) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else str(value)


def _to_metric(reading: Reading, started_at: int, now: int) -> metrics_sdk.Metric:
    data: metrics_sdk.Sum | metrics_sdk.Gauge | metrics_sdk.Histogram
    if reading.kind is Kind.HISTOGRAM:
        points = [_to_distribution(key, value, started_at, now) for key, value in reading.points]
        data = metrics_sdk.Histogram(points, _CUMULATIVE)
    else:
        numbers = [metrics_sdk.NumberDataPoint(dict(key), started_at, now, value) for key, value in reading.points]
        is_sum = reading.kind is Kind.SUM
        data = metrics_sdk.Sum(numbers, _CUMULATIVE, is_monotonic=True) if is_sum else metrics_sdk.Gauge(numbers)
    return metrics_sdk.Metric(reading.name, reading.description, reading.unit, data)


def _to_distribution(key: Attributes, value: Distribution, started_at: int, now: int) -> metrics_sdk.HistogramDataPoint:
    return metrics_sdk.HistogramDataPoint(
        attributes=dict(key),
        start_time_unix_nano=started_at,
        time_unix_nano=now,
        count=value.count,
        sum=value.sum,
        bucket_counts=value.counts,
        explicit_bounds=SECONDS,
        min=value.least,
        max=value.most,
    )
