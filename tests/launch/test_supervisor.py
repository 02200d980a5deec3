"""A whole run under the supervisor, with a real database and stand-ins for the rest."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.launch.postgres import EmbeddedPostgres, running_dsn
from server.launch.postgres_cluster import free_port
from server.launch.processes import Process

ROOT = Path(__file__).parent.parent.parent
UP = re.compile(r"Tenantry runs")


class Run:
    """A supervisor in a process of its own, and what it has said."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.notes = folder / "notes"
        self.output = folder / f"output-{time.monotonic_ns()}"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")},
            "PYTHONPATH": str(ROOT),
            "STAND_IN_NOTES": str(self.notes),
            "TENANTRY_DATA": str(folder / "data"),
            "TENANTRY_PROCESSES": "2",
            **{f"TENANTRY_{name}_PORT": str(free_port()) for name in ("HTTP", "INTERNAL_HTTP", "GRPC")},
            **variables,
        }
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.launch.stand_in_run"],
                env=environment,
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def events(self) -> list[str]:
        return self.notes.read_text().splitlines()

    def until(self, pattern: str | re.Pattern[str], *, times: int = 1, seconds: float = 30) -> None:
        """Wait until it has said *pattern* so often."""
        deadline = time.monotonic() + seconds
        while len(re.findall(pattern, self.said)) < times:
            assert time.monotonic() < deadline, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.02)

    def until_noted(self, *events: str) -> None:
        """Wait until the stand-ins have noted all of *events*."""
        deadline = time.monotonic() + 30
        while not set(events) <= set(self.events):
            assert time.monotonic() < deadline, self.events
            time.sleep(0.02)

    def ends(self, seconds: float = 30) -> int:
        return self.process.wait(seconds)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def pid_of(self, name: str) -> int:
        roster = (self.folder / "data" / "run" / "processes.json").read_text()
        found = re.search(rf'"{name}": {{"pid": (\d+)', roster)
        assert found, roster
        return int(found[1])


Start = Callable[..., Run]


@pytest_asyncio.fixture(scope="module")
async def made() -> AsyncIterator[Path]:
    """A data folder that was used before; making one for each test would take longer than the tests."""
    with tempfile.TemporaryDirectory(prefix="tenantry-test-") as folder:
        postgres = EmbeddedPostgres(Path(folder), fast=True)
        await postgres.start()
        await postgres.stop()
        yield Path(folder)


@pytest.fixture
def start(folder: Path, made: Path) -> Iterator[Start]:
    shutil.copytree(made, folder / "data")
    runs: list[Run] = []

    def begin(**variables: str) -> Run:
        runs.append(Run(folder, **variables))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.signal(signal.SIGTERM)
            run.ends()


def test_it_starts_everything_in_order_and_drains_in_the_opposite_order(start: Start) -> None:
    run = start()
    run.until(UP)
    run.until_noted("server-1 started", "server-2 started", "work started", "gateway started")

    run.signal(signal.SIGTERM)

    assert run.ends() == 0
    events = run.events
    assert events[:2] == ["migrated True", "gateway in front of server-1.sock server-2.sock"]
    drained = events.index("gateway drained")
    assert events[drained + 1] == "work finished"
    assert set(events[drained + 2 : drained + 4]) == {"server-1 finished", "server-2 finished"}
    assert events[drained + 4 :] == ["gateway finished"]
    assert running_dsn(run.folder / "data") is None
    assert "Traceback" not in run.said


def test_ctrl_c_reaches_the_supervisor_alone(start: Start) -> None:
    run = start()
    run.until(UP)
    run.until_noted("work started", "gateway started")

    os.killpg(run.process.pid, signal.SIGINT)  # as a terminal does

    assert run.ends() == 0
    assert run.events[-1] == "gateway finished"
    assert "Traceback" not in run.said


def test_a_signal_during_the_start_stops_what_has_started(start: Start) -> None:
    run = start()
    while not run.notes.exists():
        time.sleep(0.005)

    run.signal(signal.SIGTERM)

    assert run.ends() == 0
    assert running_dsn(run.folder / "data") is None
    assert "Traceback" not in run.said


def test_the_page_says_what_listens_where_and_shows_no_secret(start: Start) -> None:
    run = start()
    run.until(UP)
    run.until("curl")

    password = (run.folder / "data" / "postgres" / "tenantry-password").read_text()
    assert re.search(r"REST, gRPC, gRPC-Web +http://127\.0\.0\.1:\d+", run.said)
    assert "curl http://127.0.0.1:" in run.said
    assert password not in run.said


@pytest.mark.parametrize("name", ["server-1", "worker", "gateway"])
def test_a_process_that_is_killed_is_started_again(start: Start, name: str) -> None:
    run = start()
    run.until(UP)
    before = run.pid_of(name)

    os.kill(before, signal.SIGKILL)

    run.until(f"{name} was killed by SIGKILL; starting it again")
    run.until(f"{name} is back")
    assert run.pid_of(name) != before


def test_a_database_that_is_killed_comes_back_at_the_same_address(start: Start) -> None:
    run = start()
    run.until(UP)
    dsn = running_dsn(run.folder / "data")
    postmaster = run.folder / "data" / "postgres" / "postmaster.pid"

    os.kill(int(postmaster.read_text().split()[0]), signal.SIGKILL)

    run.until("database was killed by SIGKILL; starting it again")
    run.until("database is back")
    assert running_dsn(run.folder / "data") == dsn


def test_a_second_run_on_the_folder_is_refused(start: Start) -> None:
    first = start()
    first.until(UP)

    second = start()

    assert second.ends() == 1
    assert f"Tenantry runs already on the data folder {first.folder}/data (process {first.process.pid})" in second.said
    assert "Traceback" not in second.said
    assert first.process.poll() is None


def test_a_taken_port_is_named_with_its_variable(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start(TENANTRY_GRPC_PORT=str(port))

        assert run.ends() == 1

    assert run.said == f"Port {port} is in use by another program. Free it, or choose another by TENANTRY_GRPC_PORT.\n"


def test_what_a_killed_run_left_is_ended_and_its_data_kept(start: Start) -> None:
    ports = {f"TENANTRY_{name}_PORT": str(free_port()) for name in ("HTTP", "INTERNAL_HTTP", "GRPC")}
    first = start(**ports)
    first.until(UP)
    server, dsn = first.pid_of("server-1"), running_dsn(first.folder / "data")
    first.process.kill()
    first.process.wait()

    second = start(**ports)
    second.until(UP)

    assert f"ending server-1 (process {server}), which a killed run left" in second.said
    assert running_dsn(second.folder / "data") == dsn
    assert Process.of(server) is None


def test_a_second_start_takes_seconds(start: Start) -> None:
    first = start()
    first.until(UP)
    first.signal(signal.SIGTERM)
    first.ends()

    began = time.monotonic()
    second = start()
    second.until(UP)

    assert time.monotonic() - began < 10


@pytest.mark.parametrize("part", ["migrate", "serve", "work", "gateway"])
def test_a_part_that_cannot_work_stops_the_run_with_its_message(start: Start, part: str) -> None:
    run = start(STAND_IN_BROKEN=part, STAND_IN_CODE="78")

    assert run.ends() == 78
    assert f"{part} cannot work: TENANTRY_COLOUR is missing" in run.said.splitlines()[-1]
    assert "Traceback" not in run.said
    assert running_dsn(run.folder / "data") is None


def test_a_part_that_keeps_ending_stops_the_run(start: Start) -> None:
    run = start(STAND_IN_BROKEN="work")

    assert run.ends() == 1
    assert len(re.findall("worker ended with code 1; starting it again", run.said)) == 2
    assert "worker does not stay up: it ended with code 1" in run.said


def test_an_external_database_that_does_not_answer_is_said_so(start: Start) -> None:
    address = f"127.0.0.1:{free_port()}"
    run = start(TENANTRY_DATABASE_URL=f"postgresql://someone:sesame@{address}/x")  # pragma: allowlist secret

    assert run.ends() == 1
    assert "The database named by TENANTRY_DATABASE_URL cannot be used" in run.said
    assert "sesame" not in run.said
    assert "Traceback" not in run.said


def test_lines_for_tools_are_json(start: Start) -> None:
    run = start(TENANTRY_LOG_FORMAT="json")
    run.until("Tenantry runs")

    assert '"process": "server-1", "event": "server-1 says hello"' in run.said
