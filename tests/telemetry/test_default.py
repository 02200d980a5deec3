"""Without a collector nothing of OpenTelemetry is loaded, and metrics are in the log for who asks."""

import logging
import os
import subprocess
import sys

import pytest

from server.kernel.settings import PlatformSettings, read
from server.kernel.telemetry.metrics import Counter
from server.kernel.telemetry.settings import TelemetrySettings
from server.kernel.telemetry.telemetry import Telemetry, resource_of

_LOADED = """
import sys
from server import app, worker
from server.kernel.settings import read
from server.kernel.telemetry.settings import TelemetrySettings
from server.kernel.telemetry.telemetry import Telemetry
assert Telemetry(read(TelemetrySettings), {}).tracer is None
print(*sorted(name for name in sys.modules if name.split(".")[0] in {"opentelemetry", "requests"}))
"""


def test_the_library_is_not_loaded():
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", _LOADED], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


@pytest.mark.parametrize(("level", "is_told"), [(logging.DEBUG, True), (logging.INFO, False)])
async def test_metrics_are_logged_for_who_asks_for_debug(caplog, level, is_told):
    Counter("tests.default", "Counted by this test.").add(3, kind="x")
    caplog.set_level(level)
    telemetry = Telemetry(read(TelemetrySettings), resource_of(read(PlatformSettings), "eu"))

    await telemetry.start()
    await telemetry.stop(grace_seconds=1)

    told = [vars(record)["metrics"] for record in caplog.records if record.name == "tenantry.metrics"]
    assert bool(told) is is_told
    assert all(each["tests.default kind=x"] == 3 for each in told)
