"""The command line, as an operator meets it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from server.launch.postgres_cluster import free_port
from tests.nats_server import NatsServer

ROOT = Path(__file__).parent.parent.parent


def tenantry(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")}
    search = os.pathsep.join([str(ROOT), str(ROOT / "generated")])
    environment = ours | {"PYTHONPATH": search, "TENANTRY_DATA": str(folder / "data"), "COLUMNS": "100"} | variables
    command = [sys.executable, "-m", "server.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_help_names_every_command(folder: Path) -> None:
    done = tenantry("--help", folder=folder)

    assert done.returncode == 0
    for name in ("up", "serve", "work", "migrate", "gateway", "doctor", "operator"):
        assert f" {name} " in done.stdout


def test_help_loads_none_of_the_server(folder: Path) -> None:
    show = (
        "import sys; from server import cli; print([m for m in ('grpc', 'sqlalchemy', 'asyncpg') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["up", "serve", "work", "migrate", "gateway"])
def test_wrong_settings_stop_a_command_with_their_names(folder: Path, command: str) -> None:
    done = tenantry(command, folder=folder, TENANTRY_HTTP_PORT="eighty", TENANTRY_ENV="staging")

    assert done.returncode == 78
    assert "TENANTRY_HTTP_PORT is wrong" in done.stderr
    assert "TENANTRY_ENV is wrong" in done.stderr
    assert "Traceback" not in done.stderr
    assert "eighty" not in done.stderr


def test_production_names_every_secret_that_is_missing_before_anything_is_migrated(folder: Path) -> None:
    ports = {f"TENANTRY_{name}_PORT": str(free_port()) for name in ("HTTP", "INTERNAL_HTTP", "GRPC")}
    done = tenantry("up", folder=folder, TENANTRY_ENV="production", **ports)

    assert done.returncode == 78
    assert done.stdout.count("is missing: production must be given every secret") >= 2
    assert not (folder / "data" / "secrets").exists()
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_process_started_by_hand_says_when_there_is_no_database(folder: Path, command: str) -> None:
    done = tenantry(command, folder=folder)

    assert done.returncode == 1
    assert done.stderr.startswith(f"No database runs in {folder}/data. Start everything with `tenantry up`")


def test_the_doctor_finds_a_fresh_machine_well(folder: Path) -> None:
    ports = {f"TENANTRY_{name}_PORT": str(free_port()) for name in ("HTTP", "INTERNAL_HTTP", "GRPC")}
    done = tenantry("doctor", folder=folder, **ports)

    assert done.returncode == 0
    assert "bad" not in done.stdout
    for subject in ("python", "postgres", "envoy", "settings", "data", "ports", "database"):
        assert f"ok   {subject} " in done.stdout


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(folder: Path) -> None:
    port = str(free_port())
    done = tenantry(
        "doctor",
        folder=folder,
        TENANTRY_HTTP_PORT=port,
        TENANTRY_GRPC_PORT=port,
        TENANTRY_DATABASE_URL=f"postgresql://someone:sesame@127.0.0.1:{free_port()}/x",  # pragma: allowlist secret
    )

    assert done.returncode == 1
    assert f"TENANTRY_GRPC_PORT and TENANTRY_HTTP_PORT are both {port}. Give them different ports." in done.stdout
    assert "bad  database" in done.stdout
    assert "sesame" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_the_doctor_looks_at_nats_when_queues_go_over_it(folder: Path, nats: NatsServer) -> None:
    ports = {f"TENANTRY_{name}_PORT": str(free_port()) for name in ("HTTP", "INTERNAL_HTTP", "GRPC")}

    good = tenantry("doctor", folder=folder, **ports, TENANTRY_QUEUE_ENGINE="nats", TENANTRY_NATS_URL=nats.url)
    nobody = f"nats://someone:sesame@127.0.0.1:{free_port()}"  # pragma: allowlist secret
    bad = tenantry("doctor", folder=folder, **ports, TENANTRY_QUEUE_ENGINE="nats", TENANTRY_NATS_URL=nobody)

    assert good.returncode == 0, good.stdout
    assert re.search(r"^ok   nats +2\..* with JetStream$", good.stdout, re.M)
    assert bad.returncode == 1
    assert re.search(r"^bad  nats +TENANTRY_NATS_URL leads to none", bad.stdout, re.M)
    assert "sesame" not in bad.stdout + bad.stderr
    assert "Traceback" not in bad.stdout + bad.stderr


def test_migrating_starts_the_embedded_database_and_stops_it_again(folder: Path) -> None:
    first = tenantry("migrate", folder=folder)
    second = tenantry("migrate", folder=folder)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert not (folder / "data" / "postgres" / "postmaster.pid").exists()
