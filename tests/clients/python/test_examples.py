"""The examples run against a real server as their docstrings say, and print what they say."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.api_keys.keys import Keys
from tests.harness import Running
from tests.signed_in import PASSWORD, People, whole_server

CLIENT = Path(__file__).resolve().parents[3] / "clients" / "python"


@pytest_asyncio.fixture(scope="module")
async def whole(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with whole_server(postgres, f"{database_name}_examples") as found:
        yield found


async def said_by(example: str, server: Running, **settings: str) -> str:
    """What an example prints; it must end well."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(CLIENT / "examples" / f"{example}.py"),
        f"127.0.0.1:{server.port}",
        env=os.environ | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.mark.parametrize(
    ("example", "lines"),
    [
        ("sign_up", ["registered ada.", "created Analytical Engines, org_", "member of org_"]),
        ("errors", ["signing in: INVALID_CREDENTIALS", "registering: first_name INVALID_FIRST_NAME"]),
        ("second_factor", ["for the app: otpauth://totp/Tenantry:ada.", "signed in with the app", "a recovery code"]),
    ],
)
async def test_whoever_is_new_runs_it(whole: Running, example: str, lines: list[str]) -> None:
    said = await said_by(example, whole)

    assert [line for line in lines if line not in said] == []


@pytest.mark.parametrize(
    ("example", "lines"),
    [
        ("threads", ["eight times the same: [1, 1, 1, 1, 1, 1, 1, 1]"]),
        ("password_reset", ["the new password is ", "not twice: RESET_TOKEN_NOT_FOUND"]),
    ],
)
async def test_whoever_has_an_account_runs_it(whole: Running, example: str, lines: list[str]) -> None:
    person = await People(whole).person()

    said = await said_by(example, whole, TENANTRY_EMAIL=person.email_address, TENANTRY_PASSWORD=PASSWORD)

    assert [line for line in lines if line not in said] == []


async def test_whoever_has_a_key_runs_it(whole: Running) -> None:
    machine = await Keys(whole).machine(metadata=(await People(whole).person()).metadata)

    said = await said_by("rotate_key", whole, TENANTRY_API_KEY=machine.api_key)

    assert f"takes the place of {machine.api_key[:35]}…" in said
    assert "the old one: API_KEY_INVALID" in said
