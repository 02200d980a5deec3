"""
A person signs up and in with second factors, by REST through the gateway, as a web page does.

Nothing is asked of the server but what a browser could ask: mails and SMS are read where they arrive.
"""

import base64
import re
import tempfile
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from server.subdomains.identity.mfa.domain import totp
from tests.everything.world import standing_gateway
from tests.harness import Running
from tests.signed_in import PASSWORD, whole_server

TOTP, SMS, RECOVERY = (f"MFA_AUTHENTICATOR_TYPE_{name}" for name in ("TOTP", "OOB_SMS", "RECOVERY_CODES"))
PHONE = "+6421300099"
MFA = "/credentials/mfa"


@pytest_asyncio.fixture(scope="module")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with whole_server(postgres, f"{database_name}_second_factors") as found:
        yield found


@pytest_asyncio.fixture(scope="module")
async def web(server: Running) -> AsyncIterator[httpx.AsyncClient]:
    # A folder with a path short enough for sockets.
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        async with standing_gateway(server.port, Path(folder)) as ways:
            yield ways.client


class Browser:
    """Somebody at a web page."""

    def __init__(self, web: httpx.AsyncClient, server: Running) -> None:
        self._web = web
        self._server = server
        self.address = f"ana.{uuid.uuid4().hex[:12]}@example.com"

    async def ask(self, verb: str, path: str, body: Any = None, *, status: int = 200, **headers: Any) -> Any:
        """What a call answers; headers by their names with underscores."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self._web.request(verb, path, json=body, headers=given)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def sign_up(self) -> None:
        """Register and follow the link of the mail."""
        person = {"firstName": "Ana", "lastName": "Silva", "emailAddress": self.address, "password": PASSWORD}
        await self.ask("POST", "/credentials/register", person | {"termsAndConditionsAccepted": True})
        [mail] = await self._server.queued("emails", self.address)
        token = re.findall(r"#token=([A-Za-z0-9_-]{43})", mail)[0]
        await self.ask("POST", "/credentials/confirm-registration", {"token": token})

    async def sign_in(self) -> dict[str, Any]:
        """Give the password; the tokens."""
        answer = await self.ask("POST", "/credentials/auth", {"username": self.address, "password": PASSWORD})
        tokens: dict[str, Any] = answer["tokens"]
        return tokens

    async def begin(self) -> str:
        """Give the password where a second factor is to follow; the MFA token."""
        body = {"username": self.address, "password": PASSWORD}
        status = await self.ask("POST", "/credentials/auth", body, status=403)
        [info] = [each for each in status["details"] if each.get("reason")]
        assert info["reason"] == "MFA_REQUIRED"
        token: str = info["metadata"]["mfa_token"]
        return token

    def code(self, secret: str) -> str:
        """What the app shows at the next step: each is good once."""
        self._server.clock.advance(timedelta(seconds=totp.STEP_SECONDS))
        return totp.code_at(base64.b32decode(secret), totp.step_of(self._server.clock()))

    async def sent_code(self) -> str:
        """The code of the last SMS."""
        return str(re.findall(r"code (\d{6}) ", (await self._server.queued("sms", f'"{PHONE}"'))[-1])[0])


async def test_a_person_signs_in_with_an_app_a_number_and_a_recovery_code(
    web: httpx.AsyncClient, server: Running
) -> None:
    browser = Browser(web, server)
    await browser.sign_up()
    await switch_on(browser)

    app = await sign_in_by_associating_an_app(browser)
    session = await sign_in_with_the_app(browser, app["secret"])
    await associate_a_number(browser, session)
    await sign_in_with_the_number(browser)
    session = await sign_in_with_a_recovery_code(browser, app["recoveryCodes"][3])
    await do_without(browser, session)

    assert bearer(await browser.sign_in()), "the password is enough again"


async def switch_on(browser: Browser) -> None:
    session = bearer(await browser.sign_in())
    assert not (await browser.ask("GET", "/users/me", **session))["identity"]["isMfaEnabled"]

    changed = await browser.ask("PUT", MFA, {"isEnabled": True}, **session)

    assert changed["credential"]["isMfaEnabled"]
    assert (await browser.ask("GET", "/users/me", **session))["identity"]["isMfaEnabled"]


async def sign_in_by_associating_an_app(browser: Browser) -> dict[str, Any]:
    """The first sign-in with a second factor. A path takes the type as REST writes it."""
    token = await browser.begin()
    assert (await browser.ask("GET", f"{MFA}/authenticators", x_mfa_token=token))["authenticators"] == []
    body = {"authenticatorType": TOTP, "mfaToken": token}
    app: dict[str, Any] = (await browser.ask("POST", f"{MFA}/authenticators", body))["authenticator"]
    assert app["barCodeUri"].startswith("otpauth://totp/")
    assert app["barCodeSvg"].startswith("<svg")
    assert "oobCode" not in app
    assert len(app["recoveryCodes"]) == 10

    code = browser.code(app["secret"])
    body = {"confirmationCode": code, "mfaToken": token}
    confirmed = await browser.ask("PUT", f"{MFA}/authenticators/mfa-authenticator-type-totp/confirm", body)

    assert [each["type"] for each in confirmed["authenticators"]] == [RECOVERY, TOTP]
    assert await browser.ask("GET", "/users/me", **bearer(confirmed["tokens"]))
    body = {"confirmationCode": code, "mfaToken": await browser.begin()}
    again = await browser.ask("PATCH", f"{MFA}/authenticators/{TOTP}/verify", body, status=401)
    assert reason(again) == "MFA_CODE_INVALID", "what has confirmed it does not sign in"
    return app


async def sign_in_with_the_app(browser: Browser, secret: str) -> dict[str, Any]:
    verify = f"{MFA}/authenticators/{TOTP}/verify"
    body = {"confirmationCode": browser.code(secret), "mfaToken": await browser.begin()}

    session = bearer((await browser.ask("PUT", verify, body))["tokens"])

    assert reason(await browser.ask("PUT", verify, body, status=401)) == "MFA_TOKEN_INVALID"
    return session


async def associate_a_number(browser: Browser, session: dict[str, Any]) -> None:
    """Signed in, besides the app."""
    body = {"authenticatorType": SMS, "phoneNumber": "+64 21 300 099"}
    number = (await browser.ask("POST", f"{MFA}/authenticators", body, **session))["authenticator"]
    assert number["recoveryCodes"] == []

    body = {"confirmationCode": await browser.sent_code(), "oobCode": number["oobCode"]}
    await browser.ask("PATCH", f"{MFA}/authenticators/{SMS}/confirm", body, **session)


async def sign_in_with_the_number(browser: Browser) -> None:
    """The authenticator is found by the list, challenged, and answered."""
    token = await browser.begin()
    found = (await browser.ask("GET", f"{MFA}/authenticators", x_mfa_token=token))["authenticators"]
    assert [each["isActive"] for each in found] == [True, True, True]
    id = next(each["id"] for each in found if each["type"] == SMS)

    challenge = (await browser.ask("PUT", f"{MFA}/authenticators/{id}/challenge", {"mfaToken": token}))["challenge"]
    body = {"mfaToken": token, "confirmationCode": await browser.sent_code(), "oobCode": challenge["oobCode"]}
    await browser.ask("PUT", f"{MFA}/authenticators/mfa-authenticator-type-oob-sms/verify", body)


async def sign_in_with_a_recovery_code(browser: Browser, code: str) -> dict[str, Any]:
    body = {"mfaToken": await browser.begin(), "confirmationCode": code.upper()}
    return bearer((await browser.ask("PUT", f"{MFA}/authenticators/{RECOVERY}/verify", body))["tokens"])


async def do_without(browser: Browser, session: dict[str, Any]) -> None:
    """The number goes, and at last all of it."""
    found = (await browser.ask("GET", f"{MFA}/authenticators", **session))["authenticators"]
    id = next(each["id"] for each in found if each["type"] == SMS)
    await browser.ask("DELETE", f"{MFA}/authenticators/{id}", **session)
    left = (await browser.ask("GET", f"{MFA}/authenticators", **session))["authenticators"]
    assert [each["type"] for each in left] == [RECOVERY, TOTP]

    changed = await browser.ask("PATCH", MFA, {"isEnabled": False}, **session)
    assert not changed["credential"]["isMfaEnabled"]


@pytest.mark.parametrize("kind", ["totp", "MFA_AUTHENTICATOR_TYPE_NONSENSE", "mfa-authenticator-type-unspecified", "0"])
async def test_a_type_that_there_is_not_is_refused(web: httpx.AsyncClient, server: Running, kind: str) -> None:
    body = {"confirmationCode": "123456", "mfaToken": "A" * 43}

    refused = await Browser(web, server).ask("PUT", f"/credentials/mfa/authenticators/{kind}/verify", body, status=400)

    assert reason(refused) in ("VALIDATION_FAILED", "MALFORMED_REQUEST")


def bearer(tokens: dict[str, Any]) -> dict[str, Any]:
    """Tokens as the header that is sent."""
    return {"authorization": f"Bearer {tokens['accessToken']['value']}"}


def reason(status: dict[str, Any]) -> str:
    """Why a call was refused."""
    return str(status["details"][0]["reason"])
