"""The whole way at providers that others have written: a certified one, and a mock that many projects test with."""

import asyncio
import json
import secrets
import socket
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest
import pytest_asyncio
from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import AuthenticateSingleSignOnRequest

from server.subdomains.identity.single_sign_on.api import SingleSignOnApi
from tests.everything.world import standing_gateway
from tests.harness import refusal
from tests.signed_in import whole_server
from tests.single_sign_on.certified_provider import Person, running_provider
from tests.single_sign_on.clients import SsoClient, challenge_of
from tests.single_sign_on.conftest import entry
from tests.single_sign_on.issuer import REDIRECT_URI
from tests.single_sign_on.traces import accounts_of


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest_asyncio.fixture(scope="module")
async def certified():
    async with running_provider() as issuer:
        yield issuer


@pytest_asyncio.fixture(scope="module")
async def mock():
    """oidc-provider-mock in a process of its own, with one account whose address it has verified."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    claims = {
        "email": "mary@example.com",
        "email_verified": True,
        "name": "Mary Somerville",
        "zoneinfo": "Europe/Rome",
    }
    try:
        async with httpx.AsyncClient(base_url=f"http://localhost:{port}") as client:
            while True:
                try:
                    (await client.put("/users/mary", json=claims)).raise_for_status()
                    break
                except httpx.TransportError:
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
        yield f"http://localhost:{port}"
    finally:
        process.kill()
        await process.wait()


@pytest_asyncio.fixture(scope="module")
async def product(postgres, database_name, certified, mock):
    providers = [entry("certified", certified), entry("mock", mock)]
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:  # no longer: other tests have other providers
            environment.setenv("TENANTRY_SSO_PROVIDERS", json.dumps(providers))
            found = await stack.enter_async_context(whole_server(postgres, f"{database_name}_real_providers"))
        yield found


@pytest_asyncio.fixture(scope="module")
async def rest(product):
    """A client behind the real gateway, which speaks JSON."""
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        async with standing_gateway(product.port, Path(folder)) as ways:
            yield ways.client


async def started(rest, provider, **fields):
    """What a client does first: the verifier stays with it, the challenge goes out."""
    verifier = secrets.token_urlsafe(48)
    answer = await rest.post(
        "/sso/start", json={"provider": provider, "codeChallenge": challenge_of(verifier), **fields}
    )
    assert answer.status_code == 200, answer.text
    return verifier, answer.json()


async def test_somebody_signs_up_and_in_at_a_certified_provider_over_rest(rest, product, certified):
    # given a client that sends a browser to the provider, where a person fills in its forms
    verifier, start = await started(rest, "certified")
    person = Person("grace")
    back = await person.go(start["authorizationUrl"])
    assert person.forms_filled == 2  # who it is, and that the client may know it
    assert back["state"] == start["state"]

    # when it takes back what the browser has brought
    brought = {
        "provider": "certified",
        "authCode": back["code"],
        "state": back["state"],
        "codeVerifier": verifier,
        "iss": back["iss"],
    }
    answer = await rest.post("/sso/auth", json=brought)

    # then the person is signed in, and known
    assert answer.status_code == 200, answer.text
    tokens = answer.json()["tokens"]
    bearer = {"authorization": f"Bearer {tokens['accessToken']['value']}"}
    assert (await rest.get("/users/me", headers=bearer)).json()["identity"]["id"] == tokens["userId"]
    profile = (await rest.get("/profiles/me", headers=bearer)).json()
    assert "Grace" in json.dumps(profile)
    [account] = await accounts_of(product, tokens["userId"])
    assert (account["issuer"], account["subject"]) == (certified, "grace")
    assert (account["email_address"], account["timezone"]) == ("grace@example.com", "America/New_York")

    # and nothing of it can be used again
    again = await rest.post("/sso/auth", json=brought)
    assert (again.status_code, again.json()["details"][0]["reason"]) == (401, "SSO_AUTHENTICATION_FAILED")
    assert again.json()["details"][0]["metadata"] == {"provider": "certified"}
    await person.leave()


async def test_a_person_whom_the_provider_knows_still_is_the_same_here(rest, product):
    person, users = Person("ada"), set()
    for _ in range(2):
        verifier, start = await started(rest, "certified")
        back = await person.go(start["authorizationUrl"])
        brought = {"authCode": back["code"], "state": back["state"], "iss": back["iss"], "codeVerifier": verifier}
        answer = await rest.post("/sso/auth", json=brought | {"provider": "Certified"})
        users.add(answer.json()["tokens"]["userId"])

    assert len(users) == 1
    assert person.forms_filled == 2  # only the first time
    await person.leave()


async def test_a_certified_provider_asks_anew_when_it_is_told_to(rest):
    person = Person("katherine")
    for _ in range(2):
        verifier, start = await started(rest, "certified", promptLogin=True)
        back = await person.go(start["authorizationUrl"])
        brought = {"authCode": back["code"], "state": back["state"], "iss": back["iss"], "codeVerifier": verifier}
        answer = await rest.post("/sso/auth", json=brought | {"provider": "certified"})
        assert answer.status_code == 200, answer.text
        token = answer.json()["tokens"]["accessToken"]["value"]
        claims = jwt.decode(token, options={"verify_signature": False})
        assert 0 <= claims["iat"] - claims["auth_time"] < 60

    assert person.forms_filled == 3  # twice who it is, once that the client may know it
    await person.leave()


async def test_a_certified_provider_renews_tokens_and_takes_each_refresh_token_once(rest, product):
    verifier, start = await started(rest, "certified")
    person = Person("hedy")
    back = await person.go(start["authorizationUrl"])
    brought = {"authCode": back["code"], "state": back["state"], "iss": back["iss"], "codeVerifier": verifier}
    answer = await rest.post("/sso/auth", json=brought | {"provider": "certified"})
    api, user_id = SingleSignOnApi.of(product.app.platform), answer.json()["tokens"]["userId"]
    [first] = await api.get_tokens(user_id)

    second = await api.refresh_tokens("certified", user_id)
    third = await api.refresh_tokens("certified", user_id)

    assert len({each.access_token for each in (first, second, third)}) == 3
    assert await api.get_tokens(user_id) == [third]
    await person.leave()


async def test_a_certified_provider_refuses_a_code_with_another_verifier(rest):
    _, start = await started(rest, "certified")
    verifier, other = await started(rest, "certified")
    person = Person("emmy")
    back = await person.go(start["authorizationUrl"])

    # Somebody brings a code of another's sign-in to one of their own.
    brought = {"authCode": back["code"], "state": other["state"], "iss": back["iss"], "codeVerifier": verifier}
    answer = await rest.post("/sso/auth", json=brought | {"provider": "certified"})

    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (401, "SSO_AUTHENTICATION_FAILED")
    await person.leave()


async def test_the_gateway_refuses_what_breaks_the_rules(rest):
    answer = await rest.post("/sso/auth", json={"provider": "certified", "authCode": "c"})

    assert answer.status_code == 400
    violations = [each for detail in answer.json()["details"] for each in detail.get("fieldViolations", [])]
    assert {each["field"]: each["reason"] for each in violations} == {
        "state": "INVALID_STATE",
        "code_verifier": "INVALID_CODE_VERIFIER",
    }


async def test_somebody_signs_in_at_the_mock(product):
    client = SsoClient(product, "mock")
    begun = await client.start()
    async with httpx.AsyncClient() as browser:
        answer = await browser.post(begun.answer.authorization_url, data={"sub": "mary"})
    location = answer.headers["location"]
    assert location.startswith(REDIRECT_URI)
    back = dict(parse_qsl(urlsplit(location).query))
    request = AuthenticateSingleSignOnRequest(
        provider="mock", auth_code=back["code"], state=back["state"], code_verifier=begun.verifier
    )
    tokens = await client.finish(request)

    [account] = await accounts_of(product, tokens.user_id)
    assert (account["subject"], account["email_address"]) == ("mary", "mary@example.com")
    assert (account["first_name"], account["last_name"], account["timezone"]) == ("Mary", "Somerville", "Europe/Rome")
    assert (await refusal(client.finish(request))).reason == "SSO_AUTHENTICATION_FAILED"
