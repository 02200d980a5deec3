"""The PostgreSQL of the bench: the embedded one, durable (fsync on), with a database for each who is measured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from server.launch.postgres import EmbeddedPostgres


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running PostgreSQL."""

    pid: int
    dsn: str

    def url(self, database: str, *, role: str | None = None) -> str:
        """How to connect to *database*, as the owner or as *role*, whose password is its name."""
        parts = urlsplit(self.dsn)
        network = f"{role}:{role}@" if role else parts.netloc
        return parts._replace(netloc=network, path=f"/{database}").geturl()

    async def create(self, database: str) -> str:
        """Create *database* and return its URL."""
        connection = await asyncpg.connect(self.dsn)
        try:
            await connection.execute(f'create database "{database}"')
        finally:
            await connection.close()
        return self.url(database)


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """Run PostgreSQL on a new data folder until the block ends."""
    postgres = EmbeddedPostgres(folder)
    dsn = await postgres.start()
    try:
        assert postgres.pid is not None
        yield Cluster(postgres.pid, dsn)
    finally:
        await postgres.stop()
