"""How providers are called: encrypted, by certificates that somebody vouches for, and past all proxies."""

import ssl

import pytest

from server.kernel.clock import system_clock
from server.subdomains.identity.single_sign_on.adapters.http import ProviderHttp, Trust
from server.subdomains.identity.single_sign_on.adapters.open_id_connect import OpenIdConnectProvider
from server.subdomains.identity.single_sign_on.ports import AuthorizationRequest, ProviderUnavailable
from server.subdomains.identity.single_sign_on.settings import ProviderSettings
from tests.emails.mail_server import make_certificate
from tests.single_sign_on.conftest import entry
from tests.single_sign_on.issuer import Issuer, standing

ASKED = AuthorizationRequest(state="s", nonce="n", code_challenge="c", prompt_login=False, login_hint=None)


@pytest.fixture
def certificate(tmp_path):
    return make_certificate(tmp_path)


@pytest.fixture
async def encrypted(certificate):
    """An issuer that speaks TLS, by a certificate for localhost that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    issuer = Issuer()
    async with standing(issuer, context=context):
        issuer.origin = issuer.origin.replace("http://127.0.0.1", "https://localhost")
        yield issuer


def provider(issuer, ca_file=None):
    settings = ProviderSettings.model_validate(entry("encrypted", issuer.url))
    return OpenIdConnectProvider(settings, trust=Trust(ca_file, may_be_loopback_http=False), now=system_clock)


async def test_a_certificate_of_the_file_is_believed(encrypted, certificate):
    url = await provider(encrypted, certificate).authorization_url(ASKED)

    assert url.startswith("https://localhost:")


async def test_a_certificate_that_nobody_vouches_for_is_not(encrypted):
    with pytest.raises(ProviderUnavailable, match="it cannot be reached: ConnectError"):
        await provider(encrypted).authorization_url(ASKED)

    assert encrypted.fetched == []


async def test_a_certificate_for_another_name_is_not(encrypted, certificate):
    encrypted.origin = encrypted.origin.replace("localhost", "127.0.0.1")

    with pytest.raises(ProviderUnavailable, match="it cannot be reached: ConnectError"):
        await provider(encrypted, certificate).authorization_url(ASKED)


async def test_the_proxy_of_the_environment_is_not_used(encrypted, certificate, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert await provider(encrypted, certificate).authorization_url(ASKED)


@pytest.mark.parametrize(
    ("url", "in_production", "in_tests"),
    [
        ("https://id.example.com/token", True, True),
        ("https://10.0.0.8/token", True, True),  # the operator may have one of their own
        ("http://127.0.0.1:9000/token", False, True),
        ("http://localhost/token", False, True),
        ("http://[::1]:9000/token", False, True),
        ("http://id.example.com/token", False, False),
        ("http://10.0.0.8/token", False, False),
        ("http://localhost.example.com/token", False, False),
        ("http://127.0.0.1@id.example.com/token", False, False),
        ("https://ada@id.example.com/token", False, False),
        ("https://id.example.com/token#here", False, False),
        ("https:///token", False, False),
        ("https://[::1/token", False, False),
        ("https://id.example.com:port/token", False, False),
        ("file:///etc/passwd", False, False),
        ("", False, False),
    ],
)
async def test_where_providers_may_be_called(url, in_production, in_tests):
    assert Trust(None, may_be_loopback_http=False).admits(url) is in_production
    assert Trust(None, may_be_loopback_http=True).admits(url) is in_tests


async def test_a_place_where_none_may_be_called_is_not_called():
    with pytest.raises(ProviderUnavailable, match="the address is not an https one"):
        await ProviderHttp(Trust(None, may_be_loopback_http=False)).get("http://127.0.0.1:1/")
