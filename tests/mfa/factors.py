"""People with second factors, as clients have them, and the codes that they get."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from google.protobuf.message import Message
from tenantry.mfa.v1 import mfa_authenticator_pb2 as types
from tenantry.mfa.v1 import mfa_service_pb2 as mfa
from tenantry.mfa.v1.mfa_service_pb2_grpc import MfaServiceStub

from server.kernel import ids
from server.subdomains.identity.mfa.domain import totp
from tests.harness import Metadata, Running, refusal
from tests.signed_in import PASSWORD, People, Person

RECOVERY, SMS = types.MFA_AUTHENTICATOR_TYPE_RECOVERY_CODES, types.MFA_AUTHENTICATOR_TYPE_OOB_SMS
EMAIL, TOTP = types.MFA_AUTHENTICATOR_TYPE_OOB_EMAIL, types.MFA_AUTHENTICATOR_TYPE_TOTP
PHONE = "+6421300033"
_CODE = re.compile(r"\b(\d{6})\b")


@dataclass
class Enrolled:
    """Somebody who has authenticators, and what they have been given of them."""

    person: Person
    handed_out: dict[int, Any] = field(default_factory=dict)
    recovery_codes: Sequence[str] = ()

    @property
    def secret(self) -> str:
        """The secret of the authenticator app."""
        return str(self.handed_out[TOTP].secret)


class Factors:
    """Does with second factors what a client does."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self.people = People(server)
        self.service = MfaServiceStub(server.channel)

    async def switch(self, person: Person, *, is_enabled: bool = True) -> Any:
        """Let signing in ask for a second factor, or no more; the credential."""
        request = mfa.ChangeMfaRequest(is_enabled=is_enabled)
        return (await self.service.ChangeMfa(request, metadata=person.metadata)).credential

    async def person(self) -> Person:
        """Somebody who has switched second factors on, and is signed in."""
        person = await self.people.person()
        await self.switch(person)
        return person

    async def token(self, person: Person, password: str = PASSWORD) -> str:
        """What signing in with the password gives whoever needs a second factor."""
        refused = await refusal(self.people.sign_in(person.email_address, password))
        assert refused.reason == "MFA_REQUIRED", refused
        return refused.metadata["mfa_token"]

    async def associate(
        self, kind: int, mfa_token: str = "", metadata: Metadata = (), phone_number: str = ""
    ) -> types.MfaAuthenticatorAssociation:
        """Begin to associate an authenticator."""
        request = mfa.AssociateMfaAuthenticatorRequest(
            authenticator_type=kind,  # type: ignore[arg-type]
            mfa_token=mfa_token,
            phone_number=phone_number or (PHONE if kind == SMS else ""),
        )
        return (await self.service.AssociateMfaAuthenticator(request, metadata=metadata)).authenticator

    async def confirm(
        self, kind: int, code: str, mfa_token: str = "", metadata: Metadata = (), **more: str
    ) -> mfa.ConfirmMfaAuthenticatorAssociationResponse:
        """Complete an association."""
        request = mfa.ConfirmMfaAuthenticatorAssociationRequest(
            authenticator_type=kind,  # type: ignore[arg-type]
            confirmation_code=code,
            mfa_token=mfa_token,
            **more,
        )
        return await self.service.ConfirmMfaAuthenticatorAssociation(request, metadata=metadata)

    async def challenge(self, mfa_token: str, authenticator_id: str, metadata: Metadata = ()) -> Any:
        """Have an authenticator ask for a code."""
        request = mfa.ChallengeMfaAuthenticatorRequest(mfa_token=mfa_token, authenticator_id=authenticator_id)
        return (await self.service.ChallengeMfaAuthenticator(request, metadata=metadata)).challenge

    async def verify(self, kind: int, code: str, mfa_token: str, metadata: Metadata = (), **more: str) -> Any:
        """Sign in with a code; the tokens."""
        request = mfa.VerifyMfaAuthenticatorRequest(
            authenticator_type=kind,  # type: ignore[arg-type]
            confirmation_code=code,
            mfa_token=mfa_token,
            **more,
        )
        return (await self.service.VerifyMfaAuthenticator(request, metadata=metadata)).tokens

    async def disassociate(self, person: Person, authenticator_id: str) -> None:
        """Remove an authenticator."""
        request = mfa.DisassociateMfaAuthenticatorRequest(id=authenticator_id)
        await self.service.DisassociateMfaAuthenticator(request, metadata=person.metadata)

    async def listed(self, metadata: Metadata) -> list[types.MfaAuthenticator]:
        """All authenticators."""
        found = await self.service.ListMfaAuthenticators(mfa.ListMfaAuthenticatorsRequest(), metadata=metadata)
        return list(found.authenticators)

    async def id_of(self, person: Person, kind: int) -> str:
        """The id of somebody's authenticator of a kind."""
        return next(each.id for each in await self.listed(person.metadata) if each.type == kind)

    async def enrolled(self, *kinds: int) -> Enrolled:
        """Somebody signed in who has confirmed authenticators of these kinds. The next code of an app is still good."""
        found = Enrolled(await self.person())
        for kind in kinds or (TOTP,):
            given = await self.associate(kind, metadata=found.person.metadata)
            found.handed_out[kind] = given
            found.recovery_codes = found.recovery_codes or list(given.recovery_codes)
            code = self.app_code(given.secret) if kind == TOTP else await self.sent_code(found.person, kind)
            await self.confirm(kind, code, metadata=found.person.metadata, oob_code=given.oob_code)
        self._server.clock.advance(timedelta(seconds=totp.STEP_SECONDS))
        return found

    def app_code(self, secret: str, *, steps: int = 0) -> str:
        """What an authenticator app shows now, or so many steps later."""
        key = base64.b32decode(secret)
        return totp.code_at(key, totp.step_of(self._server.clock()) + steps)

    async def sent_code(self, person: Person, kind: int) -> str:
        """The last code that was sent to somebody."""
        queue, to = ("sms", PHONE) if kind == SMS else ("emails", person.email_address)
        sent = [text for text in await self.sent(queue, to) if _CODE.search(text)]
        return str(_CODE.findall(sent[-1])[0])

    async def sent(self, queue: str, to: str) -> list[str]:
        """The bodies of all messages of second factors to a number or an address, in their order."""
        bodies = [json.loads(text) for text in await self._server.queued(queue, f'"{to}"')]
        contents = [body.get("Message") or body.get("Html") for body in bodies]
        return [content["Body"] for content in contents if "mfa" in content["Tags"]]

    async def row(self, person: Person) -> Any:
        """What is stored of somebody."""
        sql = "SELECT * FROM mfa.person_mfa WHERE credential_id = $1"
        [row] = await self._server.rows(sql, ids.decode("cred", person.credential_id))
        return row

    async def state(self, person: Person, kind: str) -> str | None:
        """How far somebody's authenticator of a kind has come."""
        sql = "SELECT state FROM mfa.authenticator WHERE credential_id = $1 AND type = $2"
        rows = await self._server.rows(sql, ids.decode("cred", person.credential_id), kind)
        return rows[0]["state"] if rows else None

    async def events(self, person: Person) -> list[str]:
        """What has happened to somebody's second factors, in order."""
        sql = "SELECT name FROM kernel.event WHERE aggregate_type = 'PersonCredentialMfa' AND aggregate_id = $1"
        rows = await self._server.rows(f"{sql} ORDER BY version", ids.decode("cred", person.credential_id))
        return [row["name"].removeprefix("mfa.person_credential_mfa_").removesuffix(".v1") for row in rows]

    async def audits(self, person: Person) -> list[str]:
        """The codes of the audits of second factors against somebody, in order."""
        texts = await self._server.queued("audits", f'"AgainstId":"{person.user_id}"')
        codes = [json.loads(text)["AuditCode"] for text in texts]
        return [code.removeprefix("Authentication.Password.Mfa.") for code in codes if ".Mfa." in code]

    async def usages(self, person: Person, event_name: str) -> list[dict[str, str]]:
        """The properties of somebody's usages of a name, in order."""
        found = [json.loads(text) for text in await self._server.queued("usages", person.user_id)]
        made = ("CallId", "Component", "DefaultOrganizationId")
        return [
            {name: value for name, value in each["Additional"].items() if name not in made}
            for each in found
            if each["EventName"] == event_name
        ]


def wrong(code: str) -> str:
    """Another code of six digits."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def with_token(mfa_token: str) -> Metadata:
    """An MFA token as ListMfaAuthenticators takes it."""
    return (("x-mfa-token", mfa_token),)


def of(message: Message) -> dict[str, Any]:
    """The fields of a message that have a value."""
    return {each.name: value for each, value in message.ListFields()}
