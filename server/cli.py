"""The command line: `tenantry up` and the rest, also as `python -m server.cli`."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from server import cli_deliveries
from server.kernel.errors import Refusal
from server.kernel.settings import PlatformSettings, SettingsError, read, read_all
from server.launch.errors import MISCONFIGURED, LaunchError

DATABASE_URL = "TENANTRY_DATABASE_URL"

app = typer.Typer(
    help="Tenantry, the backend every SaaS product needs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
operators = typer.Typer(help="The people who run the platform.", no_args_is_help=True)
app.add_typer(operators, name="operator")
app.add_typer(cli_deliveries.app, name="deliveries")


@app.command()
def up() -> None:
    """Start everything on this machine: database, servers, worker, gateway. Ctrl-C drains."""
    from server.launch.console import Console
    from server.launch.plan import Plan
    from server.launch.supervisor import Supervisor

    settings = read(PlatformSettings)
    asyncio.run(Supervisor(settings, Plan(), Console(settings.log_format)).run())


@app.command()
def serve(
    socket: Annotated[Path | None, typer.Option(help="Listen on this unix socket too, for the gateway.")] = None,
) -> None:
    """Run one server process."""
    _insist_on_settings()
    _find_database()
    from server.app import serve

    serve(socket=str(socket) if socket else None)


@app.command()
def work() -> None:
    """Run one worker process: what is carried out after a call."""
    _insist_on_settings()
    _find_database()
    from server.worker import work

    work()


@app.command()
def migrate(
    *,
    check_settings: Annotated[
        bool, typer.Option("--check-settings", help="Stop before it when servers could not start with these settings.")
    ] = False,
) -> None:
    """Bring the database to the state this version needs."""
    from server.composition import histories
    from server.kernel.migrate import migrate
    from server.launch.database import database

    if check_settings:
        _insist_on_settings()

    async def run() -> None:
        async with database(read(PlatformSettings)) as dsn:
            await migrate(dsn, histories())

    asyncio.run(run())


@app.command("database-url")
def database_url() -> None:
    """Print how to reach the database that is in use, for psql and pg_dump. Its password is in it."""
    from server.launch.database import database_at_hand

    typer.echo(database_at_hand(read(PlatformSettings)))


@app.command()
def gateway() -> None:
    """Run the gateway alone, in front of servers on TENANTRY_GRPC_HOST and TENANTRY_GRPC_PORT."""
    from server.launch.gateway_part import run_gateway_alone

    asyncio.run(run_gateway_alone(read(PlatformSettings)))


@app.command()
def doctor() -> None:
    """Check the set-up, and say what is wrong and how to mend it."""
    from server.composition import histories, settings_classes
    from server.kernel.migrate import pending
    from server.launch.doctor import examine

    findings = asyncio.run(examine(settings_classes(), lambda dsn: pending(dsn, histories())))
    for finding in findings:
        typer.echo(finding.line)
    if any(finding.is_bad for finding in findings):
        raise typer.Exit(1)


@operators.command("add")
def add_operator(email: Annotated[str, typer.Argument(help="The person's e-mail address.")]) -> None:
    """Make a person an operator of the platform."""
    from server.launch.database import database
    from server.subdomains.users.operators import add_operator

    async def run() -> bool:
        async with database(read(PlatformSettings)) as dsn:
            os.environ[DATABASE_URL] = dsn
            return await add_operator(email)

    is_news = asyncio.run(run())
    typer.echo(f"{email} is an operator now." if is_news else f"{email} is an operator already.")


def _insist_on_settings() -> None:
    """Name everything that is wrong at once, where reading one class after the other would name the first."""
    from server.composition import settings_classes

    read_all(settings_classes())


def _find_database() -> None:
    """Let a process started by hand use the embedded database that runs."""
    from server.launch.database import database_at_hand

    os.environ[DATABASE_URL] = database_at_hand(read(PlatformSettings))


def main() -> None:
    """Run a command; what the operator can mend is said in words, without a traceback."""
    try:
        app()
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(MISCONFIGURED) from None
    except LaunchError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(error.code) from None
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
