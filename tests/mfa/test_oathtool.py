"""An app that others have written: oathtool makes the codes, and they are good."""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from server.subdomains.identity.mfa.domain import totp
from tests.mfa.factors import TOTP

_CACHE = Path(tempfile.gettempdir()) / f"tenantry-oathtool-{os.getuid()}-{platform.machine()}"


def _fetch(folder: Path) -> None:
    """Unpack Debian's package and its library, without installing anything."""
    folder.mkdir(parents=True)
    _download(folder, "oathtool")
    [package] = folder.glob("oathtool_*.deb")
    depends = subprocess.run(["dpkg-deb", "-f", package, "Depends"], check=True, capture_output=True, text=True).stdout
    _download(folder, re.findall(r"liboath\w+", depends)[0])  # its name differs between releases
    for each in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", each, folder], check=True)


def _download(folder: Path, package: str) -> None:
    """From wherever the machine gets packages. One that does not know yet what there is asks, and need not be root."""
    command = ["apt-get", "download", package]
    if subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 0:
        return
    lists, cache = folder / "lists", folder / "cache"
    for each in (lists / "partial", cache / "archives" / "partial"):
        each.mkdir(parents=True, exist_ok=True)
    places = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
    subprocess.run(["apt-get", *places, "update"], check=True, capture_output=True)
    subprocess.run(["apt-get", *places, *command[1:]], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def oathtool():
    """The codes of a secret at a time."""
    found, environment = shutil.which("oathtool"), dict(os.environ)
    if found is None:
        found = str(_CACHE / "usr/bin/oathtool")
        if not Path(found).exists():
            # Another test process may be at it: the first to finish wins.
            with tempfile.TemporaryDirectory() as folder:
                _fetch(Path(folder) / "unpacked")
                if not _CACHE.exists():
                    shutil.copytree(Path(folder) / "unpacked", _CACHE, dirs_exist_ok=True)
        libraries = {str(each.parent) for each in _CACHE.glob("usr/lib/**/liboath.so*")}
        environment["LD_LIBRARY_PATH"] = ":".join(sorted(libraries))

    def code(secret, now, *options):
        command = [found, "--totp", "--base32", f"--now={now:%Y-%m-%d %H:%M:%S} UTC", *options, secret]
        answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return answer.stdout.strip()

    return code


async def test_codes_of_oathtool_confirm_and_sign_in(factors, server, oathtool):
    # given
    person = await factors.person()
    token = await factors.token(person)
    given = await factors.associate(TOTP, token)

    # when
    confirmed = await factors.confirm(TOTP, oathtool(given.secret, server.clock()), token)
    server.clock.advance(timedelta(seconds=totp.STEP_SECONDS))
    tokens = await factors.verify(TOTP, oathtool(given.secret, server.clock()), await factors.token(person))

    # then
    assert confirmed.tokens.user_id == tokens.user_id == person.user_id
