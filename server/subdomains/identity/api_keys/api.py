"""
What other subdomains may ask of API keys, within their own unit of work.

Plain values in, plain values out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from server.kernel.database import UnitOfWork
from server.kernel.errors import Violation
from server.kernel.subdomain import Platform
from server.subdomains.identity.api_keys.application.keys import ApiKeysApplication


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was made, without its text."""

    id: str
    user_id: str
    name: str
    expires_at: datetime | None


class ApiKeysApi:
    """Makes and revokes API keys."""

    def __init__(self, application: ApiKeysApplication) -> None:
        self._keys = application

    @classmethod
    def of(cls, platform: Platform) -> "ApiKeysApi":
        return cls(ApiKeysApplication.of(platform))

    def violations_of_expiry(self, field: str, expires_at: datetime | None) -> Iterator[Violation]:
        """What is wrong with when a new key is to expire, said of this field of a request."""
        return self._keys.violations_of_expiry(field, expires_at)

    async def create(
        self, uow: UnitOfWork, *, user_id: str, name: str, expires_at: datetime | None
    ) -> tuple[str, ApiKey]:
        """
        Make a key of a user, whose row is locked. Returns its text, which nobody learns again, and the key.

        Raises:
            UserNotFound: There is no such user.
            TooManyApiKeys: The user has as many active ones as a user may have.
        """
        text, key = await self._keys.create(uow, user_id=user_id, name=name, expires_at=expires_at)
        return text, ApiKey(key.id, key.user_id, key.name, key.expires_at)

    async def revoke_all_of(self, uow: UnitOfWork, user_id: str) -> int:
        """Revoke every key of a user and say how many there were. Access ends with them, on every server."""
        return await self._keys.revoke_all_of(uow, user_id)
