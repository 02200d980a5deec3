"""
Starting a sign-in at a provider, and finishing it.

Providers are called between transactions, never inside one: the first uses the started sign-in up, the second signs in
(docs/decisions/0064).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from server.kernel.access.caller import current_call
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork
from server.kernel.quotas import Quotas
from server.kernel.security.secrets import digest, random_token
from server.kernel.subdomain import Platform
from server.subdomains.identity.auth_tokens.api import Tokens
from server.subdomains.identity.single_sign_on.adapters.registry import Providers
from server.subdomains.identity.single_sign_on.application.persons import Arrival, Persons
from server.subdomains.identity.single_sign_on.domain.flow import SsoFlow
from server.subdomains.identity.single_sign_on.errors import (
    SsoAuthenticationFailed,
    SsoProviderNotFound,
    SsoProviderUnavailable,
)
from server.subdomains.identity.single_sign_on.ports import (
    Account,
    AuthorizationRequest,
    Exchange,
    ProviderRefused,
    ProviderUnavailable,
    SsoProvider,
)
from server.subdomains.identity.single_sign_on.repository import FlowRepository
from server.subdomains.identity.single_sign_on.settings import SingleSignOnSettings

log = logging.getLogger(__name__)

_MINUTE = timedelta(minutes=1)
_STARTS_PER_MINUTE = 60
# Of a sign-in at a provider that does not say when it was. No freshness rule takes it for a recent one.
_UNKNOWN = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in that was started."""

    authorization_url: str = field(repr=False)
    state: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What somebody brings back from a provider."""

    provider: str
    auth_code: str = field(repr=False)
    state: str = field(repr=False)
    code_verifier: str = field(repr=False)
    issuer: str | None = None
    username: str | None = None
    invitation_token: str | None = field(default=None, repr=False)
    are_terms_accepted: bool = True


class SignIns:
    """Sends persons to providers, and signs them in when they come back."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        providers: Providers,
        persons: Persons,
        quotas: Quotas,
        starts_per_minute: int,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._providers = providers
        self._persons = persons
        self._quotas = quotas
        self._starts_per_minute = starts_per_minute
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "SignIns":
        settings: SingleSignOnSettings = platform.read_settings(SingleSignOnSettings)
        most = settings.sso_starts_per_minute
        return cls(
            begin=platform.begin,
            providers=Providers.of(platform),
            persons=Persons.of(platform),
            quotas=platform.quotas,
            starts_per_minute=most if most is not None else (0 if platform.is_testing else _STARTS_PER_MINUTE),
            new_id=platform.new_id,
            now=platform.clock,
        )

    def needs_start(self, provider_name: str) -> bool:
        """Whether a sign-in at this provider can only be finished where it was started."""
        provider = self._providers.find(provider_name)
        return provider is None or provider.has_authorization

    async def start_single_sign_on(
        self, *, provider_name: str, code_challenge: str, prompt_login: bool, login_hint: str | None
    ) -> Started:
        """Begin a sign-in at a provider."""
        provider = self._providers.find(provider_name)
        if provider is None or not provider.has_authorization:
            raise SsoProviderNotFound
        await self._count_start()
        state, nonce = random_token(), random_token()
        asked = AuthorizationRequest(
            state=state, nonce=nonce, code_challenge=code_challenge, prompt_login=prompt_login, login_hint=login_hint
        )
        try:
            url = await provider.authorization_url(asked)
        except ProviderUnavailable as unavailable:
            raise _unavailable(provider, unavailable) from None
        flow = SsoFlow.start(
            flow_id=self._new_id("ssoflow"),
            state_digest=digest(state),
            nonce_digest=digest(nonce),
            provider_name=provider.name,
            code_challenge=code_challenge,
            prompt_login=prompt_login,
            now=self._now(),
        )
        async with self._begin() as uow:
            await FlowRepository(uow).add(flow)
        return Started(url, state, flow.expires_at)

    async def authenticate_single_sign_on(self, brought: Return) -> Tokens:
        """Open a session for whoever has signed in at a provider."""
        provider = self._providers.find(brought.provider)
        if provider is None:
            raise _failed(brought.provider.lower(), "there is no such provider")
        flow = await self._use_up(provider, brought) if provider.has_authorization else None
        account = await self._account(provider, brought, flow)
        arrival = Arrival(
            provider_name=provider.name,
            account=account,
            auth_time=self._auth_time(account, flow),
            invitation_token=brought.invitation_token,
            are_terms_accepted=brought.are_terms_accepted,
        )
        try:
            return await self._persons.sign_in(arrival)
        except ProviderRefused as refused:
            raise _failed(provider.name, str(refused)) from None

    async def forget_expired_flows(self) -> int:
        """Delete what can no longer be finished. For the worker."""
        async with self._begin() as uow:
            return await FlowRepository(uow).forget_expired(self._now())
        raise AssertionError("unreachable")

    async def _count_start(self) -> None:
        address = current_call().client_address
        # In a transaction of its own: what follows asks the provider, and must not hold a row meanwhile.
        async with self._quotas.counted(
            self._begin, "sso-start", address, most=self._starts_per_minute, within=_MINUTE, is_step=True
        ):
            pass

    async def _use_up(self, provider: SsoProvider, brought: Return) -> SsoFlow:
        """The started sign-in, which nobody can finish after this, whatever becomes of it."""
        now = self._now()
        async with self._begin(is_step=True) as uow:
            flow = await FlowRepository(uow).use_up(digest(brought.state), now)
        if flow is None:
            raise _failed(provider.name, "no such sign-in was started, or it was finished before")
        fault = flow.fault_of(provider_name=provider.name, code_verifier=brought.code_verifier, now=now)
        if fault is not None:
            raise _failed(provider.name, fault)
        return flow

    async def _account(self, provider: SsoProvider, brought: Return, flow: SsoFlow | None) -> Account:
        exchange = Exchange(
            auth_code=brought.auth_code,
            code_verifier=brought.code_verifier,
            nonce_digest=flow.nonce_digest if flow is not None else b"",
            issuer=brought.issuer,
            login_asked_at=flow.created_at if flow is not None and flow.prompt_login else None,
            username=brought.username,
        )
        try:
            return await provider.authenticate(exchange)
        except ProviderRefused as refused:
            raise _failed(provider.name, str(refused)) from None
        except ProviderUnavailable as unavailable:
            raise _unavailable(provider, unavailable) from None

    def _auth_time(self, account: Account, flow: SsoFlow | None) -> datetime:
        if account.auth_time is not None:
            return account.auth_time
        return self._now() if flow is not None and flow.prompt_login else _UNKNOWN


def _failed(provider_name: str, detail: str) -> SsoAuthenticationFailed:
    log.warning("single sign-on failed", extra={"provider": provider_name, "detail": detail})
    return SsoAuthenticationFailed(provider=provider_name)


def _unavailable(provider: SsoProvider, unavailable: ProviderUnavailable) -> SsoProviderUnavailable:
    extra = {"provider": provider.name, "detail": str(unavailable)}
    log.warning("single sign-on: the provider is not available", extra=extra)
    return SsoProviderUnavailable(provider=provider.name)
