"""Whether users may use the platform at all."""

from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.users.application.records import Records
from server.subdomains.users.domain.end_user import EndUser
from server.subdomains.users.errors import LastOperator
from server.subdomains.users.repository.end_users import EndUserRepository
from server.subdomains.users.repository.operators import is_anybody_else_operator, lock_operators


class AccessApplication:
    """Suspends users and reinstates them. Others react within the same transaction: sessions end."""

    def __init__(self, *, begin: OpenUnitOfWork, records: Records) -> None:
        self._begin = begin
        self._records = records

    @classmethod
    def of(cls, platform: Platform) -> "AccessApplication":
        return cls(begin=platform.begin, records=Records.of(platform))

    async def suspend_user(self, *, user_id: str, suspended_by_id: str) -> EndUser:
        """Refuse every credential of a user from now on."""
        async with self._begin() as uow:
            # Of two operators who suspend each other at once, the second finds that it is the last.
            await lock_operators(uow)
            users = EndUserRepository(uow)
            user = await users.get(user_id)
            if user.suspend(suspended_by_id):
                if user.is_operator and not await is_anybody_else_operator(uow, user.id):
                    raise LastOperator
                self._records.user_suspended(uow, user.id, suspended_by_id)
                await users.save(user)
        return user

    async def reinstate_user(self, *, user_id: str, reinstated_by_id: str) -> EndUser:
        """Let a suspended user use the platform again."""
        async with self._begin() as uow:
            users = EndUserRepository(uow)
            user = await users.get(user_id)
            if user.reinstate(reinstated_by_id):
                self._records.user_reinstated(uow, user.id, reinstated_by_id)
                await users.save(user)
        return user

    async def hold_access(self, uow: UnitOfWork, user_id: str) -> bool:
        """Whether a user may use the platform, which stays so until the end of the transaction."""
        return await EndUserRepository(uow).hold_access(user_id)
