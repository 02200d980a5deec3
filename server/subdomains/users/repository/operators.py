"""That the platform never runs out of operators: what is locked and asked before one goes."""

from sqlalchemy import and_, bindparam, exists, func, literal_column, select

from server.kernel.access.roles import PlatformRole
from server.kernel.database import UnitOfWork
from server.kernel.database.types import Id
from server.subdomains.users import tables
from server.subdomains.users.domain.end_user import UserAccess, UserStatus

_user = tables.end_user.c
# One lock for the whole platform: suspending and taking roles away is rare.
_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(literal_column("'users.operators'"), 0)))
# As the index has it, word for word.
_IS_OPERATOR = _user.roles.op("@>", is_comparison=True)(literal_column(f"ARRAY['{PlatformRole.OPERATIONS.value}']"))
_IS_ANYBODY_ELSE = select(
    exists()
    .where(
        and_(
            _IS_OPERATOR,
            _user.id != bindparam("user_id", type_=Id("user")),
            _user.access == UserAccess.ENABLED,
            _user.status == UserStatus.REGISTERED,
        )
    )
    .label("found")
)


async def lock_operators(uow: UnitOfWork) -> None:
    """Have everybody who makes operators fewer wait until the end of the transaction. Before any row is locked."""
    await uow.fetch_all(_LOCK, {})


async def is_anybody_else_operator(uow: UnitOfWork, user_id: str) -> bool:
    """Whether somebody but this user runs the platform. Whoever asks holds the lock."""
    row = await uow.fetch_one(_IS_ANYBODY_ELSE, {"user_id": user_id})
    return row is not None and bool(row.found)
