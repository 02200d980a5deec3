"""Keys and limits that cannot be used stop the start with the name of their variable, and no key is shown."""

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from server.kernel.security.keys import make_pem
from server.kernel.security.settings import CallSettings, SecuritySettings
from server.kernel.settings import SettingsError, read

SIGNING_KEYS = ("TENANTRY_JWT_SIGNING_KEYS", "TENANTRY_SERVICE_TOKEN_KEYS")
KEY = base64.b64encode(os.urandom(32)).decode()


def signing(*statuses: str) -> str:
    return json.dumps([{"pem": make_pem(), "status": status} for status in statuses])


def secret(**changes: object) -> str:
    return json.dumps([{"id": "k1", "key": KEY, "status": "current"} | changes])


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], str]:
    """Say what reading the settings says when a variable has a value."""
    monkeypatch.setenv("TENANTRY_DATA", str(tmp_path))

    def say(variable: str, value: str) -> str:
        monkeypatch.setenv(variable, value)
        with pytest.raises(SettingsError) as refused:
            read(SecuritySettings)
        return str(refused.value)

    return say


@pytest.mark.parametrize("variable", SIGNING_KEYS)
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("/no/such/folder", "exactly one signing key is current"),
        (make_pem(), "exactly one signing key is current"),
        (make_pem() * 30, "the folder of signing keys cannot be read"),
        ("[", "the signing keys are not a JSON list of pem and status"),
        ("[{}]", "the signing keys are not a JSON list of pem and status"),
        (signing("current", "current"), "exactly one signing key is current"),
        (signing("current", "old"), "the status of a signing key is neither current nor verify_only"),
        (json.dumps([{"pem": KEY, "status": "current"}]), "a signing key is not a PEM private key"),
    ],
    ids=["no folder", "a key", "a long text", "no JSON", "no key", "two current", "old", "no PEM"],
)
def test_signing_keys(given: Callable[[str, str], str], variable: str, value: str, problem: str) -> None:
    assert given(variable, value) == f"The settings are not right:\n  {variable} is wrong: {problem}"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("k1" * 20, "the secret keys are not a JSON list of id, key (in base64) and status"),
        ('[{"id": "k1"}]', "the secret keys are not a JSON list of id, key (in base64) and status"),
        (f'{{"k1": "{KEY}"}}', "the secret keys are not a JSON list of id, key (in base64) and status"),
        (secret(key=KEY[:-2]), "the secret keys are not a JSON list of id, key (in base64) and status"),
        (secret(key=None), "the secret keys are not a JSON list of id, key (in base64) and status"),
        (secret(key=base64.b64encode(bytes(16)).decode()), "a secret key has 32 bytes"),
        (secret(status="old"), "the status of a secret key is neither current nor read_only"),
        (secret(status="read_only"), "exactly one secret key is current"),
        (secret(id=""), "every secret key has an id of its own"),
    ],
    ids=["no JSON", "no key", "no list", "no base64", "null", "short", "old", "none current", "no id"],
)
def test_secret_keys(given: Callable[[str, str], str], value: str, problem: str) -> None:
    variable = "TENANTRY_IDENTITY_SECRETS_KEYS"

    assert given(variable, value) == f"The settings are not right:\n  {variable} is wrong: {problem}"


@pytest.mark.parametrize("text", ["many", "60", "60 per fortnight", "-1/minute"])
def test_limits_of_calls(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TENANTRY_RATE_LIMIT_COSTLY", text)

    with pytest.raises(SettingsError) as refused:
        read(CallSettings)

    problem = "TENANTRY_RATE_LIMIT_COSTLY is wrong: a limit is written 60/minute"
    assert str(refused.value) == f"The settings are not right:\n  {problem}"


def test_those_that_can_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "a.current.pem").write_text(make_pem())
    monkeypatch.setenv("TENANTRY_JWT_SIGNING_KEYS", str(folder))
    monkeypatch.setenv("TENANTRY_IDENTITY_SECRETS_KEYS", secret())
    monkeypatch.setenv("TENANTRY_RATE_LIMIT_COSTLY", "60/minute")

    assert read(SecuritySettings).jwt_signing_keys.get_secret_value() == str(folder)
    assert read(CallSettings).rate_limit_costly == "60/minute"
