"""
Signing in with a password.

The hash is compared between two transactions, never inside one: the first reserves the attempt, the second settles it
(docs/decisions/0035). Nothing that a caller could see or measure tells a name that exists from one that does not.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from server.kernel.access.caller import ANONYMOUS
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.errors import AccountSuspended, RateLimited, Refusal
from server.kernel.security.hashing import PasswordHasher
from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.kernel.turns import Turns
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.identity.auth_tokens.api import AuthTokensApi, Tokens
from server.subdomains.identity.password_credentials.application.lockout import lockout_rules, login_key
from server.subdomains.identity.password_credentials.application.stand_ins import StandIns
from server.subdomains.identity.password_credentials.domain import passwords
from server.subdomains.identity.password_credentials.domain.credential import PROVIDER, PersonCredential
from server.subdomains.identity.password_credentials.domain.logins import Admission, LockoutRules
from server.subdomains.identity.password_credentials.errors import (
    AccountLocked,
    InvalidCredentials,
    MfaRequired,
    RegistrationNotVerified,
)
from server.subdomains.identity.password_credentials.ports import SecondFactors
from server.subdomains.identity.password_credentials.repository import CredentialRepository, LoginMonitorRepository
from server.subdomains.users.api import User, UsersApi

_AUDIT = "Authentication.Password."
_SECONDS_BETWEEN_LOOKS = 0.02


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to sign in."""

    id: str
    name_digest: bytes
    email_address: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing a password with a hash has shown, and the new hash if that one is out of date."""

    is_right: bool
    password_hash: str | None = field(repr=False)
    new_hash: str | None = field(repr=False)


class _HashChanged(Exception):
    """The hash that was compared is out of date: the password was changed meanwhile, or another sign-in renewed it."""

    def __init__(self, password_hash: str | None) -> None:
        super().__init__()
        self.password_hash = password_hash


class SignIns:
    """Signs persons in."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        hasher: PasswordHasher,
        secrets: SecretKeys,
        rules: LockoutRules,
        tokens: AuthTokensApi,
        second_factors: Callable[[], SecondFactors],
        stand_ins: StandIns,
        users: UsersApi,
        audits: AuditsApi,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._hasher = hasher
        self._secrets = secrets
        self._rules = rules
        self._tokens = tokens
        self._second_factors = second_factors
        self._users = users
        self._audits = audits
        self._new_id = new_id
        self._now = now
        self._stand_ins = stand_ins
        self._turns = Turns()
        self._last_user_id = ANONYMOUS

    @classmethod
    def of(cls, platform: Platform) -> "SignIns":
        return cls(
            begin=platform.begin,
            hasher=platform.hasher,
            secrets=platform.secrets,
            rules=lockout_rules(platform),
            tokens=AuthTokensApi.of(platform),
            second_factors=lambda: platform.answers[SecondFactors],
            stand_ins=StandIns.of(platform),
            users=UsersApi.of(platform),
            audits=AuditsApi.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
        )

    async def authenticate_credential(self, *, email_address: str, password: str) -> Tokens:
        """Open a session for whoever knows the password of this name."""
        attempt = Attempt(self._new_id("attempt"), login_key(self._secrets, email_address), email_address)
        try:
            answer = await self._carry_out(attempt, passwords.normal_form(password), await self._admit(attempt))
        except asyncio.CancelledError:
            # Whoever hangs up has tried all the same. The name must not wait for the attempt, either.
            await asyncio.shield(self._withdraw(attempt, is_failure=True))
            raise
        # Refused only now: what was counted and audited is to stay.
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def _admit(self, attempt: Attempt) -> str | None:
        """Wait until the attempt may begin; the hash it is up to, if there is one."""
        # Attempts with one name queue here, not at its row, where they would hold a connection each.
        async with self._turns.of(attempt.name_digest):
            while True:
                admission, password_hash = await self._reserve(attempt)
                if admission is not Admission.FULL:
                    break
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        if admission is Admission.LOCKED:
            raise AccountLocked
        return password_hash

    async def _reserve(self, attempt: Attempt) -> tuple[Admission, str | None]:
        now = self._now()
        async with self._begin(is_step=True) as uow:
            monitors, credentials = LoginMonitorRepository(uow, self._rules), CredentialRepository(uow)
            monitor = await monitors.get(attempt.name_digest, now)
            # Not kept from others: attempts with this name wait at the monitor, and it is looked at again.
            credential = await credentials.look_up_by_email_address(attempt.email_address)
            admission = monitor.admit(attempt.id, self._rules, now)
            await monitors.save(monitor, now)
            if admission is Admission.LOCKED:
                await self._refuse_locked(uow, credential)
            elif admission is Admission.ADMITTED:
                await monitors.forget_expired(attempt.name_digest, now)
        return admission, credential.password_hash if credential is not None else None

    async def _refuse_locked(self, uow: UnitOfWork, credential: PersonCredential | None) -> None:
        if credential is not None and not credential.is_locked:
            # Attempts that never ended lock it, too.
            locked = await CredentialRepository(uow).find_by_user(credential.user_id)
            if locked is not None:
                locked.lock()
                await CredentialRepository(uow).save(locked)
        user_id = credential.user_id if credential is not None else ANONYMOUS
        # Of a name that nobody has none is kept, which shows in the work no more than in the answer.
        async with uow.part(is_kept=credential is not None):
            template = "User {Id} tried to sign in with a password while locked"
            self._audit(uow, "Failed.AccountLocked", template, user_id)

    async def _carry_out(self, attempt: Attempt, password: str, password_hash: str | None) -> Tokens | Refusal:
        while True:
            verdict = await self._compare(attempt, password, password_hash)
            try:
                async with self._begin() as uow:
                    return await self._settle(uow, attempt, verdict)
            except _HashChanged as changed:
                password_hash = changed.password_hash
            except AccountSuspended:
                # Since a moment ago, and all of it is undone: so it is settled as that of somebody who is suspended.
                password_hash = verdict.password_hash

    async def _compare(self, attempt: Attempt, password: str, password_hash: str | None) -> Verdict:
        try:
            is_right, is_outdated = await self._hasher.verify(password, password_hash)
            return Verdict(is_right, password_hash, await self._hasher.hash(password) if is_outdated else None)
        except RateLimited:
            await self._withdraw(attempt, is_failure=False)
            raise

    async def _withdraw(self, attempt: Attempt, *, is_failure: bool) -> None:
        now = self._now()
        async with self._begin(is_step=True) as uow:
            monitors = LoginMonitorRepository(uow, self._rules)
            monitor = await monitors.get(attempt.name_digest, now)
            if monitor.end(attempt.id) and is_failure:
                monitor.fail(self._rules, now)
            await monitors.save(monitor, now)

    async def _settle(self, uow: UnitOfWork, attempt: Attempt, verdict: Verdict) -> Tokens | Refusal:
        now = self._now()
        monitors, credentials = LoginMonitorRepository(uow, self._rules), CredentialRepository(uow)
        monitor = await monitors.get(attempt.name_digest, now)
        credential = await credentials.find_by_email_address(attempt.email_address)
        # An unknown name must not save a read: then the user who was looked for last is looked for once more.
        user_id = credential.user_id if credential is not None else self._last_user_id
        user, self._last_user_id = await self._users.find_user(uow, user_id), user_id
        is_in_time = monitor.end(attempt.id)
        if is_in_time and credential is not None and credential.password_hash != verdict.password_hash:
            raise _HashChanged(credential.password_hash)
        is_right = verdict.is_right and is_in_time
        if credential is None or user is None or not (is_right and user.is_registered_person):
            locks = is_in_time and monitor.fail(self._rules, now)
            await monitors.save(monitor, now)
            async with self._stand_ins.somebody(uow, credential, looks=2) as refused:
                if is_in_time:
                    refused.refuse_password(locks=locks)
                await credentials.save(refused)
            against = credential.user_id if credential is not None else ANONYMOUS
            self._audit(uow, "Failed.InvalidCredentials", "User {Id} gave a wrong password", against)
            return InvalidCredentials()
        # The right password alone makes good for nothing where a second factor is still to come.
        if not credential.is_mfa_enabled:
            monitor.succeed()
        await monitors.save(monitor, now)
        credential.accept_password()
        if verdict.new_hash is not None:
            credential.rehash(verdict.new_hash)
        await credentials.save(credential)
        return await self._sign_in(uow, credential, user)

    async def _sign_in(self, uow: UnitOfWork, credential: PersonCredential, user: User) -> Tokens | Refusal:
        if user.is_suspended:
            template = "Suspended user {Id} tried to sign in with a password"
            self._audit(uow, "Failed.AccountSuspended", template, user.id)
            return AccountSuspended()
        if not credential.is_verified:
            template = "User {Id} tried to sign in before the registration was confirmed"
            self._audit(uow, "Failed.BeforeVerified", template, user.id)
            return RegistrationNotVerified()
        self._audit(uow, "Passed", "User {Id} signed in with a password", user.id)
        if credential.is_mfa_enabled:
            mfa_token = await self._second_factors().begin_sign_in(uow, credential_id=credential.id, user_id=user.id)
            return MfaRequired(mfa_token=mfa_token)
        return await self._tokens.sign_in(
            uow,
            user=user,
            amr=["pwd"],
            provider=PROVIDER,
            email_address=credential.email_address,
            name=credential.name,
        )

    def _audit(self, uow: UnitOfWork, what: str, template: str, user_id: str) -> None:
        self._audits.record(uow, _AUDIT + what, template, user_id, against=user_id)
