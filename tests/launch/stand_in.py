"""
Stand-ins for the processes of a run: they note what happens to them, and finish when they are asked.

python stand_in.py migrate | serve SOCKET | work | gateway. The file named by STAND_IN_NOTES gets a line an event;
STAND_IN_BROKEN names a part that ends at once with a message. Only the standard library, so that they start quickly.
"""

import os
import signal
import socket
import sys
import threading
from pathlib import Path


def note(event: str) -> None:
    with Path(os.environ["STAND_IN_NOTES"]).open("a") as file:
        file.write(event + "\n")


def run_until_asked(name: str) -> int:
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    note(f"{name} started")
    print(f"{name} says hello", flush=True)
    asked.wait()
    note(f"{name} finished")
    return 0


def main(part: str, *words: str) -> int:
    if os.environ.get("STAND_IN_BROKEN") == part:
        print(f"{part} cannot work: TENANTRY_COLOUR is missing", flush=True)
        return int(os.environ.get("STAND_IN_CODE", "1"))
    if part == "migrate":
        note("migrated " + str("host=" in os.environ["TENANTRY_DATABASE_URL"]))
        return 0
    if part == "serve":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(words[0])
            listener.listen()
            return run_until_asked(Path(words[0]).stem)
    return run_until_asked(part)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
