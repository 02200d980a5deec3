"""
What happens when an API key is presented.

A key that was used a moment ago costs no round trip: it is remembered as its owner is, and dropped as its owner is. The
digest is compared each time.
"""

import hmac
from datetime import datetime

from server.kernel.access.caller import ANONYMOUS, Caller, Credential, Principal, current_call
from server.kernel.access.principals import Principals
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.errors import AccountSuspended
from server.kernel.rpc.authentication import ApiKeyInvalid
from server.kernel.security.secrets import digest
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi, RefusalAudits
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.api_keys.domain import key_text
from server.subdomains.identity.api_keys.domain.api_key import ApiKey, ApiKeyState
from server.subdomains.identity.api_keys.repository import ApiKeyRepository, KnownApiKeys
from server.subdomains.user_profiles.api import UserProfilesApi

_PROVIDER = "apikey"
_AUDIT = "Authentication.APIKey."
_NO_HASH = bytes(32)


class ApiKeyAuthentication:
    """Says whose a key is. Answers the kernel's port."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        known: KnownApiKeys,
        profiles: UserProfilesApi,
        audits: AuditsApi,
        usages: UsagesApi,
        refusals: RefusalAudits,
        suspensions: RefusalAudits,
        now: Clock,
    ) -> None:
        self._begin = begin
        self._known = known
        self._profiles = profiles
        self._audits = audits
        self._usages = usages
        self._refusals = refusals
        self._suspensions = suspensions
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "ApiKeyAuthentication":
        return cls(
            begin=platform.begin,
            known=KnownApiKeys(platform.database),
            profiles=UserProfilesApi.of(platform),
            audits=AuditsApi.of(platform),
            usages=UsagesApi.of(platform),
            refusals=RefusalAudits.of(
                platform,
                code="APIKeyAuthentication.Failed.InvalidAPIKey",
                one="An API key",
                several="API keys",
            ),
            suspensions=RefusalAudits.of(
                platform,
                code=f"{_AUDIT}Failed.AccountSuspended",
                one="An API key of a suspended user",
                several="API keys of suspended users",
            ),
            now=platform.clock,
        )

    async def caller_of(self, api_key: str, principals: Principals) -> Caller:
        """
        The owner of a key, who has used it.

        Raises:
            ApiKeyInvalid: It is malformed, unknown, expired, revoked, or of somebody who is not registered.
            AccountSuspended: It is good, and its owner is suspended.
        """
        key_id = key_text.id_in(api_key)
        if key_id is None:
            raise await self._refused(ANONYMOUS)
        key, now = await self._known.recall(key_id), self._now()
        # That of an unknown key, too: it takes as long as a wrong secret, and leaves the same behind.
        is_right = hmac.compare_digest(digest(api_key), _NO_HASH if key is None else key.key_hash)
        if key is None or not is_right:
            raise await self._refused(ANONYMOUS)
        if key.state(now) is not ApiKeyState.ACTIVE:
            raise await self._refused(key.user_id)
        principal = await principals.find(key.user_id, None)
        if principal is None or not principal.is_registered:
            raise await self._refused(key.user_id)
        if principal.is_suspended:
            raise await self._suspended(key.user_id)
        caller = Caller(key.user_id, Credential.API_KEY, principal)
        if not key.is_use_noted(now):
            await self._note_use(key, caller, principal, now)
        return caller

    async def _refused(self, owner_id: str) -> ApiKeyInvalid:
        refusal = ApiKeyInvalid()
        await self._refusals.record(refusal, against=owner_id)
        return refusal

    async def _suspended(self, owner_id: str) -> AccountSuspended:
        refusal = AccountSuspended()
        await self._suspensions.record(refusal, against=owner_id)
        await self._refusals.record(refusal, against=owner_id)
        return refusal

    async def _note_use(self, known: ApiKey, caller: Caller, principal: Principal, now: datetime) -> None:
        """Store that a key is in use, in a transaction of its own: the use stands even if the call fails."""
        current_call().caller = caller
        former, known.last_used_at = known.last_used_at, now  # other calls of this process need not do the same
        try:
            async with self._begin() as uow:
                keys = ApiKeyRepository(uow)
                key = await keys.find(known.id)
                if key is None or key.is_use_noted(now):  # by another process
                    return
                if key.use(now):
                    await self._tell(uow, principal)
                await keys.save(key)
        except BaseException:
            known.last_used_at = former
            raise

    async def _tell(self, uow: UnitOfWork, principal: Principal) -> None:
        user_id = principal.user_id
        self._audits.record(uow, f"{_AUDIT}Passed", "User {Id} presented an API key", user_id, against=user_id)
        profile = await self._profiles.find_profile(uow, user_id)
        self._usages.record(
            uow,
            "User Login",
            AuthProvider=_PROVIDER,
            UserIdOverride=user_id,
            Name=profile.full_name if profile is not None else None,
            EmailAddress=profile.email_address if profile is not None else None,
            DefaultOrganizationId=principal.default_organization_id,
        )
