"""`tenantry deliveries`: what operators do with queued work. Needs no running server, only the database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE, service_call, set_current_call
from server.kernel.queues import Queue
from server.kernel.settings import PlatformSettings, read

if TYPE_CHECKING:
    from server.kernel.database import Database
    from server.kernel.deliveries.operations import Operations
    from server.subdomains.event_notifications.application.operations import OperationsApplication

_TOLD = (
    "message_id",
    "queue",
    "organization_id",
    "attempts",
    "queued_at",
    "dead_at",
    "reason",
    "description",
    "subscription",
    "event_id",
    "event_name",
    "version",
)

app = typer.Typer(help="Work that is carried out after calls: how much waits, and dead letters.", no_args_is_help=True)

MessageIds = Annotated[list[str], typer.Argument(help="Ids of dead letters, as `list` shows them.")]
OptionalMessageIds = Annotated[list[str] | None, typer.Argument(help="Ids of dead letters, as `list` shows them.")]
OfQueue = Annotated[Queue | None, typer.Option(help="Of this queue only.")]


@app.command()
def depths() -> None:
    """Say for each queue how many messages wait, how many are dead, and since when the oldest waits."""
    rows = _read(lambda operations: operations.depths())
    _show(["queue", "pending", "dead", "oldest_at"], rows)


@app.command()
def queues() -> None:
    """Say how each queue stands, empty ones too, and which are paused, since when and by whom."""
    rows = _read(lambda operations: operations.states())
    columns = ["queue", "pending", "due", "leased", "dead", "oldest_at", "paused_at", "paused_by_id"]
    _show(columns, rows)


@app.command("list")
def list_dead(queue: OfQueue = None, limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100) -> None:
    """List dead letters, oldest first: why each failed, and never its content, which may be secret."""
    rows = _read(lambda operations: operations.dead(queue, limit))
    _show(["message_id", "queue", "attempts", "dead_at", "reason", "description"], rows)


@app.command()
def inspect(message_id: Annotated[str, typer.Argument(help="Id of a dead letter, as `list` shows it.")]) -> None:
    """Show all that may be said of one dead letter: what it is about, who caused it, what waits behind it."""
    from server.kernel.deliveries.operations import stream_of

    [checked] = _checked([message_id])
    found = _read(lambda operations: operations.inspect(checked))
    if found is None:
        typer.echo(f"{message_id} is not a dead letter", err=True)
        raise typer.Exit(1)
    for name in _TOLD:
        if cell := _cell(found.row, name):
            typer.echo(f"{name:16}{cell}")
    if stream := stream_of(found.row):
        typer.echo(f"{'stream':16}{stream}")
    typer.echo(f"{'caller_id':16}{found.caller_id or 'unknown'}")
    typer.echo(f"{'call_id':16}{found.call_id or 'unknown'}")
    typer.echo(f"{'holds':16}{found.row.held_count} {' '.join(found.held_ids)}".rstrip())


@app.command()
def pause(queue: Queue) -> None:
    """Take no more messages of a queue; batches in hand are finished. What is queued meanwhile waits."""
    is_new = _change(lambda operations: operations.pause_queue(operator_id=MAINTENANCE, queue=queue))
    typer.echo(f"{queue.value} is paused" if is_new else f"{queue.value} was paused already")


@app.command()
def resume(queue: Queue) -> None:
    """Go on with a queue that was paused."""
    was_paused = _change(lambda operations: operations.resume_queue(operator_id=MAINTENANCE, queue=queue))
    typer.echo(f"{queue.value} goes on" if was_paused else f"{queue.value} was not paused")


@app.command()
def redrive(message_ids: OptionalMessageIds = None, queue: OfQueue = None) -> None:
    """Give dead letters a new life: those named, or all of one queue. Workers carry them out at once."""
    if bool(message_ids) == (queue is not None):
        raise typer.BadParameter("name either messages or a queue")
    found = _checked(message_ids or [])
    count = _change(lambda operations: operations.redrive_dead_letters(operator_id=MAINTENANCE, ids=found, queue=queue))
    typer.echo(f"{count} redriven")


@app.command()
def discard(message_ids: MessageIds) -> None:
    """Remove dead letters for good."""
    found = _checked(message_ids)
    count = _change(lambda operations: operations.discard_dead_letters(operator_id=MAINTENANCE, ids=found))
    typer.echo(f"{count} discarded")


def _read(work: Callable[["Operations"], Awaitable[Any]]) -> Any:
    from server.kernel.deliveries.operations import Operations

    return _with(lambda store: work(Operations(store)))


def _change(work: Callable[["OperationsApplication"], Awaitable[Any]]) -> Any:
    from server.subdomains.event_notifications.operators import operations_on

    return _with(lambda store: work(operations_on(store)))


def _with(work: Callable[["Database"], Awaitable[Any]]) -> Any:
    from server.kernel.database import Database
    from server.launch.database import database

    async def run() -> Any:
        set_current_call(service_call(str(ids.uuid7())))
        async with database(read(PlatformSettings)) as dsn:
            store = Database(dsn, pool_size=2)
            try:
                return await work(store)
            finally:
                await store.stop()

    return asyncio.run(run())


def _checked(message_ids: list[str]) -> list[str]:
    for each in message_ids:
        if not ids.is_id("msg", each):
            raise typer.BadParameter(f"{each!r} is not the id of a message")
    return message_ids


def _show(columns: list[str], rows: list[Any]) -> None:
    table = [columns, *([_cell(row, column) for column in columns] for row in rows)]
    widths = [max(len(line[number]) for line in table) for number in range(len(columns))]
    for line in table:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(row: Any, column: str) -> str:
    if column == "message_id":
        return str(row.id)
    value = getattr(row, column)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return "" if value is None else str(value)
