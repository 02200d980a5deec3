"""The tokens that providers have given for a user, for subdomains that call those providers."""

import logging

from server.kernel.access.roles import Classification
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader
from server.kernel.errors import AccountSuspended
from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.single_sign_on.adapters.registry import Providers
from server.subdomains.identity.single_sign_on.domain.provider_tokens import ProviderAuthTokens, TokenType
from server.subdomains.identity.single_sign_on.domain.sso_user import SsoUser
from server.subdomains.identity.single_sign_on.errors import SsoAuthenticationFailed, SsoProviderUnavailable
from server.subdomains.identity.single_sign_on.ports import ProviderRefused, ProviderUnavailable, SsoProvider
from server.subdomains.identity.single_sign_on.repository import (
    ProviderTokensReader,
    ProviderTokensRepository,
    SsoUserRepository,
)
from server.subdomains.users.api import UsersApi

log = logging.getLogger(__name__)


class ProviderTokens:
    """Hands them out, and has them renewed."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        secrets: SecretKeys,
        providers: Providers,
        users: UsersApi,
        audits: AuditsApi,
        usages: UsagesApi,
        now: Clock,
    ) -> None:
        self._begin = begin
        self._reader = ProviderTokensReader(reader, secrets)
        self._secrets = secrets
        self._providers = providers
        self._users = users
        self._audits = audits
        self._usages = usages
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "ProviderTokens":
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            secrets=platform.secrets,
            providers=Providers.of(platform),
            users=UsersApi.of(platform),
            audits=AuditsApi.of(platform),
            usages=UsagesApi.of(platform),
            now=platform.clock,
        )

    async def get_tokens(self, user_id: str) -> list[ProviderAuthTokens]:
        """The tokens of a user at every provider that is configured and where the user has an account."""
        found = await self._reader.list_of(user_id)
        return [each for each in found if self._providers.find(each.provider_name) is not None]

    async def refresh_tokens(self, *, provider_name: str, user_id: str) -> ProviderAuthTokens:
        """Have a provider renew the tokens of a user. It is called between two transactions."""
        provider = self._providers.find(provider_name)
        if provider is None:
            raise _failed(provider_name, "there is no such provider")
        account, refresh_token = await self._account(provider, user_id)
        try:
            tokens = await provider.refresh(refresh_token, issuer=account.issuer, subject=account.subject)
        except ProviderRefused as refused:
            raise _failed(provider.name, str(refused)) from None
        except ProviderUnavailable as unavailable:
            extra = {"provider": provider.name, "detail": str(unavailable)}
            log.warning("tokens of a provider are not renewed: it is not available", extra=extra)
            raise SsoProviderUnavailable(provider=provider.name) from None
        async with self._begin() as uow:
            repository = ProviderTokensRepository(uow, self._secrets)
            kept = await repository.find(user_id, provider.name)
            if kept is None:
                raise _failed(provider.name, "the tokens are gone")
            kept.refresh(tokens)
            await repository.save(kept)
            template = "User {Id} has new tokens of {Provider}"
            code = "Authentication.SSO.Refreshed.Passed"
            self._audits.record(uow, code, template, user_id, provider.name, against=user_id)
            self._usages.record(uow, "User Extended Login", AuthProvider=provider.name, UserIdOverride=user_id)
        return kept

    async def _account(self, provider: SsoProvider, user_id: str) -> tuple[SsoUser, str]:
        """The account that a user has at a provider, and what renews its tokens."""
        async with self._begin(is_step=True) as uow:
            user = await self._users.find_user(uow, user_id)
            account = await SsoUserRepository(uow).find_at_provider(user_id, provider.name)
            kept = await ProviderTokensRepository(uow, self._secrets).find(user_id, provider.name)
            is_person = user is not None and user.classification is Classification.PERSON
            is_suspended = account is not None and is_person and user is not None and user.is_suspended
            if is_suspended:
                template = "Tokens of {Provider} were to be renewed for suspended user {Id}"
                code = "Authentication.SSO.Refreshed.Failed.AccountSuspended"
                self._audits.record(uow, code, template, provider.name, user_id, against=user_id)
        if account is None or not is_person:
            raise _failed(provider.name, "the user has no account at the provider, or is not a person")
        if is_suspended:
            raise AccountSuspended
        refresh_token = kept.find(TokenType.REFRESH) if kept is not None else None
        if refresh_token is None:
            raise _failed(provider.name, "the provider has given no refresh token")
        return account, refresh_token.value


def _failed(provider_name: str, detail: str) -> SsoAuthenticationFailed:
    log.warning("tokens of a provider are not renewed", extra={"provider": provider_name, "detail": detail})
    return SsoAuthenticationFailed(provider=provider_name)
