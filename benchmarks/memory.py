"""
How much memory a server process holds after a long day: 100,000 calls of every kind that the bench knows.

    python -m benchmarks.memory --calls 100000
"""

import argparse
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import grpc

from benchmarks.load.spell import choose
from benchmarks.loop import run_loop
from benchmarks.processor_time import resident_megabytes
from benchmarks.stage import Stage

CALLS = 100_000
MOST_MEGABYTES = 150
SPELL = 2.0


async def measure(calls: int) -> float:
    """Make at least so many *calls* and return the megabytes that the largest server process holds then."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        async with AsyncExitStack() as stack:
            stage = Stage(stack, Path(folder), choose("auto"))
            ours = await stage.ours()
            made = 0
            while made < calls:
                for target in (ours.read, ours.write, ours.authenticated, ours.anonymous):
                    outcome = await stage.load(target, SPELL)
                    if outcome.refused:
                        raise RuntimeError(f"{target.path}: {outcome.refused} of {outcome.answered} calls were refused")
                    made += outcome.answered
                async with grpc.aio.insecure_channel(f"127.0.0.1:{ours.port}") as channel:
                    for person in ours.people:
                        await person.sign_in(channel)
                print(f"{made} calls, {resident_megabytes(ours.pid):.0f} MB", file=sys.stderr, flush=True)
            return resident_megabytes(ours.pid)


def line(calls: int, megabytes: float) -> str:
    met = "met" if megabytes <= MOST_MEGABYTES else "SHORT"
    return f"Memory {megabytes:.0f} MB  {met}: at most {MOST_MEGABYTES}, a server process after {calls} calls"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("--calls", type=int, default=CALLS)
    calls = parser.parse_args().calls
    print(line(calls, run_loop(measure(calls))))


if __name__ == "__main__":
    main()
