"""The use cases of the contract, in its order, and the finding of users for other subdomains."""

from server.kernel.access.roles import Ownership
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import NotAMember
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Platform
from server.subdomains.users.application.records import Records
from server.subdomains.users.domain.end_user import EndUser
from server.subdomains.users.repository.end_users import EndUserReader, EndUserRepository
from server.subdomains.users.repository.rows import membership_of

MEMBERSHIP_ORDERING = Ordering(("created_at",), "created_at")


class UsersApplication:
    """What can be done with users."""

    def __init__(self, *, begin: OpenUnitOfWork, reader: Reader, lists: Lists, records: Records) -> None:
        self._begin = begin
        self._users = EndUserReader(reader)
        self._lists = lists
        self._records = records

    @classmethod
    def of(cls, platform: Platform) -> "UsersApplication":
        return cls(begin=platform.begin, reader=platform.reader, lists=platform.lists, records=Records.of(platform))

    async def get_user(self, user_id: str) -> EndUser:
        """Find one user, guests included."""
        return await self._users.get(user_id)

    async def list_memberships(self, *, user_id: str, ownership: Ownership | None, page: Page) -> Paged:
        """The memberships of a user."""
        rows = await self._users.list_memberships(user_id, page, ownership=ownership)
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        return Paged([membership_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

    async def change_default_organization(self, *, user_id: str, organization_id: str) -> EndUser:
        """Make another of a user's organizations the one that calls are made for when they name none."""
        async with self._begin() as uow:
            users = EndUserRepository(uow)
            user = await users.lock(user_id)
            if user is None:
                raise NotAMember  # service accounts are members of nothing
            if user.change_default_organization(organization_id):
                await users.save(user)
                await self._records.default_stated(uow, user)
        return user

    async def find_user(self, uow: UnitOfWork, user_id: str) -> EndUser | None:
        """A user, not locked."""
        return await EndUserRepository(uow).find(user_id)

    async def find_person_id(self, uow: UnitOfWork, email_address: str) -> str | None:
        """The id of the person who has registered with an address, not locked."""
        return await EndUserRepository(uow).find_id_by_email_address(email_address)

    async def lock_user(self, uow: UnitOfWork, user_id: str) -> EndUser | None:
        """A user, whom nobody else changes until the end of the transaction."""
        return await EndUserRepository(uow).lock(user_id)
