"""Which database a command uses: the one named by the settings, the embedded one that runs, or one started for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from server.kernel.settings import PlatformSettings
from server.launch.errors import LaunchError
from server.launch.postgres import EmbeddedPostgres, running_dsn

OLDEST_VERSION = 15
CONNECT_SECONDS = 10


@asynccontextmanager
async def database(settings: PlatformSettings) -> AsyncIterator[str]:
    """
    A database for one command, by its DSN; an embedded one that does not run is started and stopped again.

    Raises:
        LaunchError: there is none.
    """
    if dsn := _at_hand(settings):
        await insist_on_reachable(dsn)
        yield dsn
        return
    embedded = EmbeddedPostgres(settings.data_folder)
    dsn = await embedded.start()
    try:
        yield dsn
    finally:
        await embedded.stop()


def database_at_hand(settings: PlatformSettings) -> str:
    """
    The DSN of a database that runs already.

    Raises:
        LaunchError: there is none.
    """
    if dsn := _at_hand(settings):
        return dsn
    raise LaunchError(
        f"No database runs in {settings.data_folder}. Start everything with `tenantry up`, or name a database by "
        "TENANTRY_DATABASE_URL."
    )


async def insist_on_reachable(dsn: str) -> None:
    """
    Raises:
        LaunchError: nobody answers there, or it is too old.
    """
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        why = str(error) or type(error).__name__
        raise LaunchError(f"The database named by TENANTRY_DATABASE_URL cannot be used: {why}") from None
    try:
        version = connection.get_server_version()
    finally:
        await connection.close()
    if version.major < OLDEST_VERSION:
        raise LaunchError(
            f"The database named by TENANTRY_DATABASE_URL is PostgreSQL {version.major}; {OLDEST_VERSION} or newer is "
            "needed."
        )


def _at_hand(settings: PlatformSettings) -> str | None:
    if settings.database_url:
        return settings.database_url.get_secret_value()
    return running_dsn(settings.data_folder)
