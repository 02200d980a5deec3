"""
Our own load generator, a process of its own: reads a target, runs it, prints the outcome.

    python -m benchmarks.load.generator SECONDS < target.json
"""

import asyncio
import json
import sys
from dataclasses import asdict

from benchmarks.load.http1 import Http1Connection
from benchmarks.load.http2 import Http2Connection
from benchmarks.load.tally import LoadConnection, Tally
from benchmarks.load.target import Outcome, Target
from benchmarks.loop import run_loop

LONGEST_ANSWER = 30.0


async def generate(target: Target, seconds: float) -> Outcome:
    """Keep the target's calls in flight for *seconds*, then wait for the answers that are due."""
    tally = Tally(seconds)
    loop = asyncio.get_running_loop()
    opened: type[LoadConnection] = Http2Connection if target.protocol == "grpc" else Http1Connection
    connections: list[LoadConnection] = []
    for _ in range(target.connections):
        _, connection = await loop.create_connection(lambda: opened(target, tally), "127.0.0.1", target.port)
        connections.append(connection)
    tally.start()
    for connection in connections:
        connection.begin()
    async with asyncio.timeout(seconds + LONGEST_ANSWER):
        await asyncio.gather(*(connection.finished for connection in connections))
    outcome = tally.outcome()
    for connection in connections:
        connection.close()
    return outcome


def main() -> None:
    target = Target.from_json(sys.stdin.read())
    outcome = run_loop(generate(target, float(sys.argv[1])))
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
