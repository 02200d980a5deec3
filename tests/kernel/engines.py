"""The engines that tests of deliveries run with."""

import uuid

from server.kernel.database import Database
from server.kernel.deliveries.engine import Engine, EngineSettings
from server.kernel.deliveries.engines import QueueEngine
from server.kernel.deliveries.nats_engine import NatsEngine
from server.kernel.deliveries.settings import NatsSettings
from tests.nats_server import NatsServer

ENGINES = ("postgres", "nats")


def made_engine(name: str, database: Database, nats: NatsServer, settings: EngineSettings) -> QueueEngine:
    """An engine of that name, with streams of its own when it has any."""
    if name == "nats":
        return NatsEngine(database, settings, NatsSettings((nats.url,), prefix=f"test-{uuid.uuid4().hex[:12]}"))
    return Engine(database, settings)
