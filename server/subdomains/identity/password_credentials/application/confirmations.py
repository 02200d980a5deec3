"""Asking the owner of an address to confirm a registration, and taking the answer."""

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.security.secrets import digest, random_token
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.emails.api import EmailsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.password_credentials.application.tokens import TestingTokens
from server.subdomains.identity.password_credentials.domain.credential import PersonCredential
from server.subdomains.identity.password_credentials.errors import (
    CredentialNotFound,
    RegistrationAlreadyVerified,
    RegistrationTokenNotFound,
)
from server.subdomains.identity.password_credentials.mails import Mails
from server.subdomains.identity.password_credentials.repository import CredentialReader, CredentialRepository


class Confirmations:
    """Confirms that the addresses of registrations are those persons'."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        testing_tokens: TestingTokens,
        mails: Mails,
        usages: UsagesApi,
        now: Clock,
    ) -> None:
        self._begin = begin
        self._credentials = CredentialReader(reader)
        self._testing_tokens = testing_tokens
        self._mails = mails
        self._usages = usages
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "Confirmations":
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            testing_tokens=TestingTokens.of(platform),
            mails=Mails(EmailsApi.of(platform)),
            usages=UsagesApi.of(platform),
            now=platform.clock,
        )

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
        if credential.is_verified:
            raise RegistrationAlreadyVerified
        token = await self._testing_tokens.find(credential.id)
        if token is None:  # of a registration whose token was taken away
            raise CredentialNotFound
        return token

    async def ask(self, uow: UnitOfWork, credential: PersonCredential) -> str:
        """The token that confirms a registration, in place of an earlier one. The caller saves the credential."""
        token = random_token()
        credential.await_verification(digest(token), self._now())
        await self._testing_tokens.keep(uow, credential.id, token)
        return token

    async def renew(self, uow: UnitOfWork, credential: PersonCredential) -> str:
        """The same for a credential that is stored, which is saved."""
        token = await self.ask(uow, credential)
        await CredentialRepository(uow).save(credential)
        return token

    def record_reattempt(self, uow: UnitOfWork, credential: PersonCredential) -> None:
        """Record that an address that has a credential was to be registered, or confirmed, once more."""
        self._usages.record(
            uow,
            "User Registration ReAttempted",
            ResourceId=credential.user_id,
            EmailAddress=credential.email_address,
        )

    def _initiate_password_reset(self, uow: UnitOfWork, credential: PersonCredential) -> None:
        token = random_token()
        credential.initiate_password_reset(digest(token), self._now())
        self._mails.reset_password(uow, to=credential.email_address, name=credential.name, token=token)
        self._usages.record(uow, "User Password Forgotten", Id=credential.user_id)
