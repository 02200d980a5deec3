"""Registering with a password, and confirming it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from server.kernel.access.roles import FeatureLevel, PlatformRole, expand
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import AlreadyExists, Violation
from server.kernel.quotas import Quotas
from server.kernel.security.hashing import PasswordHasher
from server.kernel.security.secrets import digest, random_token
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.emails.api import EmailsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.password_credentials.application.tokens import TestingTokens
from server.subdomains.identity.password_credentials.blocklist import common_passwords
from server.subdomains.identity.password_credentials.domain import passwords
from server.subdomains.identity.password_credentials.domain.credential import PersonCredential
from server.subdomains.identity.password_credentials.domain.passwords import PasswordRules
from server.subdomains.identity.password_credentials.domain.registration import Defaults, Registration
from server.subdomains.identity.password_credentials.errors import (
    CredentialNotFound,
    RegistrationAlreadyVerified,
    RegistrationTokenNotFound,
)
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
    """Registers persons and confirms that their addresses are theirs."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        hasher: PasswordHasher,
        quotas: Quotas,
        rules: PasswordRules,
        defaults: Defaults,
        mails_per_hour: int,
        is_testing: bool,
        testing_tokens: TestingTokens,
        users: UsersApi,
        profiles: UserProfilesApi,
        mails: Mails,
        usages: UsagesApi,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._credentials = CredentialReader(reader)
        self._hasher = hasher
        self._quotas = quotas
        self._rules = rules
        self._defaults = defaults
        self._mails_per_hour = mails_per_hour
        self._is_testing = is_testing
        self._testing_tokens = testing_tokens
        self._users = users
        self._profiles = profiles
        self._mails = mails
        self._usages = usages
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "Registrations":
        settings: PasswordCredentialsSettings = platform.read_settings(PasswordCredentialsSettings)
        most = settings.registration_mails_per_hour
        emails = EmailsApi.of(platform)
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            hasher=platform.hasher,
            quotas=platform.quotas,
            rules=PasswordRules(settings.password_min_length, common_passwords(), emails.product_name),
            defaults=Defaults(settings.default_timezone, settings.default_locale, settings.default_country_code),
            mails_per_hour=most if most is not None else (0 if platform.is_testing else 5),
            is_testing=platform.is_testing,
            testing_tokens=TestingTokens.of(platform),
            users=UsersApi.of(platform),
            profiles=UserProfilesApi.of(platform),
            mails=Mails(emails),
            usages=UsagesApi.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
        )

    def violations_of_registration(self, registration: Registration) -> Iterator[Violation]:
        """What is wrong with the particulars of a new person."""
        return registration.violations(self._rules, is_testing=self._is_testing)

    async def register_person(self, registration: Registration, *, caller_id: str | None) -> RegisteredPerson:
        """Register a person. To register an address again tells nothing: it answers as the first time did."""
        registration = registration.normalized(self._defaults)
        # In every case, so that the time it takes tells nothing either.
        password_hash = await self._hasher.hash(passwords.normal_form(registration.password))
        try:
            return await self._register(registration, password_hash, caller_id)
        except AlreadyExists:
            # Somebody was quicker with this address, and has committed: now it is a repeated registration. Which of the
            # rows that hold the address says so is chance. (A bad invitation is refused once more.)
            return await self._register(registration, password_hash, caller_id)

    async def confirm_person_registration(self, *, token: str) -> None:
        """Take the token of the mail as proof that the address is the person's."""
        async with self._begin() as uow:
            credentials = CredentialRepository(uow)
            credential = await credentials.find_by_verification_token(digest(token))
            if credential is None:
                raise RegistrationTokenNotFound
            credential.verify(self._now())
            await self._testing_tokens.forget(uow, credential.id)
            self._usages.record(uow, "User Registered", Id=credential.user_id)
            if credential.password_hash is None:
                self._initiate_password_reset(uow, credential)
            await credentials.save(credential)

    async def get_registration_confirmation(self, *, user_id: str) -> str:
        """The token that confirms the pending registration of a user. Testing builds only."""
        credential = await self._credentials.find_by_user(user_id)
        if credential is None:
            raise CredentialNotFound
        token = None if credential.is_verified else await self._testing_tokens.find(credential.id)
        if token is None:
            raise RegistrationAlreadyVerified
        return token

    async def find_credential(self, *, user_id: str) -> PersonCredential | None:
        """The credential of a user."""
        return await self._credentials.find_by_user(user_id)

    async def _register(
        self, registration: Registration, password_hash: str, caller_id: str | None
    ) -> RegisteredPerson:
        async with self._begin() as uow:
            credentials = CredentialRepository(uow)
            credential = None
            if not registration.invitation_token:
                credential = await credentials.find_by_email_address(registration.email_address)
            if credential is None:
                user = await self._register_user(uow, registration)
                credential = None if user.is_new else await credentials.find_by_user(user.id)
                if credential is None:
                    return await self._add(uow, registration, user, password_hash, caller_id)
            await self._repeat(uow, credential)
        return RegisteredPerson(credential.id, credential.user_id)

    async def _register_user(self, uow: UnitOfWork, registration: Registration) -> User:
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

    async def _add(
        self, uow: UnitOfWork, registration: Registration, user: User, password_hash: str, caller_id: str | None
    ) -> RegisteredPerson:
        """
        Give a user a credential.

        A user who exists came by single sign-on. Anybody could have asked for a password on that account, so it gets
        none until its owner sets one by the reset that follows the confirmation; unless it is the owner who asks.
        """
        is_trusted = user.is_new or caller_id == user.id
        credential = PersonCredential.register(
            credential_id=self._new_id("cred"),
            user_id=user.id,
            email_address=registration.email_address,
            name=registration.first_name,
            password_hash=password_hash if is_trusted else None,
            now=self._now(),
        )
        token = random_token()
        credential.await_verification(digest(token), self._now())
        await CredentialRepository(uow).add(credential)
        await self._testing_tokens.keep(uow, credential.id, token)
        to, name = credential.email_address, credential.name
        if user.is_new:
            self._mails.confirm_registration(uow, to=to, name=name, token=token)
            return RegisteredPerson(credential.id, user.id, user.roles, user.features)
        if await self._may_mail(uow, to):
            self._mails.password_added(uow, to=to, name=name, token=token)
        return RegisteredPerson(credential.id, user.id)

    async def _repeat(self, uow: UnitOfWork, credential: PersonCredential) -> None:
        """Somebody registers an address again. The password that was given now is dropped."""
        self._usages.record(
            uow,
            "User Registration ReAttempted",
            ResourceId=credential.user_id,
            EmailAddress=credential.email_address,
        )
        if not await self._may_mail(uow, credential.email_address):
            return
        if credential.is_verified:
            profile = await self._profiles.find_profile(uow, credential.user_id)
            address = profile.email_address if profile is not None else None
            name = profile.display_name if profile is not None else credential.name
            self._mails.registration_repeated(uow, to=address or credential.email_address, name=name)
            return
        token = random_token()
        credential.await_verification(digest(token), self._now())
        await CredentialRepository(uow).save(credential)
        await self._testing_tokens.keep(uow, credential.id, token)
        self._mails.confirm_registration(uow, to=credential.email_address, name=credential.name, token=token)

    def _initiate_password_reset(self, uow: UnitOfWork, credential: PersonCredential) -> None:
        token = random_token()
        credential.initiate_password_reset(digest(token), self._now())
        self._mails.reset_password(uow, to=credential.email_address, name=credential.name, token=token)
        self._usages.record(uow, "User Password Forgotten", Id=credential.user_id)

    async def _may_mail(self, uow: UnitOfWork, email_address: str) -> bool:
        return await self._quotas.admit(
            uow, "registration-mails", email_address, most=self._mails_per_hour, within=timedelta(hours=1)
        )
