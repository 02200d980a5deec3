"""Reads: one round trip each, on a connection that is held only for it."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement

from server.kernel import ids
from server.kernel.database.pool import Pool, is_away
from server.kernel.database.statements import Parameters, Row, Statement, Statements, organization_of
from server.kernel.errors import StoreUnavailable


class Reader:
    """
    Runs selects outside any transaction.

    A select over an organization's rows must be given ``organization_id``: it is set for row-level security within the
    same statement.
    """

    def __init__(self, pool: Pool, statements: Statements) -> None:
        self._pool = pool
        self._statements = statements

    async def fetch_all(self, element: ClauseElement, parameters: Parameters) -> list[Row]:
        """All rows of a select."""
        statement = self._statements.of(element)
        return statement.rows(await self._run(statement, parameters))

    async def fetch_one(self, element: ClauseElement, parameters: Parameters) -> Row | None:
        """The first row of a select."""
        statement = self._statements.of(element)
        records = await self._run(statement, parameters)
        return statement.row(records[0]) if records else None

    async def _run(self, statement: Statement, parameters: Parameters) -> list[Any]:
        arguments = statement.arguments(parameters)
        if statement.is_tenant:
            arguments.append(tenant_setting(parameters))
        for is_last in (False, True):
            connection = await self._pool.acquire()
            try:
                records = await connection.fetch(statement.read_sql, arguments)
            except Exception as error:
                if not is_away(error):
                    self._pool.release(connection)
                    raise
                # PostgreSQL was restarted under an idle connection: a read may simply be tried once more.
                self._pool.discard(connection)
                if is_last:
                    raise StoreUnavailable from error
            except BaseException:
                self._pool.release(connection)
                raise
            else:
                self._pool.release(connection)
                return records
        raise AssertionError("unreachable")


def tenant_setting(parameters: Parameters) -> str:
    """The value of the row-level security setting: the organization's uuid as text."""
    return _setting_of(organization_of(parameters))


@lru_cache(4_096)
def _setting_of(organization_id: str) -> str:
    return str(ids.decode("org", organization_id))
