"""MFA tokens and the codes of second factors that are not good or good no longer."""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tenantry.mfa.v1 import mfa_authenticator_pb2 as types
from tenantry.mfa.v1 import mfa_service_pb2 as mfa
from tenantry.mfa.v1.mfa_service_pb2_grpc import MfaServiceStub

from tests.harness import refusal
from tests.security.forging.scene import Attempt, Scene
from tests.signed_in import Person

TOTP = types.MFA_AUTHENTICATOR_TYPE_TOTP
EMAIL = types.MFA_AUTHENTICATOR_TYPE_OOB_EMAIL
RECOVERY = types.MFA_AUTHENTICATOR_TYPE_RECOVERY_CODES
_STEP = 30


@dataclass
class Factors:
    """Somebody who signs in with an app, and has recovery codes."""

    scene: Scene
    person: Person
    service: MfaServiceStub = field(init=False)
    secret: str = ""
    recovery_codes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.service = MfaServiceStub(self.scene.server.channel)

    @classmethod
    async def turned_on(cls, scene: Scene) -> "Factors":
        """Nothing is associated yet."""
        factors = cls(scene, await scene.victim())
        await factors.service.ChangeMfa(mfa.ChangeMfaRequest(is_enabled=True), metadata=factors.person.metadata)
        return factors

    @classmethod
    async def with_app(cls, scene: Scene) -> "Factors":
        """The app is confirmed, with a code of some steps ago."""
        factors = await cls.turned_on(scene)
        await factors.confirm(await factors.associate())
        scene.wait(seconds=5 * _STEP)
        return factors

    async def half_signed_in(self) -> str:
        """The MFA token that a right password brings."""
        return (await refusal(self.scene.people.sign_in(self.person.email_address))).metadata["mfa_token"]

    async def associate(self) -> str:
        """Begin with an app; the MFA token."""
        token = await self.half_signed_in()
        request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=TOTP, mfa_token=token)
        answer = (await self.service.AssociateMfaAuthenticator(request)).authenticator
        self.secret, self.recovery_codes = answer.secret, list(answer.recovery_codes)
        return token

    async def confirm(self, token: str) -> str:
        """Complete it; the code that did."""
        code = self.shown()
        request = mfa.ConfirmMfaAuthenticatorAssociationRequest(
            authenticator_type=TOTP, mfa_token=token, confirmation_code=code
        )
        await self.service.ConfirmMfaAuthenticatorAssociation(request)
        return code

    async def verify(self, token: str, code: str) -> None:
        """Sign in with a code of the app or a recovery code."""
        kind = RECOVERY if code in self.recovery_codes else TOTP
        request = mfa.VerifyMfaAuthenticatorRequest(authenticator_type=kind, mfa_token=token, confirmation_code=code)
        await self.service.VerifyMfaAuthenticator(request)

    def shown(self, steps_ago: int = 0) -> str:
        """What the app shows, or has shown."""
        return totp(self.secret, self.scene.server.clock(), -steps_ago)

    async def mailed(self) -> str:
        """The newest code that was mailed."""
        mails = await self.scene.server.queued("emails", f'"ToEmailAddress":"{self.person.email_address}"')
        body = next(json.loads(mail)["Html"]["Body"] for mail in reversed(mails) if "#code=" in mail)
        return str(body.partition("#code=")[2][:6])

    async def with_mail(self) -> tuple[str, str]:
        """Associate the mail as well; the handle and the code that did."""
        request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=EMAIL)
        metadata = self.person.metadata
        answer = await self.service.AssociateMfaAuthenticator(request, metadata=metadata)
        handle, code = answer.authenticator.oob_code, await self.mailed()
        await self.service.ConfirmMfaAuthenticatorAssociation(
            mfa.ConfirmMfaAuthenticatorAssociationRequest(
                authenticator_type=EMAIL, confirmation_code=code, oob_code=handle
            ),
            metadata=metadata,
        )
        return handle, code

    async def challenge(self, token: str) -> tuple[str, str]:
        """Have a code mailed; its handle, and the code."""
        listed = await self.service.ListMfaAuthenticators(
            mfa.ListMfaAuthenticatorsRequest(), metadata=(("x-mfa-token", token),)
        )
        [mail] = [each for each in listed.authenticators if each.type == EMAIL]
        request = mfa.ChallengeMfaAuthenticatorRequest(authenticator_id=mail.id, mfa_token=token)
        answer = (await self.service.ChallengeMfaAuthenticator(request)).challenge
        return answer.oob_code, await self.mailed()


def totp(secret: str, now: datetime, steps: int = 0) -> str:
    """RFC 6238, written again here: a mistake of the server's is not made twice."""
    counter = int(now.timestamp()) // _STEP + steps
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8), hashlib.sha1)
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def other(code: str) -> str:
    """Another code of the same form."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def answer(kind: int, token: str, code: str, handle: str = "") -> Attempt:
    """What VerifyMfaAuthenticator is asked."""
    fields: dict[str, Any] = {"authenticator_type": kind, "mfa_token": token, "confirmation_code": code}
    return Attempt(fields | ({"oob_code": handle} if handle else {}))


def by_app(make: Callable[[Factors], Awaitable[Attempt]]) -> Callable[[Scene], Awaitable[Attempt]]:
    """A forgery against somebody who has an app."""

    async def made(scene: Scene) -> Attempt:
        return await make(await Factors.with_app(scene))

    return made
