"""The telemetry of one process: what it records, when it collects, and where that goes."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from server.kernel.errors import Refusal
from server.kernel.settings import PlatformSettings
from server.kernel.telemetry import metrics
from server.kernel.telemetry.log_records import Forwarding
from server.kernel.telemetry.loop_lag import LoopLag
from server.kernel.telemetry.settings import TelemetrySettings
from server.kernel.telemetry.spans import Tracer

if TYPE_CHECKING:
    from server.kernel.telemetry.otlp import Otlp

log = logging.getLogger("tenantry.metrics")

Sample = Callable[[], Awaitable[None]]
_FLUSH_SECONDS = 5.0


class Telemetry:
    """Collects metrics now and then; with a collector it sends them, and traces and logs as well."""

    def __init__(self, settings: TelemetrySettings, resource: Mapping[str, str]) -> None:
        self._interval = settings.metrics_interval_seconds
        self._otlp = _otlp(resource) if settings.is_exporting else None
        self._forwarding: Forwarding | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._lag = LoopLag()
        self.samples: list[Sample] = [self._lag.sample]
        self.tracer = Tracer(self._otlp.spans.put, settings.trace_sample_ratio) if self._otlp else None

    async def start(self) -> None:
        """Begin to collect and to send."""
        if self._otlp is not None:
            self._otlp.start()
            self._forwarding = Forwarding(self._otlp.logs.put)
            logging.getLogger().addHandler(self._forwarding)
        if self._otlp is not None or log.isEnabledFor(logging.DEBUG):
            self._tasks = [asyncio.create_task(self._lag.watch()), asyncio.create_task(self._collect_regularly())]

    async def stop(self, grace_seconds: float) -> None:
        """Collect a last time and send what waits, as long as that does not take longer than the grace."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._tasks:
            self._tell()
        if self._forwarding is not None:
            logging.getLogger().removeHandler(self._forwarding)
        if self._otlp is not None:
            seconds = min(_FLUSH_SECONDS, grace_seconds)
            await asyncio.gather(*(asyncio.to_thread(stop, seconds) for stop in self._otlp.stops()))

    async def _collect_regularly(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            for sample in self.samples:
                try:
                    await sample()
                except Refusal as refusal:
                    log.warning("a metric cannot be read", extra={"reason": refusal.reason})
                except Exception:
                    log.exception("a metric cannot be read")
            self._tell()

    def _tell(self) -> None:
        readings = metrics.read_all()
        if self._otlp is not None:
            self._otlp.metrics.put(readings)
        elif log.isEnabledFor(logging.DEBUG):
            log.debug("metrics", extra={"metrics": _readable(readings)})


def resource_of(platform: PlatformSettings, host_region: str) -> dict[str, str]:
    """What this process is called, in the words of OpenTelemetry."""
    return {
        "service.name": platform.service_name,
        "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
        "deployment.environment.name": platform.deployment_environment,
        "cloud.region": host_region,
    }


def _otlp(resource: Mapping[str, str]) -> "Otlp":
    # Not above: it takes 15 MB, and most processes tell no collector.
    from server.kernel.telemetry.otlp import Otlp  # noqa: PLC0415

    return Otlp(resource)


def _readable(readings: list[metrics.Reading]) -> dict[str, Any]:
    """Numbers by name and attributes; of what has a distribution, how often and how long together."""
    found: dict[str, Any] = {}
    for reading in readings:
        for attributes, value in reading.points:
            name = " ".join([reading.name, *(f"{key}={said}" for key, said in attributes)])
            is_distribution = isinstance(value, metrics.Distribution)
            found[name] = [value.count, round(value.sum, 3)] if is_distribution else value
    return found
