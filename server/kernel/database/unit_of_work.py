"""
One use case, one transaction: rows, events and deliveries commit together or not at all.

Writes wait and go out together as one statement: at the end, or before the first read after them. So a use case that
only inserts is one round trip, needs no BEGIN, and shares its commit with those that are ready at the same moment.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import ClauseElement

from server.kernel import ids
from server.kernel.access.caller import Call, as_maintenance, find_current_call, service_call, set_current_call
from server.kernel.bus import tables as bus
from server.kernel.database import event_log
from server.kernel.database.event_log import APPENDED, Published
from server.kernel.database.pool import Connection, is_away, open_transactions
from server.kernel.database.rows import arguments_of
from server.kernel.database.statements import SETTING, Parameters, Row, Statement
from server.kernel.deliveries import messages, tables
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.errors import ConcurrentModification, Refusal, StoreUnavailable
from server.kernel.events import Aggregate

if TYPE_CHECKING:
    from server.kernel.database.database import Database

Refusing = Mapping[str, Refusal]  # what a violated constraint means, by its name
Reaction = Callable[["UnitOfWork", Any], Any]
_MOST_MERGED = 20  # longer statements would be many different ones, and at last too long
_NO_SAVEPOINT = "SAVEPOINT part; RELEASE SAVEPOINT part"
_NOTHING: Refusing = MappingProxyType({})
_CONSTRAINTS = (
    asyncpg.UniqueViolationError,
    asyncpg.ExclusionViolationError,
    asyncpg.CheckViolationError,
    asyncpg.ForeignKeyViolationError,
)


class NotCommitted(Exception):
    """The transaction had failed before its end: nothing of it stands."""


class UnitOfWork:
    """One transaction. Commits when its block ends well, rolls back otherwise. Nobody calls commit."""

    def __init__(self, database: "Database", organization_id: str | None, *, is_step: bool = False) -> None:
        self._database = database
        self._is_step = is_step
        self.organization_id = organization_id
        self._connection: Connection | None = None
        self._waiting: list[tuple[Statement, list[Any]]] = []
        self._refusing: dict[str, Refusal] = {}
        self._events: list[Published] = []
        self._reacted: list[tuple[UUID, str]] = []
        self._messages: list[Message] = []
        self._notices: list[tuple[str, str]] = []
        self._queues: set[Queue] = set()
        self._has_moved = False  # to another organization, which the connection has not been told

    # Statements -------------------------------------------------------------------------------------------------

    async def fetch_all(
        self, element: ClauseElement, parameters: Parameters, refusing: Refusing = _NOTHING
    ) -> list[Row]:
        """All rows of a statement, within the transaction."""
        statement = self._database.statements.of(element)
        arguments = statement.arguments(parameters)
        connection = await self._begun()
        return statement.rows(await self._run(connection.fetch, statement.sql, arguments, refusing))

    async def fetch_one(
        self, element: ClauseElement, parameters: Parameters, refusing: Refusing = _NOTHING
    ) -> Row | None:
        """The first row of a statement, within the transaction."""
        rows = await self.fetch_all(element, parameters, refusing)
        return rows[0] if rows else None

    async def execute(self, element: ClauseElement, parameters: Parameters, refusing: Refusing = _NOTHING) -> int:
        """Run an update or a delete and return how many rows it changed."""
        statement = self._database.statements.of(element)
        arguments = statement.arguments(parameters)
        connection = await self._begun()
        changed: int = await self._run(connection.execute, statement.sql, arguments, refusing)
        return changed

    async def write(self, element: ClauseElement, row: Parameters, refusing: Refusing = _NOTHING) -> None:
        """
        Insert, update or delete at the latest at the end, together with other writes.

        For changes whose count nobody needs: inserts, and updates of rows that this unit of work has locked. A violated
        constraint named in *refusing* raises that refusal then, not here.
        """
        statement = self._database.statements.of(element)
        is_full = len(self._waiting) >= _MOST_MERGED
        if is_full or any(statement.conflicts_with(waiting) for waiting, _ in self._waiting):
            await self._flush(await self._begun())
        self._waiting.append((statement, statement.arguments(row)))
        self._refusing.update(refusing)

    async def act_within(self, organization_id: str) -> None:
        """Go on within *organization_id*: for use cases that make an organization or act in several."""
        if self.organization_id == organization_id:
            return
        if self._waiting or self._messages or self._connection is not None:
            connection = await self._begun()
            self.organization_id = organization_id
            await self._tell_organization(connection)
        self.organization_id = organization_id

    async def go_on_for(self, call: Call, organization_id: str | None) -> None:
        """Go on on behalf of another call: for those who carry out the work of many calls in one transaction."""
        if self._waiting or self._events or self._messages:
            await self._flush(await self._begun())  # that was the call before
        set_current_call(call)
        if organization_id != self.organization_id:
            self.organization_id = organization_id
            self._has_moved = self._connection is not None

    @asynccontextmanager
    async def part(self, *, is_kept: bool) -> AsyncIterator[None]:
        """
        Do the block's work at once, and undo it unless it is to be kept; the transaction goes on in either case.

        Work that is undone is done so that nobody can tell, by the time it takes, that there was none to do
        (docs/decisions/0059). Both kinds cost the same.
        """
        connection, notices, organization_id = await self._begun(), len(self._notices), self.organization_id
        # What is kept is in no savepoint: its rows bear the number of the transaction itself.
        await self._command(connection, _NO_SAVEPOINT if is_kept else "SAVEPOINT part")
        yield
        await self._flush(connection)
        if is_kept:
            await self._command(connection, _NO_SAVEPOINT)
            return
        await self._command(connection, "ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
        # PostgreSQL is back in the organization of before by itself.
        del self._notices[notices:]
        self.organization_id, self._has_moved = organization_id, False

    # Events, deliveries, notices --------------------------------------------------------------------------------

    async def publish(self, aggregate: Aggregate) -> None:
        """Append the new events of *aggregate* to the log and let other subdomains react to them, here and now."""
        fresh, aggregate.events = aggregate.events, []
        prefix = aggregate.id.rpartition("_")[0]
        call, aggregate_id = _call(), ids.decode(prefix, aggregate.id)
        caller_id = ids.decode("user", call.caller.user_id)
        traceparent = None if call.trace_context is None else call.trace_context.header
        now, rows = self._database.now(), []
        for event in fresh:
            aggregate.version += 1
            organization_id = getattr(event, "organization_id", None) or self.organization_id
            row = Published(
                ids.uuid7(),
                aggregate.aggregate_type,
                aggregate_id,
                prefix,
                aggregate.version,
                event.name,
                ids.decode("org", organization_id) if organization_id else None,
                now,
                orjson.dumps(event.payload()).decode(),
                call.request_id,
                caller_id,
                traceparent,
            )
            rows.append(row)
        self._events += rows
        for event, row in zip(fresh, rows, strict=True):
            for consumer in self._database.reactions.get(type(event), ()):
                self._reacted.append((row.id, consumer.subscription))
                with as_maintenance():
                    for reaction in consumer.handlers[type(event)]:
                        await reaction(self, event)

    def deliver(self, message: Message) -> None:
        """Queue *message*: it is carried out after the commit, or never if there is none."""
        self._messages.append(message)

    def notify(self, channel: str, payload: str) -> None:
        """Tell every process, soon after the commit."""
        self._notices.append((channel, payload))

    # The transaction --------------------------------------------------------------------------------------------

    async def __aenter__(self) -> "UnitOfWork":
        call = find_current_call()
        if call is not None and call.held is not None:
            # What the call did before must be seen by this one, and its locks let go.
            await _complete_held(call)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        call = find_current_call()
        if error is not None:
            await self._roll_back()
        elif call is not None and call.holds_commit and not self._is_step:
            await self._hold(call)
        else:
            await self.complete()

    async def complete(self) -> None:
        """Send what waits and commit. Only the kernel calls this."""
        try:
            self._collect()
            if await self._is_committed_at_once():
                return
            self._connection = await self._begun()
            await self._flush(self._connection)
            if await self._connection.command("COMMIT") != "COMMIT":
                # A statement had failed, and whoever ran it went on as if it had not.
                raise NotCommitted
            self._database.pool.release(self._let_go(self._connection))
        except BaseException as error:
            await self._roll_back()
            if is_away(error):
                raise StoreUnavailable from error
            raise
        self._after_commit()

    async def _hold(self, call: Call) -> None:
        """Leave the transaction open: the pipeline commits it together with the answer of the call."""
        try:
            await _complete_held(call)
            await self._flush(await self._begun())
        except BaseException:
            await self._roll_back()
            raise
        call.held = self

    async def abandon(self) -> None:
        """Roll back a held transaction. Only the kernel calls this."""
        await self._roll_back()

    async def _begun(self) -> Connection:
        if self._connection is None:
            connection = await self._database.pool.acquire()
            setting = self._setting()
            begin = "BEGIN" if setting is None else f"BEGIN; SELECT set_config('{SETTING}', '{setting}', true)"
            try:
                await connection.command(begin)
            except BaseException as error:
                self._database.pool.discard(connection)
                if is_away(error):
                    raise StoreUnavailable from error
                raise
            self._connection = connection
            open_transactions.set(open_transactions.get() + 1)
        elif self._has_moved:
            self._has_moved = False
            await self._tell_organization(self._connection)
        await self._flush(self._connection)
        return self._connection

    def _let_go(self, connection: Connection) -> Connection:
        self._connection = None
        open_transactions.set(open_transactions.get() - 1)
        return connection

    async def _is_committed_at_once(self) -> bool:
        if self._connection is not None or not all(statement.goes_alone for statement, _ in self._waiting):
            return False
        if not self._waiting:
            self._after_commit()
            return True
        sql, arguments = self._database.merged.of(self._waiting, self._setting())
        commit = partial(self._database.commits.commit, after_commit=self._after_commit)
        return bool(await self._run(commit, sql, arguments, _NOTHING))

    async def _flush(self, connection: Connection) -> None:
        self._collect()
        if self._waiting:
            await self._send(connection)

    async def _send(self, connection: Connection) -> None:
        sql, arguments = self._database.merged.of(self._waiting, self._setting())
        self._waiting.clear()
        await self._run(connection.fetch, sql, arguments, _NOTHING)

    def _collect(self) -> None:
        statements, now = self._database.statements, self._database.now()
        if self._events:
            append, arguments = event_log.append(self._events)
            self._waiting.append((statements.of(append, APPENDED), arguments))
            self._waiting.append((statements.of(bus.FAN_OUT), []))  # takes what the append returns
            wanted = self._database.wanted_events
            if wanted is None or any(each.name in wanted for each in self._events):
                self._queues.add(Queue.DOMAIN_EVENTS)
            self._events.clear()
        if self._reacted:
            event_ids, subscriptions = zip(*self._reacted, strict=True)
            handled = {"event_ids": event_ids, "subscriptions": subscriptions, "now": now}
            statement = statements.of(bus.HANDLED)
            self._waiting.append((statement, statement.arguments(handled)))
            self._reacted.clear()
        if self._messages:
            envelope = messages.Envelope(_call(), self._database.host_region, self.organization_id)
            queued = messages.rows_of(self._messages, envelope, now)
            self._waiting.append((statements.of(tables.queue(len(queued))), arguments_of(queued)))
            self._queues.update(message.queue for message in self._messages)
            self._messages.clear()

    async def _run(self, how: Callable[..., Any], sql: str, arguments: list[Any], refusing: Refusing) -> Any:
        try:
            return await how(sql, arguments)
        except _CONSTRAINTS as error:
            name = error.constraint_name or ""
            refusal = refusing.get(name) or self._refusing.get(name)
            if refusal is None:
                raise
            raise refusal from None
        except asyncpg.TransactionRollbackError as error:  # a deadlock, say
            raise ConcurrentModification from error
        except Exception as error:
            if is_away(error):
                raise StoreUnavailable from error
            raise

    async def _command(self, connection: Connection, sql: str) -> None:
        await self._run(lambda command, _: connection.command(command), sql, [], _NOTHING)

    async def _tell_organization(self, connection: Connection) -> None:
        await self._run(connection.fetch, f"SELECT set_config('{SETTING}', $1, true)", [self._setting()], _NOTHING)

    def _setting(self) -> str | None:
        return None if self.organization_id is None else str(ids.decode("org", self.organization_id))

    async def _roll_back(self) -> None:
        if self._connection is not None:
            # Whoever cancelled the call must not leave a transaction open on a connection that others will use.
            await asyncio.shield(asyncio.ensure_future(self._end(self._let_go(self._connection))))

    async def _end(self, connection: Connection) -> None:
        try:
            await connection.raw.execute("ROLLBACK", timeout=10)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001  # whatever it was, nobody may use the connection
            self._database.pool.discard(connection)
        else:
            self._database.pool.release(connection)

    def _after_commit(self) -> None:
        for channel, payload in self._notices:
            self._database.signals.send(channel, payload)
        for queue in self._queues:
            self._database.signals.send("deliveries", queue.value)


def _call() -> Call:
    return find_current_call() or service_call("none")


async def _complete_held(call: Call) -> None:
    held, call.held = call.held, None
    if held is not None:
        await held.complete()


OpenUnitOfWork = Callable[..., UnitOfWork]
