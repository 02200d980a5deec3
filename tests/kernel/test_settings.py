"""Settings: what is read, what is refused and how, and how secrets are made."""

import stat
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT, PlatformSettings, Secret, SettingsError, read, read_all
from server.kernel.settings_page import render

STRONG = "0123456789abcdefghijklmnopqrstuvwxyz"


class KeySettings(BaseSettings):
    """Keys of the test"""

    model_config = ENVIRONMENT

    cookie_key: Annotated[SecretStr, Secret()] = Field(description="Signs cookies.")
    pages: int = Field(10, ge=1, description="How many | at once.")
    printer_password: SecretStr = Field(SecretStr(""), description="Of the printer, if it has one.")


class AddressSettings(BaseSettings):
    """Addresses of the test"""

    model_config = ENVIRONMENT

    sender: str = Field(description="Who writes.")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ENV", "HTTP_PORT", "COOKIE_KEY", "PAGES", "SENDER", "DATABASE_URL", "PROCESSES"):
        monkeypatch.delenv(f"TENANTRY_{name}", raising=False)
    monkeypatch.setenv("TENANTRY_DATA", str(tmp_path))


def test_the_platform_needs_no_setting() -> None:
    settings = read(PlatformSettings)

    assert (settings.env, settings.http_port, settings.grpc_port) == ("development", 8080, 50051)
    assert 1 <= settings.processes <= 4


def test_every_wrong_variable_is_named_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_HTTP_PORT", "sesame")
    monkeypatch.setenv("TENANTRY_ENV", "staging")

    with pytest.raises(SettingsError) as refused:
        read(PlatformSettings)

    said = str(refused.value)
    assert "TENANTRY_HTTP_PORT is wrong: should be a valid integer" in said
    assert "TENANTRY_ENV is wrong: should be 'development' or 'production'" in said
    assert "sesame" not in said
    assert "staging" not in said


def test_the_wrong_variables_of_several_classes_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_PAGES", "0")

    with pytest.raises(SettingsError) as refused:
        read_all([PlatformSettings, KeySettings, AddressSettings])

    assert "TENANTRY_PAGES is wrong: should be greater than or equal to 1" in str(refused.value)
    assert "TENANTRY_SENDER is missing" in str(refused.value)


def test_an_empty_variable_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_HTTP_PORT", "")

    assert read(PlatformSettings).http_port == 8080


def test_development_makes_a_secret_once_and_keeps_it_private(tmp_path: Path) -> None:
    first, second = read(KeySettings), read(KeySettings)

    kept = tmp_path / "secrets" / "cookie_key"
    assert first.cookie_key.get_secret_value() == second.cookie_key.get_secret_value() == kept.read_text()
    assert len(kept.read_text()) >= 32
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["cookie_key"]


def test_a_given_secret_is_used_and_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TENANTRY_COOKIE_KEY", STRONG)

    assert read(KeySettings).cookie_key.get_secret_value() == STRONG
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [(None, "is missing"), ("", "is missing"), ("short", "is too weak"), ("a" * 64, "too few different characters")],
)
def test_production_refuses_a_missing_or_weak_secret(
    given: str | None, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TENANTRY_ENV", "production")
    if given is not None:
        monkeypatch.setenv("TENANTRY_COOKIE_KEY", given)

    with pytest.raises(SettingsError, match=rf"TENANTRY_COOKIE_KEY.*{said}"):
        read(KeySettings)

    assert not (tmp_path / "secrets").exists()


def test_production_takes_a_strong_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_ENV", "production")
    monkeypatch.setenv("TENANTRY_COOKIE_KEY", STRONG)

    assert read_all([KeySettings])[KeySettings] == read(KeySettings)


def test_a_secret_is_not_shown_when_settings_are_printed() -> None:
    settings = read(KeySettings)

    assert settings.cookie_key.get_secret_value() not in repr(settings)


def test_the_page_tells_name_default_and_meaning() -> None:
    page = render([PlatformSettings, KeySettings, AddressSettings])

    assert "| `TENANTRY_HTTP_PORT` | `8080` | Port of the gateway" in page
    assert "| `TENANTRY_PROCESSES` | number of processors, at most 4 |" in page
    assert (
        "| `TENANTRY_COOKIE_KEY` | made in development, required in production | **Secret.** Signs cookies. |" in page
    )
    assert "| `TENANTRY_PRINTER_PASSWORD` | none | **Secret.** Of the printer" in page
    assert "| `TENANTRY_PAGES` | `10` | How many \\| at once. |" in page
    assert "| `TENANTRY_SENDER` | required | Who writes. |" in page
    assert "| `TENANTRY_DATABASE_URL` | none | **Secret.** An external PostgreSQL" in page
