"""The use cases of API keys: one public method each, in the order of the contract, then those of other subdomains."""

from collections.abc import Callable, Iterator
from datetime import datetime

from server.kernel import values
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import Violation
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.security.secrets import digest
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.identity.api_keys.domain import key_text
from server.subdomains.identity.api_keys.domain.api_key import DEFAULT_NAME, ApiKey, ApiKeyState, violates_expiry
from server.subdomains.identity.api_keys.errors import ApiKeyNotFound, ApiKeyNotOwner, TooManyApiKeys
from server.subdomains.identity.api_keys.repository import ApiKeyReader, ApiKeyRepository, api_key_of
from server.subdomains.identity.api_keys.settings import ApiKeysSettings
from server.subdomains.users.api import UserNotFound, UsersApi

_NOT_SOON_SECONDS = 3600.0  # waiting alone helps nobody who has too many keys
API_KEY_ORDERING = Ordering(("created_at", "last_used_at", "expires_at", "name"), "created_at desc")


class ApiKeysApplication:
    """What can be done with API keys."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        lists: Lists,
        users: UsersApi,
        audits: AuditsApi,
        most_per_user: int,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._keys = ApiKeyReader(reader)
        self._lists = lists
        self._users = users
        self._audits = audits
        self._most_per_user = most_per_user
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "ApiKeysApplication":
        settings: ApiKeysSettings = platform.read_settings(ApiKeysSettings)
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            lists=platform.lists,
            users=UsersApi.of(platform),
            audits=AuditsApi.of(platform),
            most_per_user=settings.max_api_keys_per_user,
            new_id=platform.new_id,
            now=platform.clock,
        )

    def violations_of_name(self, name: str) -> Iterator[Violation]:
        """What is wrong with the name of a new key, if it has one."""
        if name and values.machine_name(name) is None:
            yield Violation("name", "INVALID_NAME", "must be 1 to 200 letters, digits and the like")

    def violations_of_expiry(self, field: str, expires_at: datetime | None) -> Iterator[Violation]:
        """What is wrong with the expiry of a new key, if it has one."""
        if expires_at is not None and violates_expiry(expires_at, self._now()):
            yield Violation(field, f"INVALID_{field.upper()}", "must be at least an hour from now")

    async def create_api_key(self, *, caller_id: str, name: str, expires_at: datetime | None) -> tuple[str, ApiKey]:
        """Make a key of the caller. Returns its text, which nobody learns again, and the key."""
        async with self._begin() as uow:
            return await self.create(uow, user_id=caller_id, name=name or DEFAULT_NAME, expires_at=expires_at)

    async def list_api_keys(self, *, user_id: str, state: ApiKeyState | None, page: Page) -> Paged:
        """The keys of a user, each with the state that it is in."""
        now = self._now()
        rows = await self._keys.list_of_user(user_id, page, state=state, now=now)
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        keys = [api_key_of(row) for row in paged.items]
        return Paged([(key, key.state(now)) for key in keys], paged.next_page_token, paged.total_size)

    async def delete_api_key(self, *, caller_id: str, key_id: str) -> None:
        """Delete a key of the caller."""
        async with self._begin() as uow:
            keys = ApiKeyRepository(uow)
            key = await keys.find(key_id)
            if key is None:
                raise ApiKeyNotFound
            if key.user_id != caller_id:
                raise ApiKeyNotOwner
            key.delete(caller_id)
            await keys.delete(key)

    async def revoke_api_key(self, *, operator_id: str, key_id: str) -> ApiKey:
        """Revoke anybody's key. One that was revoked stays as it is."""
        async with self._begin() as uow:
            keys = ApiKeyRepository(uow)
            key = await keys.find(key_id)
            if key is None:
                raise ApiKeyNotFound
            if key.revoked_at is None:
                key.revoke(self._now())
                await keys.end(key)
                self._audits.record(
                    uow,
                    "Authentication.APIKey.Revoked",
                    "Operator {OperatorId} revoked the API key {KeyId} of user {OwnerId}",
                    operator_id,
                    key.id,
                    key.user_id,
                    against=key.user_id,
                )
        return key

    async def create(
        self, uow: UnitOfWork, *, user_id: str, name: str, expires_at: datetime | None
    ) -> tuple[str, ApiKey]:
        """
        Make a key of a user, whose row is locked meanwhile: two who make one at once must not be one too many.

        Raises:
            UserNotFound: There is no such user; service accounts have no keys either.
            TooManyApiKeys: The user has as many active ones as a user may have.
        """
        if await self._users.lock_user(uow, user_id) is None:
            raise UserNotFound
        keys, now = ApiKeyRepository(uow), self._now()
        if await keys.count_active(user_id, now) >= self._most_per_user:
            raise TooManyApiKeys(retry_after=_NOT_SOON_SECONDS)
        key_id = self._new_id("apikey")
        text = key_text.new_text(key_id)
        key = ApiKey.create(
            id=key_id, user_id=user_id, key_hash=digest(text), name=name, expires_at=expires_at, now=now
        )
        await keys.add(key)
        return text, key

    async def revoke_all_of(self, uow: UnitOfWork, user_id: str) -> int:
        """Revoke every key of a user, within the transaction of whoever asks, and say how many there were."""
        keys, now = ApiKeyRepository(uow), self._now()
        unrevoked = await keys.list_unrevoked(user_id)
        for key in unrevoked:
            key.revoke(now)
            await keys.end(key)
        return len(unrevoked)
