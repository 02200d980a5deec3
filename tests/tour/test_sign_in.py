"""docs/how-to/sign-in.md, pasted block by block as a developer would, against everything that `make run` starts."""

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from oidc_provider_mock import run_server_in_thread  # type: ignore[import-untyped]

from tests.journeys.whole_run import WholeRun, whole_run
from tests.tour.newcomer import environment_of
from tests.tour.readme import ROOT, steps_of

PAGE = ROOT / "docs" / "how-to" / "sign-in.md"
END = "--- end of the block ---"
RETURN = "https://www.example.com/signed-in"
PERSON = {"email": "grace@example.org", "email_verified": True, "given_name": "Grace", "family_name": "Hopper"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider that the page calls `example`."""
    with run_server_in_thread() as server:
        address = f"http://localhost:{server.server_port}"
        httpx.put(f"{address}/users/grace", json=PERSON).raise_for_status()
        yield address


@pytest_asyncio.fixture(scope="module")
async def run(issuer: str) -> AsyncIterator[WholeRun]:
    provider = {
        "name": "example",
        "issuer": issuer,
        "client_id": "tenantry",
        "client_secret": "a secret of tests",
        "redirect_uri": RETURN,
    }
    with tempfile.TemporaryDirectory(prefix="tenantry-tour-") as folder:
        async with whole_run(Path(folder) / "data", SSO_PROVIDERS=json.dumps([provider])) as found:
            yield found


async def test_the_page_does_what_it_says(run: WholeRun, issuer: str, tmp_path: Path):
    shell, output = await Shell.open(environment_of(run, tmp_path)), ""

    for step in steps_of(PAGE.read_text()):
        code = step.code
        if "back='…'" in code:
            code = f"back='{as_others_write(await browsed(output.strip()), issuer)}'\n"
        output = await shell.paste(code)
        assert step.keeps_its_promise(output), f"{code}\npromised:\n{step.promised}\nsaid:\n{output}"

    assert await shell.close() == 0


class Shell:
    """A terminal of one developer."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, environment: dict[str, str]) -> "Shell":
        return cls(
            await asyncio.create_subprocess_exec(
                "bash",
                cwd=ROOT,
                env=environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        )

    async def paste(self, code: str) -> str:
        """Paste a block and wait until it is done; all that it says."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{code}\necho; echo '{END}'\n".encode())
        async with asyncio.timeout(60):
            said = await self._process.stdout.readuntil(END.encode())
        return said.decode().removesuffix(END)

    async def close(self) -> int:
        """Leave it, with its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return await self._process.wait()


async def browsed(authorization_url: str) -> str:
    """Sign in at the provider as a person does; the address at which the browser ends."""
    async with httpx.AsyncClient() as browser:
        form = await browser.get(authorization_url)
        assert re.search("<form", form.text), form.text
        answer = await browser.post(authorization_url, data={"sub": "grace"})
    assert answer.is_redirect, answer.text
    return answer.headers["location"]


def as_others_write(address: str, issuer: str) -> str:
    """The same address from a provider whose codes are encoded in it (Google's), and that says who it is (Keycloak)."""
    before, _, code = address.partition("code=")
    assert code, address
    return f"{before}code=%{ord(code[0]):02X}{code[1:]}&iss={quote(issuer, safe='')}"
