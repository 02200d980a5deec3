"""Runs the command line as an operator does: in a process of its own."""

import asyncio
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


async def tenantry(dsn: str, *words: str) -> tuple[int, str]:
    """The exit code of a command on the database at *dsn*, and all that it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.cli", *words),
        cwd=ROOT,
        env=os.environ | {"TENANTRY_DATABASE_URL": dsn, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'generated'}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()
