"""
A person signs up and in with second factors, by REST through the gateway, as a web page does.

Nothing is asked of the server but what a browser could ask: mails and SMS are read where they arrive.
"""

import base64
import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from server.subdomains.identity.mfa.domain import totp
from tests.everything.conftest import run_folder
from tests.everything.world import standing_gateway
from tests.harness import Running
from tests.signed_in import PASSWORD, whole_server

__all__ = ["run_folder"]

TOTP, SMS, RECOVERY = (f"MFA_AUTHENTICATOR_TYPE_{name}" for name in ("TOTP", "OOB_SMS", "RECOVERY_CODES"))
PHONE = "+6421300099"


@pytest_asyncio.fixture(scope="module")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with whole_server(postgres, f"{database_name}_second_factors") as found:
        yield found


@pytest_asyncio.fixture(scope="module")
async def web(server: Running, run_folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with standing_gateway(server.port, run_folder / "second-factors") as ways:
        yield ways.client


class Browser:
    """Somebody at a web page."""

    def __init__(self, web: httpx.AsyncClient, server: Running) -> None:
        self._web = web
        self._server = server
        self.address = f"ana.{uuid.uuid4().hex[:12]}@example.com"

    async def ask(self, verb: str, path: str, body: Any = None, *, status: int = 200, **headers: str) -> Any:
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


async def test_a_person_signs_in_with_an_app_a_number_and_a_recovery_code(
    web: httpx.AsyncClient, server: Running
) -> None:
    browser = Browser(web, server)
    ask = browser.ask
    mfa = "/credentials/mfa"

    # Sign up, sign in, switch it on.
    await browser.sign_up()
    session = bearer(await browser.sign_in())
    assert not (await ask("GET", "/users/me", **session))["identity"]["isMfaEnabled"]
    assert (await ask("PUT", mfa, {"isEnabled": True}, **session))["credential"]["isMfaEnabled"]
    assert (await ask("GET", "/users/me", **session))["identity"]["isMfaEnabled"]

    # The next sign-in associates an app. A path takes the type as REST writes it.
    token = await browser.begin()
    assert (await ask("GET", f"{mfa}/authenticators", x_mfa_token=token))["authenticators"] == []
    body = {"authenticatorType": TOTP, "mfaToken": token}
    app = (await ask("POST", f"{mfa}/authenticators", body))["authenticator"]
    assert app["barCodeUri"].startswith("otpauth://totp/")
    assert app["barCodeSvg"].startswith("<svg")
    assert "oobCode" not in app
    assert len(app["recoveryCodes"]) == 10
    code = browser.code(app["secret"])
    body = {"confirmationCode": code, "mfaToken": token}
    confirmed = await ask("PUT", f"{mfa}/authenticators/mfa-authenticator-type-totp/confirm", body)
    assert [each["type"] for each in confirmed["authenticators"]] == [RECOVERY, TOTP]
    assert (await ask("GET", "/users/me", **bearer(confirmed["tokens"])))["identity"]["isMfaEnabled"]

    # The one after that verifies. The code that has confirmed it is no longer good.
    token = await browser.begin()
    verify = f"{mfa}/authenticators/{TOTP}/verify"
    refused = await ask("PATCH", verify, {"confirmationCode": code, "mfaToken": token}, status=401)
    assert reason(refused) == "MFA_CODE_INVALID"
    body = {"confirmationCode": browser.code(app["secret"]), "mfaToken": token}
    session = bearer((await ask("PUT", verify, body))["tokens"])
    assert reason(await ask("PUT", verify, body, status=401)) == "MFA_TOKEN_INVALID"

    # Signed in, a number besides.
    body = {"authenticatorType": SMS, "phoneNumber": "+64 21 300 099"}
    number = (await ask("POST", f"{mfa}/authenticators", body, **session))["authenticator"]
    assert "recoveryCodes" not in number or number["recoveryCodes"] == []
    body = {"confirmationCode": await sent_code(server), "oobCode": number["oobCode"]}
    await ask("PATCH", f"{mfa}/authenticators/{SMS}/confirm", body, **session)

    # Sign in with it: the authenticator is found by the list, challenged, and answered.
    token = await browser.begin()
    found = (await ask("GET", f"{mfa}/authenticators", x_mfa_token=token))["authenticators"]
    assert [each["isActive"] for each in found] == [True, True, True]
    id = next(each["id"] for each in found if each["type"] == SMS)
    challenged = await ask("PUT", f"{mfa}/authenticators/{id}/challenge", {"mfaToken": token})
    assert challenged["challenge"]["type"] == SMS
    body = {
        "mfaToken": token,
        "confirmationCode": await sent_code(server),
        "oobCode": challenged["challenge"]["oobCode"],
    }
    await ask("PUT", f"{mfa}/authenticators/mfa-authenticator-type-oob-sms/verify", body)

    # Everything is lost but a recovery code; then the app and the number go, and at last all of it.
    body = {"mfaToken": await browser.begin(), "confirmationCode": app["recoveryCodes"][3].upper()}
    session = bearer((await ask("PUT", f"{mfa}/authenticators/{RECOVERY}/verify", body))["tokens"])
    await ask("DELETE", f"{mfa}/authenticators/{id}", **session)
    left = await ask("GET", f"{mfa}/authenticators", **session)
    assert [each["type"] for each in left["authenticators"]] == [RECOVERY, TOTP]
    assert not (await ask("PATCH", mfa, {"isEnabled": False}, **session))["credential"]["isMfaEnabled"]
    assert bearer(await browser.sign_in())


@pytest.mark.parametrize("kind", ["totp", "MFA_AUTHENTICATOR_TYPE_NONSENSE", "mfa-authenticator-type-unspecified", "0"])
async def test_a_type_that_there_is_not_is_refused(web: httpx.AsyncClient, server: Running, kind: str) -> None:
    body = {"confirmationCode": "123456", "mfaToken": "A" * 43}

    refused = await Browser(web, server).ask("PUT", f"/credentials/mfa/authenticators/{kind}/verify", body, status=400)

    assert reason(refused) in ("VALIDATION_FAILED", "MALFORMED_REQUEST")


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    """Tokens as the header that is sent."""
    return {"authorization": f"Bearer {tokens['accessToken']['value']}"}


def reason(status: dict[str, Any]) -> str:
    """Why a call was refused."""
    return str(status["details"][0]["reason"])


async def sent_code(server: Running) -> str:
    """The code of the last SMS."""
    return str(re.findall(r"code (\d{6}) ", (await server.queued("sms", f'"{PHONE}"'))[-1])[0])
