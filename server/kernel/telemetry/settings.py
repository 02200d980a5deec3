"""Where traces, metrics and logs go."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class TelemetrySettings(BaseSettings):
    """Telemetry"""

    model_config = ENVIRONMENT

    otel_exporter: Literal["logs", "otlp"] = Field(
        "logs",
        description="`logs` writes to standard output only; `otlp` sends traces, metrics and logs to an OpenTelemetry "
        "collector as well, over HTTP. Where it is and how it is reached say the standard variables "
        "`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS` and their kin, without our prefix.",
    )
    trace_sample_ratio: float = Field(
        0.01,
        ge=0,
        le=1,
        description="The part of calls that is traced, of those that do not belong to a trace yet. Whoever begins a "
        "trace decides for all that follows.",
    )
    metrics_interval_seconds: float = Field(60, ge=1, le=3600, description="How often metrics are sent.")

    @property
    def is_exporting(self) -> bool:
        return self.otel_exporter == "otlp"
