"""The event loop of everything in here: uvloop where there is one, so that no side of a ratio has the slower loop."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

if sys.platform != "win32":
    import uvloop

T = TypeVar("T")


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* to its end."""
    if sys.platform == "win32":
        return asyncio.run(main)
    return uvloop.run(main)
