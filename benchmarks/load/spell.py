"""One spell of load, by the generator that was chosen for the run."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable

from benchmarks.load import h2load
from benchmarks.load.target import Outcome, Target
from benchmarks.process import environment_with

Load = Callable[[Target, float], Awaitable[Outcome]]


async def own_generator(target: Target, seconds: float) -> Outcome:
    """Run our own generator in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.load.generator", str(seconds)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment_with({}),
    )
    said, _ = await process.communicate(target.to_json().encode())
    if process.returncode:
        raise RuntimeError(f"the load generator failed on {target.path}")
    return Outcome(**json.loads(said))


def choose(name: str) -> Load:
    """The generator called *name*: h2load, own, or auto for the better one that is installed."""
    if name == "own" or (name == "auto" and not h2load.installed()):
        return own_generator
    if not h2load.installed():
        raise SystemExit(h2load.NOT_INSTALLED)
    return h2load.generate
