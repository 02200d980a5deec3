"""
Units of work that are one statement, and are ready at the same moment, commit together.

Most of what such a unit of work costs is its commit: a round trip, a wait for the disk, processes that wake each other.
So those whose statements are the same but for their values are sent in one go over one connection, and PostgreSQL runs
them one after the other in one transaction. When anything goes wrong in it nothing of it has happened, and each goes on
alone, where a failure touches no other.

Whoever is ready while nobody else is goes at once, as a statement that commits by itself. While it is under way others
like it gather, and go when it has ended, or when they are as many as may go together.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import asyncpg

from server.kernel.database.pool import Connection, Pool, is_away
from server.kernel.errors import StoreUnavailable

CONNECTIONS = 8
MOST_TOGETHER = 16
# Nobody waits longer than this for a lock that another of them waits for.
_SETTINGS = {"lock_timeout": "100ms"}


class _Member:
    """One unit of work of those that commit together."""

    __slots__ = ("after_commit", "arguments", "turn")

    def __init__(self, arguments: list[Any], after_commit: Callable[[], None]) -> None:
        self.arguments = arguments
        self.after_commit = after_commit
        self.turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()


class _Group:
    """Units of work that commit together."""

    __slots__ = ("is_open", "may_go", "members", "sending")

    def __init__(self, first: _Member) -> None:
        self.members = [first]
        self.is_open = True
        self.may_go: asyncio.Future[None] | None = None
        self.sending: asyncio.Task[None] | None = None

    async def is_done(self, member: _Member) -> bool:
        """Wait for the end. When nobody does any longer, PostgreSQL is told to stop."""
        try:
            return await member.turn
        except asyncio.CancelledError:
            if self.sending is not None and all(each.turn.done() for each in self.members):
                self.sending.cancel()
            raise

    def is_full(self) -> bool:
        return len(self.members) >= MOST_TOGETHER

    def go(self) -> None:
        """End the wait for the group before this one."""
        if self.may_go is not None and not self.may_go.done():
            self.may_go.set_result(None)

    def settle(self, is_done: bool) -> None:
        for each in self.who_wait():
            each.turn.set_result(is_done)

    def lose(self) -> None:
        """Nobody knows how it ended."""
        for each in self.who_wait():
            each.turn.set_exception(StoreUnavailable())

    def who_wait(self) -> list[_Member]:
        return [each for each in self.members if not each.turn.done()]


class SharedCommits:
    """Commits single statements, as many together as are ready."""

    def __init__(self, dsn: str, role: str | None) -> None:
        self.pool = Pool(dsn, size=CONNECTIONS, role=role, settings=_SETTINGS)
        self._open: dict[str, _Group] = {}
        self._under_way: Counter[str] = Counter()

    async def commit(self, sql: str, arguments: list[Any], after_commit: Callable[[], None]) -> bool:
        """
        Run a statement and commit it. Say whether it was: if not, nothing has happened, and it has to go alone.

        *after_commit* is called when it was, also for those who do not wait for it any longer.
        """
        member = _Member(arguments, after_commit)
        group = self._open.get(sql)
        if group is not None and not group.is_full():
            group.members.append(member)
            if group.is_full():
                group.go()
            return await group.is_done(member)
        self._open[sql] = group = _Group(member)
        try:
            await asyncio.sleep(0)  # so that those join who become ready in this run of the loop
            if self._under_way[sql] and not group.is_full():
                group.may_go = asyncio.get_running_loop().create_future()
                await group.may_go  # and those who do so while the group before this one is under way
            return await self._send(sql, group, member)
        finally:
            if group.is_open:
                self._close(sql, group)
                group.settle(False)

    def _close(self, sql: str, group: _Group) -> None:
        group.is_open = False
        if self._open.get(sql) is group:
            del self._open[sql]

    async def _send(self, sql: str, group: _Group, first: _Member) -> bool:
        self._under_way[sql] += 1
        try:
            connection = await self.pool.acquire()
            self._close(sql, group)
            group.members = group.who_wait()
            if len(group.members) == 1:
                return await self._commit_one(connection, sql, first)
            group.sending = asyncio.create_task(self._commit_all(connection, sql, group))
            return await group.is_done(first)
        finally:
            self._under_way[sql] -= 1
            if not self._under_way[sql] and sql in self._open:
                self._open[sql].go()

    async def _commit_one(self, connection: Connection, sql: str, member: _Member) -> bool:
        try:
            await connection.fetch(sql, member.arguments)
        except BaseException as error:
            self._give_back(connection, error)
            if isinstance(error, asyncpg.LockNotAvailableError):
                return False
            raise
        self.pool.release(connection)
        member.after_commit()
        return True

    async def _commit_all(self, connection: Connection, sql: str, group: _Group) -> None:
        try:
            await connection.run_many(sql, [each.arguments for each in group.members])
        except BaseException as error:
            self._give_back(connection, error)
            if is_away(error):
                group.lose()
            else:
                group.settle(False)
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        self.pool.release(connection)
        for each in group.members:
            each.after_commit()
        group.settle(True)

    def _give_back(self, connection: Connection, error: BaseException) -> None:
        (self.pool.discard if is_away(error) else self.pool.release)(connection)
