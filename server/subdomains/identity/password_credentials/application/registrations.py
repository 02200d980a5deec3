"""
Registering with a password.

To register an address again tells nothing: it answers as the first time did, after the same work.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from server.kernel.access.roles import FeatureLevel, PlatformRole, expand
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import AlreadyExists, Violation
from server.kernel.security.hashing import PasswordHasher
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.emails.api import EmailsApi
from server.subdomains.identity.password_credentials.application.confirmations import Confirmations
from server.subdomains.identity.password_credentials.application.limits import Limits
from server.subdomains.identity.password_credentials.application.rules import password_rules
from server.subdomains.identity.password_credentials.application.stand_ins import StandIns
from server.subdomains.identity.password_credentials.domain import passwords
from server.subdomains.identity.password_credentials.domain.credential import PersonCredential
from server.subdomains.identity.password_credentials.domain.passwords import PasswordRules
from server.subdomains.identity.password_credentials.domain.registration import Defaults, Registration
from server.subdomains.identity.password_credentials.mails import Mails
from server.subdomains.identity.password_credentials.repository import CredentialReader, CredentialRepository
from server.subdomains.identity.password_credentials.settings import PasswordCredentialsSettings
from server.subdomains.user_profiles.api import UserProfilesApi
from server.subdomains.users.api import User, UsersApi


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """Who has registered. Roles and features are those of somebody new, unless it really is somebody new."""

    credential_id: str
    user_id: str
    roles: Sequence[PlatformRole] = (PlatformRole.STANDARD,)
    features: Sequence[FeatureLevel] = tuple(expand([FeatureLevel.PAID_TRIAL]))


class Registrations:
    """Registers persons."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        hasher: PasswordHasher,
        rules: PasswordRules,
        defaults: Defaults,
        limits: Limits,
        is_testing: bool,
        confirmations: Confirmations,
        users: UsersApi,
        profiles: UserProfilesApi,
        mails: Mails,
        stand_ins: StandIns,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._credentials = CredentialReader(reader)
        self._hasher = hasher
        self._rules = rules
        self._defaults = defaults
        self._limits = limits
        self._is_testing = is_testing
        self._confirmations = confirmations
        self._users = users
        self._profiles = profiles
        self._mails = mails
        self._stand_ins = stand_ins
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "Registrations":
        settings: PasswordCredentialsSettings = platform.read_settings(PasswordCredentialsSettings)
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            hasher=platform.hasher,
            rules=password_rules(platform),
            defaults=Defaults(settings.default_timezone, settings.default_locale, settings.default_country_code),
            limits=Limits.of(platform),
            is_testing=platform.is_testing,
            confirmations=Confirmations.of(platform),
            users=UsersApi.of(platform),
            profiles=UserProfilesApi.of(platform),
            mails=Mails(EmailsApi.of(platform)),
            stand_ins=StandIns.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
        )

    def violations_of_registration(self, registration: Registration) -> Iterator[Violation]:
        """What is wrong with the particulars of a new person."""
        return registration.violations(self._rules, is_testing=self._is_testing)

    async def register_person(self, registration: Registration, *, caller_id: str | None) -> RegisteredPerson:
        """Register a person, or do as if."""
        registration = self.normalized(registration)
        # In every case, so that the time it takes tells nothing either.
        password_hash = await self.hash(registration.password)
        try:
            return await self._register(registration, password_hash, caller_id)
        except AlreadyExists:
            # Somebody was quicker with this address, and has committed: now it is a repeated registration. Which of the
            # rows that hold the address says so is chance. (A bad invitation is refused once more.)
            return await self._register(registration, password_hash, caller_id)

    def normalized(self, registration: Registration) -> Registration:
        """A valid registration in normal form, with the platform's defaults for what was not said."""
        return registration.normalized(self._defaults)

    async def hash(self, password: str) -> str:
        """The hash of a new password. It takes its time: never within a transaction."""
        return await self._hasher.hash(passwords.normal_form(password))

    async def register_user(self, uow: UnitOfWork, registration: Registration) -> User:
        """Register the user of a person, or find the one who has registered with the address."""
        return await self._users.register_person(
            uow,
            email=registration.email_address,
            first_name=registration.first_name,
            last_name=registration.last_name,
            timezone=registration.timezone,
            locale=registration.locale,
            country_code=registration.country_code,
            invitation_token=registration.invitation_token or None,
        )

    async def find_credential(self, *, user_id: str) -> PersonCredential | None:
        """The credential of a user."""
        return await self._credentials.find_by_user(user_id)

    async def _register(
        self, registration: Registration, password_hash: str, caller_id: str | None
    ) -> RegisteredPerson:
        async with self._begin() as uow:
            known, user = await self._find_known(uow, registration), None
            if known is None:
                async with uow.part(is_kept=True):
                    user = await self.register_user(uow, registration)
                    new = await self._add(uow, registration, user, password_hash) if user.is_new else None
                if new is not None:
                    await self._welcome(uow, *new)
                    return RegisteredPerson(new[0].id, user.id, user.roles, user.features)
                known = await CredentialRepository(uow).find_by_user(user.id)
            async with uow.part(is_kept=False):
                await self._register_nobody(uow, registration, password_hash)
            if known is not None:
                await self._repeat(uow, known)
                return RegisteredPerson(known.id, known.user_id)
            assert user is not None
            # Anybody could have asked for a password on an account that came by single sign-on. It gets none until its
            # owner sets one by the reset that follows the confirmation; unless it is the owner who asks.
            is_owner = caller_id == user.id
            added, token = await self._add(uow, registration, user, password_hash if is_owner else None)
            await self._pretend_to_renew(uow)
            if await self._limits.admit_registration_mail(uow, added.email_address, is_first=False):
                self._mails.password_added(uow, to=added.email_address, name=added.name, token=token)
        return RegisteredPerson(added.id, user.id)

    async def _find_known(self, uow: UnitOfWork, registration: Registration) -> PersonCredential | None:
        # In any case, so that the credential is locked before its user is: signing in does so, too.
        known = await CredentialRepository(uow).find_by_email_address(registration.email_address)
        # Whoever has an invitation is told more.
        return None if registration.invitation_token else known

    async def _register_nobody(self, uow: UnitOfWork, registration: Registration, password_hash: str) -> None:
        """Register somebody new all the same. It is undone."""
        nobody = replace(registration, email_address=f"{self._new_id('user')}@nobody.invalid", invitation_token="")
        await self._add(uow, nobody, await self.register_user(uow, nobody), password_hash)

    async def _add(
        self, uow: UnitOfWork, registration: Registration, user: User, password_hash: str | None
    ) -> tuple[PersonCredential, str]:
        """Give a user a credential, and the token that confirms it."""
        credential = PersonCredential.register(
            credential_id=self._new_id("cred"),
            user_id=user.id,
            email_address=registration.email_address,
            name=registration.first_name,
            password_hash=password_hash,
            now=self._now(),
        )
        token = await self._confirmations.ask(uow, credential)
        await CredentialRepository(uow).add(credential)
        return credential, token

    # What follows a registration takes the same steps in the same order, whoever it was: a place among the mails of the
    # hour, a token that is renewed or as if, the profile, and then all that is queued.

    async def _welcome(self, uow: UnitOfWork, credential: PersonCredential, token: str) -> None:
        may_mail = await self._limits.admit_registration_mail(uow, credential.email_address, is_first=True)
        await self._pretend_to_renew(uow)
        profile = await self._profiles.find_profile(uow, credential.user_id)
        name = profile.first_name if profile is not None else credential.name
        if may_mail:
            self._mails.confirm_registration(uow, to=credential.email_address, name=name, token=token)

    async def _repeat(self, uow: UnitOfWork, credential: PersonCredential) -> None:
        """Somebody registers an address again. The password that was given now is dropped."""
        may_mail = await self._limits.admit_registration_mail(uow, credential.email_address, is_first=False)
        token = None
        if may_mail and not credential.is_verified:
            async with self._stand_ins.somebody(uow, credential):
                self._confirmations.record_reattempt(uow, credential)
                token = await self._confirmations.renew(uow, credential)
        else:
            async with self._stand_ins.somebody(uow, None) as nobody:
                await self._confirmations.renew(uow, nobody)
        profile = await self._profiles.find_profile(uow, credential.user_id)
        if token is not None:
            self._mails.confirm_registration(uow, to=credential.email_address, name=credential.name, token=token)
            return
        self._confirmations.record_reattempt(uow, credential)
        if may_mail:
            address = profile.email_address if profile is not None else None
            name = profile.display_name if profile is not None else credential.name
            self._mails.registration_repeated(uow, to=address or credential.email_address, name=name)

    async def _pretend_to_renew(self, uow: UnitOfWork) -> None:
        async with self._stand_ins.somebody(uow, None) as nobody:
            self._confirmations.record_reattempt(uow, nobody)
            await self._confirmations.renew(uow, nobody)
