"""A worker that is awake: carries out the usages queued in a database by calling a receiver, as our workers do."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

import grpc

from benchmarks.loop import run_loop
from server.kernel.clock import system_clock
from server.kernel.database import Database
from server.kernel.deliveries.engine import Engine, EngineSettings
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.deliveries.worker import Worker
from server.kernel.security.keys import SigningKeys, make_pem
from server.kernel.security.tokens import Tokens
from server.kernel.subdomain import Carrier

METHOD = "/bench.Receiver/Deliver"


async def take(messages: Sequence[Any]) -> list[Result]:
    """The same in this process as the receiver does in its own: say that all is delivered."""
    return [Result(None, Outcome.DELIVERED)] * len(messages)


def worker_of(database: Database, channel: grpc.aio.Channel) -> Worker:
    """A worker for usages, which calls the receiver over *channel*."""
    keys = SigningKeys(json.dumps([{"pem": make_pem(), "status": "current"}]))
    tokens = Tokens(
        keys=keys,
        issuer="bench",
        service_keys=keys,
        service_issuer="bench",
        service_audience="bench",
        clock=system_clock,
    )
    carrier = Carrier(Queue.USAGES, METHOD, take)
    engine = Engine(database, EngineSettings())
    return Worker(engine=engine, carriers=[carrier], channel=channel, tokens=tokens)


async def main(dsn: str, receiver: str, port: int) -> None:
    """Work until killed. Listens on *port* once it is ready, and says nothing there."""
    database = Database(dsn)
    async with grpc.aio.insecure_channel(receiver) as channel:
        worker = worker_of(database, channel)
        await database.start()
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
        async with server:
            await worker.run()


if __name__ == "__main__":
    run_loop(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
