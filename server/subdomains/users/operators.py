"""Makes people operators, for the command line: the first operator can be made by nobody's call."""

from server.kernel import values
from server.kernel.access.caller import MAINTENANCE
from server.kernel.access.roles import PlatformRole
from server.kernel.database import Database
from server.kernel.settings import PlatformSettings, SettingsError, read
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.users.domain.end_user import EndUser
from server.subdomains.users.errors import UserNotFound
from server.subdomains.users.repository.end_users import EndUserRepository


async def add_operator(email: str) -> bool:
    """
    Make the person who has registered with *email* an operator. Says whether it was none.

    Raises:
        UserNotFound: Nobody has registered with it.
    """
    url = read(PlatformSettings).database_url
    if url is None:
        raise SettingsError("TENANTRY_DATABASE_URL is missing.")
    database = Database(url.get_secret_value())
    try:
        async with database.begin() as uow:
            users = EndUserRepository(uow)
            user = await _registered(users, email)
            is_news = user.assign_platform_role(PlatformRole.OPERATIONS)
            if is_news:
                await users.save(user)
                AuditsApi(UsagesApi()).record(
                    uow,
                    "EndUser.PlatformRolesAssigned",
                    "EndUser {AssignerId} assigned the platform roles {Roles} to EndUser {AssigneeId}",
                    MAINTENANCE,
                    PlatformRole.OPERATIONS.value,
                    user.id,
                    against=user.id,
                )
            return is_news
    finally:
        await database.stop()


async def _registered(users: EndUserRepository, email: str) -> EndUser:
    address = values.email(email)
    claimants = await users.lock_claimants(address, None) if address else []
    for user in claimants:
        if user.is_registered:
            return user
    raise UserNotFound(f"Nobody has registered with {email}. Register first, then run this again.")
