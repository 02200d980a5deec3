"""Whose an account at a provider is, and signing that person in: one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from server.kernel.access.roles import Classification
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.errors import AccountSuspended
from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.identity.auth_tokens.api import AuthTokensApi, Tokens
from server.subdomains.identity.password_credentials.api import (
    Defaults,
    PasswordCredentialsApi,
    defaults_of_registrations,
)
from server.subdomains.identity.single_sign_on.domain.provider_tokens import ProviderAuthTokens
from server.subdomains.identity.single_sign_on.domain.sso_user import Details, SsoUser
from server.subdomains.identity.single_sign_on.errors import SsoUserTaken, TermsNotAccepted
from server.subdomains.identity.single_sign_on.ports import Account, ProviderRefused
from server.subdomains.identity.single_sign_on.repository import ProviderTokensRepository, SsoUserRepository
from server.subdomains.users.api import EmailTaken, User, UsersApi


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody who has signed in at a provider."""

    provider_name: str
    account: Account
    auth_time: datetime
    invitation_token: str | None = field(repr=False)
    are_terms_accepted: bool


class SuspendedUser(Exception):
    """Operators have suspended the user. Nothing of the sign-in stands; the audit is still to be made."""

    def __init__(self, user_id: str) -> None:
        super().__init__(user_id)
        self.user_id = user_id


class Persons:
    """Finds or registers the person that an account belongs to, and opens the session."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        secrets: SecretKeys,
        defaults: Defaults,
        users: UsersApi,
        credentials: PasswordCredentialsApi,
        tokens: AuthTokensApi,
        audits: AuditsApi,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._secrets = secrets
        self._defaults = defaults
        self._users = users
        self._credentials = credentials
        self._tokens = tokens
        self._audits = audits
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "Persons":
        return cls(
            begin=platform.begin,
            secrets=platform.secrets,
            defaults=defaults_of_registrations(platform),
            users=UsersApi.of(platform),
            credentials=PasswordCredentialsApi.of(platform),
            tokens=AuthTokensApi.of(platform),
            audits=AuditsApi.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
        )

    async def sign_in(self, arrival: Arrival) -> Tokens:
        """
        Open a session for whoever has arrived; somebody new is registered.

        Raises:
            ProviderRefused: The account cannot be anybody's here.
            AccountSuspended: Operators have suspended the user. It is audited.
            TermsNotAccepted: Somebody new has not accepted the terms.
            EmailAlreadyRegistered, InvitationNotAnonymous, InvitationExpired: The invitation cannot be accepted.
        """
        details = self._details(arrival.account)
        try:
            try:
                return await self._sign_in(arrival, details)
            except (EmailTaken, SsoUserTaken):
                # Somebody was quicker with the same account or address, and has committed: now it is known.
                return await self._sign_in(arrival, details)
        except SuspendedUser as suspended:
            async with self._begin(is_step=True) as uow:
                template = "Suspended user {Id} tried to sign in by a provider"
                code, user_id = "Authentication.SSO.Failed.AccountSuspended", suspended.user_id
                self._audits.record(uow, code, template, user_id, against=user_id)
            raise AccountSuspended from None

    def _details(self, account: Account) -> Details:
        if account.email_address is None:
            raise ProviderRefused("the provider gives no e-mail address")
        if account.first_name is None:
            raise ProviderRefused("the provider gives no name that a person may have")
        return Details(
            email_address=account.email_address,
            email_verified=account.email_verified,
            first_name=account.first_name,
            last_name=account.last_name,
            timezone=account.timezone or self._defaults.timezone,
            locale=account.locale or self._defaults.locale,
            country_code=account.country_code or self._defaults.country_code,
        )

    async def _sign_in(self, arrival: Arrival, details: Details) -> Tokens:
        account = arrival.account
        async with self._begin() as uow:
            accounts = SsoUserRepository(uow)
            known = await accounts.find_by_account(account.issuer, account.subject)
            if known is not None:
                user = self._checked(await self._users.find_user(uow, known.user_id))
                known.see(details)
                await accounts.save(known)
            else:
                user = await self._claim(uow, arrival, details)
            await self._keep_tokens(uow, arrival, user.id)
            return await self._open_session(uow, arrival, details, user)

    async def _claim(self, uow: UnitOfWork, arrival: Arrival, details: Details) -> User:
        """
        The person with the address that the provider has verified, or a new one, who gets the account.

        A password that was never confirmed may have been planted by somebody who expected the person to come.
        """
        if not details.email_verified:
            raise ProviderRefused("the provider has not verified the e-mail address")
        found_id = await self._users.find_person_id(uow, details.email_address)
        if found_id is not None:
            # Before the user is locked: whoever registers by password locks in this order, too.
            await self._credentials.void_unconfirmed(uow, found_id)
        user = await self._register(uow, arrival, details)
        if user.is_new and not arrival.are_terms_accepted:
            raise TermsNotAccepted
        if not user.is_new and user.id != found_id:
            raise SsoUserTaken  # registered since the first look
        accounts = SsoUserRepository(uow)
        other = await accounts.find_at_provider(user.id, arrival.provider_name)
        if other is not None and (other.issuer, other.subject) == (arrival.account.issuer, arrival.account.subject):
            raise SsoUserTaken  # linked since the first look
        if other is not None:
            raise ProviderRefused("the address is that of somebody who has another account at the provider")
        self._checked(user)
        self._audits.record(
            uow,
            "SingleSignOn.AutoRegistered",
            "User {Id} can sign in by {Provider} from now on",
            user.id,
            arrival.provider_name,
            against=user.id,
        )
        linked = SsoUser.link(
            sso_user_id=self._new_id("ssouser"),
            provider_name=arrival.provider_name,
            user_id=user.id,
            issuer=arrival.account.issuer,
            subject=arrival.account.subject,
            details=details,
        )
        await accounts.add(linked)
        return user

    async def _register(self, uow: UnitOfWork, arrival: Arrival, details: Details) -> User:
        return await self._users.register_person(
            uow,
            email=details.email_address,
            first_name=details.first_name,
            last_name=details.last_name,
            timezone=details.timezone,
            locale=details.locale,
            country_code=details.country_code,
            invitation_token=arrival.invitation_token,
        )

    def _checked(self, user: User | None) -> User:
        if user is None or not user.is_registered or user.classification is not Classification.PERSON:
            raise ProviderRefused("the user is not a registered person")
        if user.is_suspended:
            raise SuspendedUser(user.id)
        return user

    async def _keep_tokens(self, uow: UnitOfWork, arrival: Arrival, user_id: str) -> None:
        kept = ProviderTokensRepository(uow, self._secrets)
        tokens = await kept.find(user_id, arrival.provider_name)
        if tokens is not None:
            tokens.replace(arrival.account.tokens)
            await kept.save(tokens)
            return
        tokens = ProviderAuthTokens.keep(
            tokens_id=self._new_id("pvdrauthtok"),
            provider_name=arrival.provider_name,
            user_id=user_id,
            tokens=arrival.account.tokens,
        )
        await kept.add(tokens)

    async def _open_session(self, uow: UnitOfWork, arrival: Arrival, details: Details, user: User) -> Tokens:
        name = arrival.provider_name
        self._audits.record(
            uow,
            "Authentication.SSO.Passed",
            "User {Id} signed in by {Provider}",
            user.id,
            name,
            against=user.id,
        )
        return await self._tokens.sign_in(
            uow,
            user=user,
            amr=["fed"],
            provider=name,
            email_address=details.email_address,
            name=details.first_name,
            auth_time=arrival.auth_time,
        )
