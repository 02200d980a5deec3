"""Load by h2load (of nghttp2): written in C, it takes the least from the two cores that everybody shares here."""

import asyncio
import re
import shutil
import tempfile
from pathlib import Path

from benchmarks.load.target import Outcome, Target, outcome_of

NOT_INSTALLED = (
    "h2load is not installed, so our own generator makes the load. It takes a little more of the processors that it "
    "shares with the servers, the same for both sides of a ratio. "
    "To have h2load: apt-get install nghttp2-client (Debian, Ubuntu), brew install nghttp2 (macOS)."
)


def installed() -> bool:
    return shutil.which("h2load") is not None


async def generate(target: Target, seconds: float) -> Outcome:
    """Keep the target's calls in flight for *seconds*."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *command(target, seconds, Path(folder)), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said = (await process.communicate())[0].decode()
        if process.returncode:
            raise RuntimeError(f"h2load failed: {said}")
        return read_outcome(target, seconds, said, Path(folder, "log"))


def command(target: Target, seconds: float, folder: Path) -> list[str]:
    """The command line, with the body in a file of *folder* and the log beside it."""
    words = ["h2load", f"-D{int(seconds * 1000)}ms", "-t1", f"-c{target.connections}", f"-m{target.streams}"]
    words += [f"--log-file={folder / 'log'}"]
    words += [f"-H{name}: {value}" for name, value in target.headers.items()]
    if target.protocol == "rest":
        words += ["--h1"]
    if target.body:
        body = folder / "body"
        body.write_bytes(target.body)
        words += [f"-d{body}"]
    return [*words, f"http://127.0.0.1:{target.port}{target.path}"]


def read_outcome(target: Target, seconds: float, said: str, log: Path) -> Outcome:
    """
    Read h2load's summary and its log of answers.

    It calls every gRPC answer a success, since the HTTP status is always 200. A refused unary call sends no message,
    so the bytes that are missing from the data say how many were refused. Calls cut off at the end are not counted.
    """
    answers = [line.split("\t") for line in log.read_text().splitlines()]
    latencies_ms = [int(latency) / 1000 for _, status, latency in answers if status != "-1"]
    refused = sum(not status.startswith("2") for _, status, _ in answers if status != "-1")
    if target.protocol == "grpc":
        data = re.search(r"\((\d+)\) data", said)
        if data is None:
            raise RuntimeError(f"h2load did not say how much data came: {said}")
        refused = max(0, len(latencies_ms) - int(data[1]) // target.answer_bytes)
    return outcome_of(latencies_ms, refused, seconds)
