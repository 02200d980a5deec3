"""Which providers a deployment may configure, and what stops its start."""

import json

import pytest

from server.kernel.settings import SettingsError, read
from server.subdomains.identity.single_sign_on.settings import SingleSignOnSettings
from tests.harness import refusal
from tests.single_sign_on.conftest import entry

_ISSUER = "https://id.example.com"


def configured(monkeypatch, *entries):
    monkeypatch.setenv("TENANTRY_SSO_PROVIDERS", json.dumps(entries))
    return read(SingleSignOnSettings).sso_providers


def without(name, **more):
    return {key: value for key, value in entry("acme", _ISSUER, **more).items() if key != name}


def test_there_are_none_at_first(monkeypatch):
    monkeypatch.delenv("TENANTRY_SSO_PROVIDERS", raising=False)
    assert read(SingleSignOnSettings).sso_providers == ()
    monkeypatch.setenv("TENANTRY_SSO_PROVIDERS", "")
    assert read(SingleSignOnSettings).sso_providers == ()


def test_any_provider_is_known_by_its_issuer(monkeypatch):
    [acme] = configured(monkeypatch, entry("acme", _ISSUER))

    assert (acme.issuer, acme.scopes, acme.preset, acme.trusted_tenants) == (_ISSUER, "openid email profile", None, ())


@pytest.mark.parametrize(
    ("preset", "issuer"),
    [
        ("google", "https://accounts.google.com"),
        ("microsoft", "https://login.microsoftonline.com/common/v2.0"),
    ],
)
def test_a_preset_has_its_issuer(monkeypatch, preset, issuer):
    assert configured(monkeypatch, without("issuer", preset=preset))[0].issuer == issuer
    assert configured(monkeypatch, entry("acme", _ISSUER, preset=preset))[0].issuer == _ISSUER


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (without("name"), "provider 1: name Field required"),
        (without("client_id"), "provider acme: client_id Field required"),
        (without("client_secret"), "provider acme: client_secret Field required"),
        (without("redirect_uri"), "provider acme: redirect_uri Field required"),
        (without("issuer"), "provider acme: an issuer, or a preset that has one, is missing"),
        (entry("acme", _ISSUER, client_id=""), "provider acme: client_id"),
        (entry("acme", _ISSUER, client_secret=""), "provider acme: client_secret"),
        (entry("Acme", _ISSUER), "provider Acme: name"),
        (entry("acme corp", _ISSUER), "provider acme corp: name"),
        (entry("testsso", _ISSUER), "provider testsso: testsso is a name of our own"),
        (entry("credentials", _ISSUER), "provider credentials: credentials is a name of our own"),
        (entry("acme", "http://id.example.com"), "provider acme: the issuer should be an https address"),
        (entry("acme", "https://user@id.example.com"), "provider acme: the issuer should be an https address"),
        (entry("acme", "https://id.example.com/#here"), "provider acme: the issuer should be an https address"),
        (entry("acme", "https://id.example.com/?tenant=1"), "provider acme: the issuer should be an https address"),
        (entry("acme", f"{_ISSUER}/{'i' * 500}"), "provider acme: issuer String should have at most 500 characters"),
        (entry("acme", "id.example.com"), "provider acme: the issuer should be an https address"),
        (entry("acme", _ISSUER, redirect_uri="/callback"), "provider acme: redirect_uri"),
        (entry("acme", _ISSUER, redirect_uri="https://app.example.com/#here"), "provider acme: redirect_uri"),
        (entry("acme", _ISSUER, preset="github"), "provider acme: preset"),
        (entry("acme", _ISSUER, scopes="email profile"), "provider acme: the scopes should have openid among them"),
        (entry("acme", _ISSUER, colour="blue"), "provider acme: colour Extra inputs are not permitted"),
        ("acme", "provider 1: "),
    ],
)
def test_an_incomplete_entry_stops_the_start_by_its_name(monkeypatch, wrong, said):
    with pytest.raises(SettingsError) as stopped:
        configured(monkeypatch, wrong)

    assert f"TENANTRY_SSO_PROVIDERS is wrong: {said}" in str(stopped.value)
    assert "a secret of the client's" not in str(stopped.value)


def test_production_speaks_to_providers_by_https_alone(monkeypatch):
    """As `tenantry doctor` sees it, too: it reads all settings and starts nothing."""
    monkeypatch.setenv("TENANTRY_ENV", "production")

    assert configured(monkeypatch, entry("acme", _ISSUER))
    with pytest.raises(SettingsError, match="TENANTRY_SSO_PROVIDERS is wrong: provider plain: the issuer"):
        configured(monkeypatch, entry("acme", _ISSUER), entry("plain", "http://127.0.0.1:1"))


@pytest.mark.parametrize("text", ["{", "{}", "7", '"acme"'])
def test_what_is_no_list_of_providers(monkeypatch, text):
    monkeypatch.setenv("TENANTRY_SSO_PROVIDERS", text)

    with pytest.raises(SettingsError, match="TENANTRY_SSO_PROVIDERS is wrong: should be a JSON list of providers"):
        read(SingleSignOnSettings)


def test_two_providers_of_one_name(monkeypatch):
    with pytest.raises(SettingsError, match="each provider should have a name of its own"):
        configured(monkeypatch, entry("acme", _ISSUER), entry("acme", "https://other.example.com"))


@pytest.mark.parametrize("content", [None, "", "nonsense"])
def test_a_file_of_certificates_that_has_none(monkeypatch, tmp_path, content):
    path = tmp_path / "certificates.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("TENANTRY_SSO_CA_FILE", str(path))

    with pytest.raises(SettingsError, match="TENANTRY_SSO_CA_FILE is wrong: should be a file of certificates"):
        read(SingleSignOnSettings)


async def test_a_provider_that_is_away_does_not_stop_the_start(client):
    refused = await refusal(client.start(provider="away"))

    assert refused.reason == "SSO_PROVIDER_UNAVAILABLE"
