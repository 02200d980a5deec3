"""The client signs people in at a real server: with second factors, and with accounts elsewhere."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from aiohttp import web
from tenantry.mfa.v1 import mfa_authenticator_pb2 as mfa
from tenantry.mfa.v1.mfa_service_pb2 import ChangeMfaRequest

from server.kernel.clock import system_clock
from tenantry_client import (
    FailedPrecondition,
    InvalidArgument,
    MfaRequired,
    SignOnFailed,
    Tenantry,
    TenantrySync,
    Unauthenticated,
    Unavailable,
)
from tests.harness import Running
from tests.security.forging.factors import other, totp
from tests.signed_in import PASSWORD, People, Person, whole_server
from tests.single_sign_on.clients import claims_of
from tests.single_sign_on.issuer import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Browser, Issuer, standing

EXAMPLES = Path(__file__).resolve().parents[3] / "clients" / "python" / "examples"


@pytest_asyncio.fixture(scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    """A provider that people may sign in at."""
    found = Issuer(gives_iss=True)
    async with standing(found):
        yield found


@pytest_asyncio.fixture(scope="module")
async def whole(postgres: str, database_name: str, issuer: Issuer) -> AsyncIterator[Running]:
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT_URI}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TENANTRY_SSO_PROVIDERS", json.dumps([{"name": "acme", "issuer": issuer.url, **client}]))
        async with whole_server(postgres, f"{database_name}_signing_in") as found:
            yield found


@pytest_asyncio.fixture
async def client(whole: Running) -> AsyncIterator[Tenantry]:
    async with Tenantry(f"127.0.0.1:{whole.port}") as found:
        yield found


@pytest_asyncio.fixture
async def person(whole: Running) -> Person:
    """Somebody who has to use a second factor from now on."""
    found = await People(whole).person()
    async with Tenantry(f"127.0.0.1:{whole.port}") as own:
        await own.sign_in(found.email_address, PASSWORD)
        await own.mfa.ChangeMfa(ChangeMfaRequest(is_enabled=True))
    return found


async def required(client: Tenantry, person: Person) -> MfaRequired:
    """What the right password is answered with."""
    with pytest.raises(MfaRequired) as refused:
        await client.sign_in(person.email_address, PASSWORD)
    return refused.value


async def amr(client: Tenantry) -> list[str]:
    """How the client's session was opened."""
    sessions = (await client.auth_tokens.ListSessions()).sessions
    return next(list(session.amr) for session in sessions if session.is_current)


async def test_a_first_authenticator_is_associated_and_signs_in(client: Tenantry, person: Person) -> None:
    second_factor = client.second_factor(await required(client, person))
    assert list(await second_factor.authenticators()) == []

    association = await second_factor.associate(mfa.MFA_AUTHENTICATOR_TYPE_TOTP)
    tokens = await second_factor.confirm(association, totp(association.secret, system_clock()))

    assert tokens.user_id == person.user_id
    assert await amr(client) == ["pwd", "otp", "mfa"]


async def test_a_code_that_is_sent_signs_in(whole: Running, client: Tenantry, person: Person) -> None:
    first = client.second_factor(await required(client, person))
    association = await first.associate(mfa.MFA_AUTHENTICATOR_TYPE_OOB_EMAIL)
    await first.confirm(association, await mailed_code(whole, person))
    await client.sign_out()

    later = client.second_factor((await required(client, person)).mfa_token)
    authenticators = await later.authenticators()
    [mail] = [each for each in authenticators if each.type == mfa.MFA_AUTHENTICATOR_TYPE_OOB_EMAIL]
    challenge = await later.challenge(mail)
    with pytest.raises(Unauthenticated, match="MFA_CODE_INVALID"):
        await later.verify(challenge, other(await mailed_code(whole, person)))
    await later.verify(challenge, await mailed_code(whole, person))

    assert await amr(client) == ["pwd", "email", "mfa"]


async def test_without_asyncio_it_is_the_same(whole: Running, person: Person) -> None:
    def sign_in() -> tuple[str, str]:
        with TenantrySync(f"127.0.0.1:{whole.port}") as client:
            with pytest.raises(MfaRequired) as refused:
                client.sign_in(person.email_address, PASSWORD)
            second_factor = client.second_factor(refused.value)
            association = second_factor.associate(mfa.MFA_AUTHENTICATOR_TYPE_TOTP)
            second_factor.confirm(association, totp(association.secret, system_clock()))
            client.sign_out()

            with pytest.raises(MfaRequired) as again:
                client.sign_in(person.email_address, PASSWORD)
            second_factor = client.second_factor(again.value)
            codes = second_factor.authenticators()[0]
            second_factor.challenge(codes)
            second_factor.verify(codes, association.recovery_codes[0])
            return person.user_id, client.identities.GetIdentity().identity.id

    signed_in, seen = await asyncio.to_thread(sign_in)

    assert signed_in == seen


async def test_the_token_of_half_a_sign_in_is_in_no_text(client: Tenantry, person: Person) -> None:
    refused = await required(client, person)

    assert len(refused.mfa_token) == 43
    assert refused.mfa_token not in f"{refused!r} {refused}"


async def test_an_account_elsewhere_signs_in(client: Tenantry, issuer: Issuer) -> None:
    started = await client.start_single_sign_on("acme")
    browser = await issuer.visit(started.authorization_url, **claims_of())

    tokens = await client.finish_single_sign_on(started, returned(browser))

    assert (await client.identities.GetIdentity()).identity.id == tokens.user_id
    assert await amr(client) == ["fed"]


async def test_without_asyncio_an_account_elsewhere_signs_in_too(whole: Running, issuer: Issuer) -> None:
    with TenantrySync(f"127.0.0.1:{whole.port}") as client:
        started = await asyncio.to_thread(client.start_single_sign_on, "acme")
        browser = await issuer.visit(started.authorization_url, **claims_of())
        tokens = await asyncio.to_thread(client.finish_single_sign_on, started, returned(browser))
        identity = (await asyncio.to_thread(client.identities.GetIdentity)).identity

    assert identity.id == tokens.user_id


async def test_a_provider_that_is_away_is_told_as_such(client: Tenantry, issuer: Issuer) -> None:
    """It is not asked again: the sign-in is used up, and the second answer would be another one."""

    async def is_away(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    started = await client.start_single_sign_on("acme")
    browser = await issuer.visit(started.authorization_url, **claims_of())
    issuer.instead["/token"] = is_away
    try:
        with pytest.raises(Unavailable, match="SSO_PROVIDER_UNAVAILABLE"):
            await client.finish_single_sign_on(started, returned(browser))
    finally:
        issuer.restore()


async def test_whoever_is_new_may_have_to_accept_the_terms_first(whole: Running, issuer: Issuer) -> None:
    with TenantrySync(f"127.0.0.1:{whole.port}") as client:
        started = await asyncio.to_thread(client.start_single_sign_on, "acme")
        address = returned(await issuer.visit(started.authorization_url, **claims_of()))
        with pytest.raises(FailedPrecondition, match="TERMS_NOT_ACCEPTED"):
            await asyncio.to_thread(client.finish_single_sign_on, started, address, terms_and_conditions_accepted=False)


async def test_an_invitation_goes_along(client: Tenantry, issuer: Issuer) -> None:
    started = await client.start_single_sign_on("acme")
    browser = await issuer.visit(started.authorization_url, **claims_of())

    with pytest.raises(InvalidArgument) as refused:
        await client.finish_single_sign_on(started, returned(browser), invitation_token=f"ti1_{'t' * 60}")

    assert [violation.reason for violation in refused.value.field_violations] == ["WRONG_INVITATION_KIND"]


async def test_the_example_signs_in_with_what_the_browser_brings(whole: Running, issuer: Issuer) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLES / "single_sign_on.py"),
        "acme",
        f"127.0.0.1:{whole.port}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == b"Open\n"
        browser = await issuer.visit((await process.stdout.readline()).decode().strip(), **claims_of())
        said, _ = await process.communicate(f"{returned(browser)}\n".encode())

    assert b"signed in user_" in said


async def test_a_browser_that_somebody_else_has_sent_signs_nobody_in(client: Tenantry, issuer: Issuer) -> None:
    own, attackers = await client.start_single_sign_on("acme"), await client.start_single_sign_on("acme")
    browser = await issuer.visit(attackers.authorization_url, **claims_of())

    with pytest.raises(SignOnFailed):
        await client.finish_single_sign_on(own, returned(browser))

    assert client.tokens is None


async def test_whoever_signs_in_anew_leaves_no_session_behind(whole: Running, client: Tenantry) -> None:
    person = await People(whole).person()
    first = await client.sign_in(person.email_address, PASSWORD)

    second = await client.sign_in(person.email_address, PASSWORD)

    live = {session.id for session in (await client.auth_tokens.ListSessions()).sessions}
    assert second.session_id in live
    assert first.session_id not in live


async def mailed_code(whole: Running, person: Person) -> str:
    """The code of the newest mail."""
    mails = await whole.queued("emails", f'"ToEmailAddress":"{person.email_address}"')
    body = next(json.loads(mail)["Html"]["Body"] for mail in reversed(mails) if "#code=" in mail)
    return str(body.partition("#code=")[2][:6])


def returned(browser: Browser) -> str:
    """The address at which the browser ends."""
    query = {"code": browser.code, "state": browser.state, "iss": browser.iss}
    return f"{REDIRECT_URI}?{urlencode(query)}"
