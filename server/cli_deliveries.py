"""`tenantry deliveries`: what operators do with queued work. Needs no running server, only the database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE
from server.kernel.deliveries.messages import Queue
from server.kernel.settings import PlatformSettings, read

app = typer.Typer(help="Work that is carried out after calls: how much waits, and dead letters.", no_args_is_help=True)

MessageIds = Annotated[list[str], typer.Argument(help="Ids of dead letters, as `list` shows them.")]
OptionalMessageIds = Annotated[list[str] | None, typer.Argument(help="Ids of dead letters, as `list` shows them.")]
OfQueue = Annotated[Queue | None, typer.Option(help="Of this queue only.")]


@app.command()
def depths() -> None:
    """Say for each queue how many messages wait, how many are dead, and since when the oldest waits."""
    rows = _with(lambda operations, _: operations.depths())
    _show(["queue", "pending", "dead", "oldest_at"], rows)


@app.command("list")
def list_dead(queue: OfQueue = None, limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100) -> None:
    """List dead letters, oldest first: why each failed, and never its content, which may be secret."""
    rows = _with(lambda operations, _: operations.dead(queue, limit))
    _show(["message_id", "queue", "attempts", "dead_at", "reason", "description"], rows)


@app.command()
def pause(queue: Queue) -> None:
    """Take no more messages of a queue; batches in hand are finished. What is queued meanwhile waits."""
    is_new = _with(lambda operations, uow: operations.pause(uow, queue, MAINTENANCE))
    typer.echo(f"{queue.value} is paused" if is_new else f"{queue.value} was paused already")


@app.command()
def resume(queue: Queue) -> None:
    """Go on with a queue that was paused."""
    was_paused = _with(lambda operations, uow: operations.resume(uow, queue))
    typer.echo(f"{queue.value} goes on" if was_paused else f"{queue.value} was not paused")


@app.command()
def redrive(message_ids: OptionalMessageIds = None, queue: OfQueue = None) -> None:
    """Give dead letters a new life: those named, or all of one queue. Workers carry them out at once."""
    if bool(message_ids) == (queue is not None):
        raise typer.BadParameter("name either messages or a queue")
    found = _checked(message_ids or [])
    count = _with(lambda operations, uow: operations.redrive(uow, message_ids=found, queue=queue))
    typer.echo(f"{count} redriven")


@app.command()
def discard(message_ids: MessageIds) -> None:
    """Remove dead letters for good."""
    found = _checked(message_ids)
    count = _with(lambda operations, uow: operations.discard(uow, found))
    typer.echo(f"{count} discarded")


def _with(work: Callable[[Any, Any], Awaitable[Any]]) -> Any:
    from server.kernel.database import Database
    from server.kernel.deliveries.operations import Operations
    from server.launch.database import database

    async def run() -> Any:
        async with database(read(PlatformSettings)) as dsn:
            store = Database(dsn, pool_size=2)
            try:
                async with store.begin() as uow:
                    return await work(Operations(store), uow)
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
