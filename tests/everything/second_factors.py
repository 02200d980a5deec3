"""Second factors: somebody who has switched them on, and what requests about them need."""

import base64
from dataclasses import dataclass, replace

from tenantry.mfa.v1 import mfa_authenticator_pb2 as types
from tenantry.mfa.v1 import mfa_service_pb2 as mfa
from tenantry.mfa.v1.mfa_service_pb2_grpc import MfaServiceStub

from server.subdomains.identity.mfa.domain import totp
from tests.everything.callers import Caller
from tests.everything.people import People, Person, metadata_of
from tests.everything.requests import Value
from tests.harness import Metadata, Running, refusal

TOTP = types.MFA_AUTHENTICATOR_TYPE_TOTP


@dataclass(frozen=True)
class Association:
    """An app that somebody has begun to associate while signing in, and what was handed out."""

    person: Person
    mfa_token: str
    secret: str
    recovery_codes: tuple[str, ...]


class SecondFactors:
    """Does with second factors what a client does."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._people = People(running)
        self._mfa = MfaServiceStub(running.channel)

    async def switch_on(self, metadata: Metadata) -> None:
        """Let signing in ask for a second factor."""
        await self._mfa.ChangeMfa(mfa.ChangeMfaRequest(is_enabled=True), metadata=metadata)

    async def person(self) -> Person:
        """Somebody who has switched them on."""
        person = await self._people.person()
        await self.switch_on(metadata_of(person))
        return person

    async def token(self, person: Person) -> str:
        """What the password gives whoever needs a second factor."""
        return (await refusal(self._people.sign_in(person.username))).metadata["mfa_token"]

    async def associate(self, person: Person) -> Association:
        """Begin to associate an app while signing in."""
        token = await self.token(person)
        request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=TOTP, mfa_token=token)
        found = (await self._mfa.AssociateMfaAuthenticator(request)).authenticator
        return Association(person, token, found.secret, tuple(found.recovery_codes))

    async def confirm(self, association: Association) -> Person:
        """Sign in with the app; the person in the new session."""
        request = mfa.ConfirmMfaAuthenticatorAssociationRequest(
            authenticator_type=TOTP, confirmation_code=self.code(association), mfa_token=association.mfa_token
        )
        answer = await self._mfa.ConfirmMfaAuthenticatorAssociation(request)
        return replace(association.person, tokens=answer.tokens)

    async def refuse(self, association: Association) -> None:
        """Give a wrong code."""
        code = f"{(int(self.code(association)) + 1) % 1_000_000:06d}"
        request = mfa.ConfirmMfaAuthenticatorAssociationRequest(
            authenticator_type=TOTP, confirmation_code=code, mfa_token=association.mfa_token
        )
        assert (await refusal(self._mfa.ConfirmMfaAuthenticatorAssociation(request))).reason == "MFA_CODE_INVALID"

    async def reset(self, person: Person, operator: Metadata) -> None:
        """Take somebody's second factors away."""
        await self._mfa.ResetMfa(mfa.ResetMfaRequest(user_id=person.user_id), metadata=operator)

    async def id_of_app(self, metadata: Metadata) -> str:
        """The id of somebody's app, a new one if need be."""
        await self.switch_on(metadata)
        request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=TOTP)
        await self._mfa.AssociateMfaAuthenticator(request, metadata=metadata)
        found = await self._mfa.ListMfaAuthenticators(mfa.ListMfaAuthenticatorsRequest(), metadata=metadata)
        return next(each.id for each in found.authenticators if each.type == TOTP)

    def code(self, association: Association) -> str:
        """What the app shows now."""
        return totp.code_at(base64.b32decode(association.secret), totp.step_of(self._running.clock()))


def second_factors(running: Running, enrolled: Caller) -> dict[str, Value]:
    """The values of requests about them: each is for a sign-in of its own, unless it is about *enrolled*."""
    factors = SecondFactors(running)
    begun: list[Association] = []

    async def off(*_: object) -> bool:
        return False

    async def kind(*_: object) -> int:
        return TOTP

    async def nothing(*_: object) -> None:
        return None

    async def token(*_: object) -> str:
        return await factors.token(await factors.person())

    async def code_to_confirm(*_: object) -> str:
        begun.append(await factors.associate(await factors.person()))
        return factors.code(begun[-1])

    async def token_of_a_new_sign_in(*_: object) -> str:
        await sign_in_again()
        return begun[-1].mfa_token

    async def recovery_code(*_: object) -> str:
        return begun[-1].recovery_codes[0]

    async def recovery(*_: object) -> int:
        return types.MFA_AUTHENTICATOR_TYPE_RECOVERY_CODES

    async def confirmed_authenticator(*_: object) -> str:
        person = await sign_in_again()
        request = mfa.ListMfaAuthenticatorsRequest()
        service = MfaServiceStub(running.channel)
        found = await service.ListMfaAuthenticators(request, metadata=metadata_of(person))
        return found.authenticators[0].id

    async def token_of_the_last(*_: object) -> str:
        return begun[-1].mfa_token

    async def sign_in_again() -> Person:
        """Somebody who has an app, and waits for a second factor once more."""
        association = await factors.associate(await factors.person())
        person = await factors.confirm(association)
        begun.append(replace(association, person=person, mfa_token=await factors.token(person)))
        return person

    async def app(*_: object) -> str:
        return await factors.id_of_app(enrolled.metadata)

    async def page_size(*_: object) -> int:
        await factors.switch_on(enrolled.metadata)
        return 0

    return {
        "ChangeMfa.is_enabled": off,
        "AssociateMfaAuthenticator.authenticator_type": kind,
        "AssociateMfaAuthenticator.mfa_token": token,
        "AssociateMfaAuthenticator.phone_number": nothing,
        "ConfirmMfaAuthenticatorAssociation.authenticator_type": kind,
        "ConfirmMfaAuthenticatorAssociation.confirmation_code": code_to_confirm,
        "ConfirmMfaAuthenticatorAssociation.mfa_token": token_of_the_last,
        "DisassociateMfaAuthenticator.id": app,
        "ListMfaAuthenticators.page_size": page_size,
        "ChallengeMfaAuthenticator.authenticator_id": confirmed_authenticator,
        "ChallengeMfaAuthenticator.mfa_token": token_of_the_last,
        "VerifyMfaAuthenticator.authenticator_type": recovery,
        "VerifyMfaAuthenticator.mfa_token": token_of_a_new_sign_in,
        "VerifyMfaAuthenticator.confirmation_code": recovery_code,
    }
