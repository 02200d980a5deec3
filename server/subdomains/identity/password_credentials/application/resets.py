"""
Setting a new password in place of a forgotten one.

To ask for a reset tells nothing: the answer, the work and the mail are there for every address, known or not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import InvalidArgument, Violation
from server.kernel.security.hashing import PasswordHasher
from server.kernel.security.secrets import SecretKeys, digest, random_token
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.emails.api import EmailsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.auth_tokens.api import AuthTokensApi
from server.subdomains.identity.password_credentials.application.confirmations import Confirmations
from server.subdomains.identity.password_credentials.application.limits import Limits
from server.subdomains.identity.password_credentials.application.lockout import lockout_rules, login_key
from server.subdomains.identity.password_credentials.application.rules import password_rules
from server.subdomains.identity.password_credentials.application.stand_ins import StandIns
from server.subdomains.identity.password_credentials.domain import passwords
from server.subdomains.identity.password_credentials.domain.credential import PersonCredential
from server.subdomains.identity.password_credentials.domain.logins import LockoutRules
from server.subdomains.identity.password_credentials.domain.passwords import PasswordRules
from server.subdomains.identity.password_credentials.errors import PasswordUnchanged, ResetTokenNotFound
from server.subdomains.identity.password_credentials.mails import Mails
from server.subdomains.identity.password_credentials.ports import SecondFactors
from server.subdomains.identity.password_credentials.repository import (
    CredentialReader,
    CredentialRepository,
    LoginMonitorRepository,
)
from server.subdomains.user_profiles.api import UserProfilesApi
from server.subdomains.users.api import UsersApi

# One look comes first. But a row that was just written is found quicker than one that lies there, and there is no hash
# here that hides it: measured by tests/password_credentials/test_timing.py.
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class _Reset:
    """What a good token stands for, as it is looked at before the hash."""

    user_id: str
    email_address: str
    password_hash: str | None = field(repr=False)


class Resets:
    """Lets persons who forgot their password set another."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        hasher: PasswordHasher,
        secrets: SecretKeys,
        rules: PasswordRules,
        lockout: LockoutRules,
        limits: Limits,
        confirmations: Confirmations,
        second_factors: Callable[[], SecondFactors],
        sessions: AuthTokensApi,
        users: UsersApi,
        profiles: UserProfilesApi,
        mails: Mails,
        usages: UsagesApi,
        stand_ins: StandIns,
        now: Clock,
    ) -> None:
        self._begin = begin
        self._credentials = CredentialReader(reader)
        self._hasher = hasher
        self._secrets = secrets
        self._rules = rules
        self._lockout = lockout
        self._limits = limits
        self._confirmations = confirmations
        self._second_factors = second_factors
        self._sessions = sessions
        self._users = users
        self._profiles = profiles
        self._mails = mails
        self._usages = usages
        self._stand_ins = stand_ins
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "Resets":
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            hasher=platform.hasher,
            secrets=platform.secrets,
            rules=password_rules(platform),
            lockout=lockout_rules(platform),
            limits=Limits.of(platform),
            confirmations=Confirmations.of(platform),
            second_factors=lambda: platform.answers[SecondFactors],
            sessions=AuthTokensApi.of(platform),
            users=UsersApi.of(platform),
            profiles=UserProfilesApi.of(platform),
            mails=Mails(EmailsApi.of(platform)),
            usages=UsagesApi.of(platform),
            stand_ins=StandIns.of(platform),
            now=platform.clock,
        )

    def violations_of_password(self, password: str) -> Iterator[Violation]:
        """What is wrong with a new password, whoever chooses it."""
        broken = self._rules.broken_by_anybodys(password)
        if broken is not None:
            yield Violation("password", *broken)

    async def initiate_password_reset(self, *, email_address: str, client_address: str) -> None:
        """Mail an address a link to a new password, or to confirm, or that nobody has registered it."""
        async with self._limits.counted_reset(self._begin, client_address) as uow:
            credential = await CredentialRepository(uow).find_by_email_address(email_address)
            if await self._limits.admit_reset_mail(uow, email_address):
                await self._initiate(uow, credential, email_address)

    async def resend_password_reset(self, *, token: str) -> None:
        """Replace the token of a pending reset, and mail the new one."""
        async with self._begin() as uow:
            credentials = CredentialRepository(uow)
            credential = await credentials.find_by_reset_token(digest(token))
            if credential is None:
                raise ResetTokenNotFound
            if not await self._limits.admit_reset_mail(uow, credential.email_address):
                return
            renewed = random_token()
            credential.initiate_password_reset(digest(renewed), self._now())
            await credentials.save(credential)
            self._mails.reset_password(uow, to=credential.email_address, name=credential.name, token=renewed)

    async def verify_password_reset(self, *, token: str) -> None:
        """Look whether a token lets somebody set a password now."""
        credential = await self._credentials.find_by_reset_token(digest(token))
        if credential is None:
            raise ResetTokenNotFound
        credential.check_password_reset(self._now())

    async def complete_password_reset(self, *, token: str, password: str) -> None:
        """Set a new password with the token of the mail. Whoever was signed in with the old one is so no more."""
        presented, password = digest(token), passwords.normal_form(password)
        reset = await self._look_up(presented, password)
        compared, new_hash = reset.password_hash, None
        while True:
            is_current, _ = await self._hasher.verify(password, compared)
            if is_current:
                raise PasswordUnchanged
            new_hash = new_hash or await self._hasher.hash(password)
            async with self._begin() as uow:
                credential = await self._lock(uow, presented, reset.email_address)
                if credential.password_hash == compared:
                    await self._complete(uow, credential, new_hash)
                    return
            # A sign-in has renewed the hash meanwhile, because the parameters rose.
            compared = credential.password_hash

    async def _initiate(self, uow: UnitOfWork, credential: PersonCredential | None, email_address: str) -> None:
        if credential is not None and not credential.is_verified:
            async with self._stand_ins.somebody(uow, credential, looks=_LOOKS):
                self._confirmations.record_reattempt(uow, credential)
                token = await self._confirmations.renew(uow, credential)
            self._mails.confirm_registration(uow, to=credential.email_address, name=credential.name, token=token)
            return
        async with self._stand_ins.somebody(uow, credential, looks=_LOOKS) as somebody:
            token = random_token()
            somebody.initiate_password_reset(digest(token), self._now())
            await CredentialRepository(uow).save(somebody)
            self._usages.record(uow, "User Password Forgotten", Id=somebody.user_id)
        if credential is None:
            self._mails.reset_of_nobody(uow, to=email_address)
        else:
            self._mails.reset_password(uow, to=credential.email_address, name=credential.name, token=token)

    async def _look_up(self, presented: bytes, password: str) -> _Reset:
        async with self._begin() as uow:
            credential = await CredentialRepository(uow).look_up_by_reset_token(presented)
            if credential is None:
                raise ResetTokenNotFound
            credential.check_password_reset(self._now())
            profile = await self._profiles.find_profile(uow, credential.user_id)
        broken = self._rules.broken_by_name(
            password,
            first_name=profile.first_name if profile is not None else credential.name,
            last_name=profile.last_name or "" if profile is not None else "",
            email_address=credential.email_address,
        )
        if broken is not None:
            raise InvalidArgument(Violation("password", *broken))
        return _Reset(credential.user_id, credential.email_address, credential.password_hash)

    async def _lock(self, uow: UnitOfWork, presented: bytes, email_address: str) -> PersonCredential:
        # The monitor first, as every sign-in does.
        name_digest = login_key(self._secrets, email_address)
        await LoginMonitorRepository(uow, self._lockout).get(name_digest, self._now())
        credential = await CredentialRepository(uow).find_by_reset_token(presented)
        if credential is None:
            raise ResetTokenNotFound
        credential.check_password_reset(self._now())
        # And the user before its sessions and second factors: a suspension has locked it when it comes to those.
        await self._users.hold_access(uow, credential.user_id)
        return credential

    async def _complete(self, uow: UnitOfWork, credential: PersonCredential, password_hash: str) -> None:
        now, monitors = self._now(), LoginMonitorRepository(uow, self._lockout)
        monitor = await monitors.get(login_key(self._secrets, credential.email_address), now)
        monitor.succeed()
        await monitors.save(monitor, now)
        credential.complete_password_reset(password_hash)
        await CredentialRepository(uow).save(credential)
        await self._second_factors().forget_sign_in(uow, user_id=credential.user_id)
        await self._sessions.revoke_all(uow, credential.user_id)
        self._usages.record(uow, "User Password Reset", Id=credential.user_id)
        self._mails.password_changed(uow, to=credential.email_address, name=credential.name, at=now)
