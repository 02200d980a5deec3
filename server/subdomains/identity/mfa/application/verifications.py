"""Signing in with an authenticator: it is challenged, and answered with a code."""

from dataclasses import dataclass, field

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.errors import Refusal
from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.auth_tokens.api import Tokens
from server.subdomains.identity.mfa.application.entrance import Claim, Entrance
from server.subdomains.identity.mfa.application.proofs import Answer, Proofs
from server.subdomains.identity.mfa.codes import Codes
from server.subdomains.identity.mfa.domain.authenticator import AuthenticatorType, MfaAuthenticator
from server.subdomains.identity.mfa.domain.person_mfa import PersonMfa
from server.subdomains.identity.mfa.errors import MfaNotConfirmed
from server.subdomains.identity.mfa.repository import PersonMfaRepository
from server.subdomains.identity.mfa.sending import CodeSender
from server.subdomains.user_profiles.api import UserProfilesApi


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was challenged, and the handle of a code that was sent."""

    type: AuthenticatorType
    oob_code: str | None = field(default=None, repr=False)


class Verifications:
    """Challenges authenticators, and lets those in who answer rightly."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        secrets: SecretKeys,
        entrance: Entrance,
        proofs: Proofs,
        sender: CodeSender,
        profiles: UserProfilesApi,
        usages: UsagesApi,
        now: Clock,
    ) -> None:
        self._begin = begin
        self._codes = Codes(secrets)
        self._entrance = entrance
        self._proofs = proofs
        self._sender = sender
        self._profiles = profiles
        self._usages = usages
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "Verifications":
        return cls(
            begin=platform.begin,
            secrets=platform.secrets,
            entrance=platform.shared(Entrance.of),
            proofs=Proofs.of(platform),
            sender=CodeSender.of(platform),
            profiles=UserProfilesApi.of(platform),
            usages=UsagesApi.of(platform),
            now=platform.clock,
        )

    async def challenge(self, claim: Claim, *, authenticator_id: str) -> Challenge:
        """Have an authenticator ask for a code. Those that are sent are sent."""
        async with self._entrance.turn(claim) as user_id, self._begin() as uow:
            person = await self._entrance.enter(uow, claim, user_id)
            authenticator = person.get(authenticator_id)
            if not authenticator.is_active:
                raise MfaNotConfirmed
            self._usages.record(uow, "User MFA Challenge", Id=user_id, MfaAuthenticatorType=authenticator.type.value)
            channel = self._codes.open_channel(authenticator)
            if channel is None:
                return Challenge(authenticator.type)
            handle = await self._send(uow, claim, person, authenticator, channel)
        return Challenge(authenticator.type, handle)

    async def verify(self, claim: Claim, answer: Answer) -> Tokens:
        """Open a session for whoever has a token and answers with the right code."""
        async with self._entrance.turn(claim) as user_id, self._begin() as uow:
            verified = await self._verify(uow, claim, user_id, answer)
        # Refused only now: what was counted and audited is to stay.
        if isinstance(verified, Refusal):
            raise verified
        return verified

    async def _send(
        self, uow: UnitOfWork, claim: Claim, person: PersonMfa, authenticator: MfaAuthenticator, channel: str
    ) -> str:
        profile = await self._profiles.find_profile(uow, person.user_id)
        sent = await self._sender.send(
            uow,
            person,
            authenticator,
            is_signed_in=claim.is_signed_in,
            channel=channel,
            name=profile.display_name if profile is not None else None,
        )
        person.challenge(authenticator, sent.code)
        await PersonMfaRepository(uow).save(person)
        return sent.handle

    async def _verify(self, uow: UnitOfWork, claim: Claim, user_id: str, answer: Answer) -> Tokens | Refusal:
        person = await self._entrance.enter(uow, claim, user_id)
        refusal = await self._proofs.find_refusal(uow, user_id)
        if refusal is not None:
            return refusal
        authenticator = person.find_to_sign_in_with(answer.kind)
        given = self._codes.given(authenticator, answer.code, answer.oob_code, self._now())
        if not person.verify(authenticator, given, self._now()):
            return await self._proofs.refuse_sign_in(uow, person)
        return await self._proofs.sign_in(uow, person, authenticator)
