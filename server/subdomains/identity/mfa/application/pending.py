"""Sign-ins whose password was right: what password credentials ask for (their ports), and what ends the wait."""

from server.kernel.clock import Clock
from server.kernel.database import UnitOfWork
from server.kernel.errors import AccountSuspended
from server.kernel.security.secrets import digest, random_token
from server.kernel.subdomain import Platform
from server.subdomains.identity.mfa.repository import PersonMfaRepository
from server.subdomains.users.api import UsersApi


class PendingSignIns:
    """Makes MFA tokens, and lets them be good for nothing."""

    def __init__(self, *, users: UsersApi, now: Clock) -> None:
        self._users = users
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "PendingSignIns":
        return cls(users=UsersApi.of(platform), now=platform.clock)

    async def begin_sign_in(self, uow: UnitOfWork, *, credential_id: str, user_id: str) -> str:
        """
        A new token for somebody who has given the password of this credential, which the caller has locked.

        Raises:
            AccountSuspended: The user is, since a moment ago: no suspension must miss the token.
        """
        if not await self._users.hold_access(uow, user_id):
            raise AccountSuspended
        token, people = random_token(), PersonMfaRepository(uow)
        person = await people.get(credential_id, user_id)
        person.begin_sign_in(digest(token), self._now())
        await people.save(person)
        return token

    async def forget_sign_in(self, uow: UnitOfWork, *, user_id: str) -> None:
        """Let a token that is pending be good for nothing any more."""
        await PersonMfaRepository(uow).forget_sign_in(user_id)
