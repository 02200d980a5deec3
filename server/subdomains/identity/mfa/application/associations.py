"""How people come by authenticators: they associate one, and confirm it with a code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.errors import Refusal
from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.emails.api import EmailsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.auth_tokens.api import Tokens
from server.subdomains.identity.mfa import bar_codes
from server.subdomains.identity.mfa.application.entrance import Claim, Entrance
from server.subdomains.identity.mfa.application.proofs import Answer, Proofs
from server.subdomains.identity.mfa.codes import Codes
from server.subdomains.identity.mfa.domain import totp
from server.subdomains.identity.mfa.domain.authenticator import AuthenticatorType, MfaAuthenticator
from server.subdomains.identity.mfa.domain.person_mfa import PersonMfa
from server.subdomains.identity.mfa.errors import MfaEmailRequired, MfaPhoneRequired
from server.subdomains.identity.mfa.repository import PersonMfaRepository
from server.subdomains.identity.mfa.sending import CodeSender
from server.subdomains.identity.mfa.settings import MfaSettings
from server.subdomains.user_profiles.api import Profile, UserProfilesApi


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """What an association hands out, once."""

    type: AuthenticatorType
    oob_code: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    bar_code_uri: str | None = field(default=None, repr=False)
    bar_code_svg: str | None = field(default=None, repr=False)
    recovery_codes: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a person has now, and the tokens of whoever has signed in by it."""

    authenticators: Sequence[MfaAuthenticator]
    tokens: Tokens | None = None


class Associations:
    """Associates authenticators and confirms them."""

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
        issuer: str,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._codes = Codes(secrets)
        self._entrance = entrance
        self._proofs = proofs
        self._sender = sender
        self._profiles = profiles
        self._usages = usages
        self._issuer = issuer
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "Associations":
        settings: MfaSettings = platform.read_settings(MfaSettings)
        return cls(
            begin=platform.begin,
            secrets=platform.secrets,
            entrance=platform.shared(Entrance.of),
            proofs=Proofs.of(platform),
            sender=CodeSender.of(platform),
            profiles=UserProfilesApi.of(platform),
            usages=UsagesApi.of(platform),
            issuer=settings.mfa_issuer_name or EmailsApi.of(platform).product_name,
            new_id=platform.new_id,
            now=platform.clock,
        )

    async def associate(self, claim: Claim, *, kind: AuthenticatorType, phone_number: str | None) -> Association:
        """Begin to associate an authenticator, or begin again."""
        async with self._entrance.turn(claim) as user_id, self._begin() as uow:
            person = await self._entrance.enter(uow, claim, user_id)
            authenticator = person.begin_association(
                kind, is_signed_in=claim.is_signed_in, new_id=self._new_id, now=self._now()
            )
            profile = await self._profiles.find_profile(uow, user_id)
            if kind is AuthenticatorType.TOTP:
                answer = self._associate_totp(person, authenticator, profile)
            else:
                channel = _channel_of(kind, profile, phone_number)
                name = profile.display_name if profile is not None else None
                answer = await self._associate_oob(uow, claim, person, authenticator, channel=channel, name=name)
            answer = replace(answer, recovery_codes=self._renew_recovery_codes(person))
            await PersonMfaRepository(uow).save(person)
            self._usages.record(uow, "User MFA Association Started", Id=user_id, MfaAuthenticatorType=kind.value)
        if answer.bar_code_uri is None:
            return answer
        return replace(answer, bar_code_svg=await bar_codes.draw(answer.bar_code_uri))

    async def confirm(self, claim: Claim, answer: Answer) -> Confirmation:
        """Take a code as proof that an authenticator is the person's; who is not signed in yet is so by that."""
        async with self._entrance.turn(claim) as user_id, self._begin() as uow:
            confirmed = await self._confirm(uow, claim, user_id, answer)
        # Refused only now: what was counted and audited is to stay.
        if isinstance(confirmed, Refusal):
            raise confirmed
        return confirmed

    async def _confirm(self, uow: UnitOfWork, claim: Claim, user_id: str, answer: Answer) -> Confirmation | Refusal:
        person = await self._entrance.enter(uow, claim, user_id)
        refusal = await self._proofs.find_refusal(uow, user_id)
        if refusal is not None:
            return refusal
        authenticator = person.find_unconfirmed(answer.kind)
        given = self._codes.given(authenticator, answer.code, answer.oob_code, self._now())
        is_good = person.confirm(authenticator, given, self._now())
        if claim.is_signed_in:
            if not is_good:
                person.count_wrong_code(authenticator)
                return await self._proofs.refuse(uow, person)
            await self._proofs.accept(uow, person, authenticator)
            return Confirmation(person.authenticators)
        if not is_good:
            return await self._proofs.refuse_sign_in(uow, person)
        return Confirmation(person.authenticators, await self._proofs.sign_in(uow, person, authenticator))

    def _associate_totp(
        self, person: PersonMfa, authenticator: MfaAuthenticator, profile: Profile | None
    ) -> Association:
        if profile is None or not profile.email_address:
            raise MfaEmailRequired
        secret = self._codes.new_totp_secret()
        person.associate_totp(authenticator, self._codes.seal_totp_secret(authenticator, secret))
        return Association(
            type=authenticator.type,
            secret=totp.as_text(secret),
            bar_code_uri=totp.key_uri(secret, issuer=self._issuer, account=profile.email_address),
        )

    async def _associate_oob(
        self,
        uow: UnitOfWork,
        claim: Claim,
        person: PersonMfa,
        authenticator: MfaAuthenticator,
        *,
        channel: str,
        name: str | None,
    ) -> Association:
        sent = await self._sender.send(
            uow, person, authenticator, is_signed_in=claim.is_signed_in, channel=channel, name=name
        )
        person.associate_oob(authenticator, self._codes.seal_channel(authenticator, channel), sent.code)
        return Association(type=authenticator.type, oob_code=sent.handle)

    def _renew_recovery_codes(self, person: PersonMfa) -> Sequence[str]:
        """New recovery codes, unless somebody may rely on those that there are."""
        recovery = person.find_replaceable_recovery_codes()
        if recovery is None:
            return ()
        codes = self._codes.new_recovery_codes()
        person.renew_recovery_codes(recovery, [self._codes.sign(recovery, code) for code in codes])
        return codes


def _channel_of(kind: AuthenticatorType, profile: Profile | None, phone_number: str | None) -> str:
    """Where codes of an authenticator are sent: a number may be chosen, an address is that of the profile."""
    if kind is AuthenticatorType.OOB_SMS:
        phone_number = phone_number or (profile.phone_number if profile is not None else None)
        if not phone_number:
            raise MfaPhoneRequired
        return phone_number
    if profile is None or not profile.email_address:
        raise MfaEmailRequired
    return profile.email_address
