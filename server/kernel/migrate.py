"""
Runs each subdomain's migrations: a schema, and a version table inside it, for each.

So a subdomain can be deleted with its folder: nothing else refers to its history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from server.kernel.database.pool import APPLICATION_ROLE

_LOCK = 7_265_911  # any number: two migrations at once wait for each other
_LOCK_TIMEOUT = "5s"


@dataclass(frozen=True)
class History:
    """The migrations of one schema."""

    schema: str
    folder: Path


class Operations(Protocol):
    """What a migration may do: ``alembic.op``."""

    def execute(self, sqltext: str) -> None: ...


KERNEL = History("kernel", Path(__file__).parent / "migrations")


async def migrate(dsn: str, histories: Sequence[History]) -> None:
    """Bring the database at *dsn* up to date: the application role, then each schema, in order."""
    engine = _engine(dsn)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate, histories)
    finally:
        await engine.dispose()


def _engine(dsn: str) -> AsyncEngine:
    # asyncpg reads the address itself: SQLAlchemy would not understand what libpq does, such as sslmode.
    return create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool)


def _migrate(connection: Connection, histories: Sequence[History]) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
    try:
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        _make_role(connection)
        connection.commit()
        for history in histories:
            _upgrade(connection, history)
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        connection.commit()


def _make_role(connection: Connection) -> None:
    """The application's role: it can do nothing that its grants do not say, and never passes row-level security."""
    connection.execute(
        text(
            f"""
            DO $$ BEGIN
              BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') THEN
                  CREATE ROLE {APPLICATION_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT;
                END IF;
              EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database was quicker
              END;
              -- From version 16 on, whoever makes a role may grant it, and may not yet act as it.
              IF NOT pg_has_role(current_user, '{APPLICATION_ROLE}', CASE
                WHEN current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET' END) THEN
                EXECUTE format('GRANT {APPLICATION_ROLE} TO %I', current_user);
              END IF;
              EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
            END $$
            """  # noqa: S608  # our own names
        )
    )


def _upgrade(connection: Connection, history: History) -> None:
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{history.schema}"'))
    connection.execute(text(f'GRANT USAGE ON SCHEMA "{history.schema}" TO {APPLICATION_ROLE}'))
    connection.commit()
    script = _scripts(history)

    def upgrade(revision: Any, context: Any) -> Any:
        return script._upgrade_revs("head", revision)

    with EnvironmentContext(Config(), script, fn=upgrade) as environment:
        environment.configure(
            connection=connection,
            version_table="migration",
            version_table_schema=history.schema,
            transaction_per_migration=True,
        )
        with environment.begin_transaction():
            environment.run_migrations()
    connection.commit()


def _scripts(history: History) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(history.folder))
    config.set_main_option("version_locations", str(history.folder))
    config.set_main_option("path_separator", "newline")
    return ScriptDirectory.from_config(config)


async def pending(dsn: str, histories: Sequence[History]) -> list[str]:
    """The schemas that are not up to date."""
    engine = _engine(dsn)
    try:
        async with engine.connect() as connection:
            found = []
            for history in histories:
                exists = await connection.scalar(
                    text("SELECT to_regclass(:name)"), {"name": f"{history.schema}.migration"}
                )
                versions = set()
                if exists:
                    sql = f'SELECT version_num FROM "{history.schema}".migration'  # noqa: S608  # our own names
                    rows = await connection.execute(text(sql))
                    versions = {row.version_num for row in rows}
                if versions != set(_scripts(history).get_heads()):
                    found.append(history.schema)
            return found
    finally:
        await engine.dispose()


def protect(op: Operations, schema: str, table: str) -> None:
    """For migrations: put a table of organizations' rows under forced row-level security."""
    name = f'"{schema}"."{table}"'
    # Once a connection has had a setting, its absence reads as an empty text, which is no uuid: nobody's rows then.
    is_own = "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_one_organization ON {name} USING ({is_own}) WITH CHECK ({is_own})")


def allow(op: Operations, schema: str, table: str, *rights: str) -> None:
    """For migrations: what the application may do with a table. All of it without *rights*."""
    what = ", ".join(rights) if rights else "SELECT, INSERT, UPDATE, DELETE"
    op.execute(f'GRANT {what} ON "{schema}"."{table}" TO {APPLICATION_ROLE}')
