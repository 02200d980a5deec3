"""Which messages were carried out: all SQL about them."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from server.kernel.database import UnitOfWork
from server.kernel.database.types import Instant
from server.subdomains.ancillary.provisioning import tables

_inbox = tables.inbox.c
_AT_ONCE = 1000

_RECEIVE = (
    insert(tables.inbox)
    .values(message_id=bindparam("message_id"), received_at=bindparam("received_at"))
    .on_conflict_do_nothing(index_elements=[_inbox.message_id])
    .returning(_inbox.message_id)
)
_FORGET = delete(tables.inbox).where(
    _inbox.message_id.in_(
        select(_inbox.message_id)
        .where(_inbox.received_at < bindparam("before", type_=Instant))
        .order_by(_inbox.received_at)
        .limit(_AT_ONCE)
    )
)


class InboxRepository:
    """The inbox, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def receive(self, message_id: str, now: datetime) -> bool:
        """Take note of a message. Says whether it is a new one; waits for another that is carrying it out."""
        parameters = {"message_id": message_id, "received_at": now}
        return await self._uow.fetch_one(_RECEIVE, parameters) is not None

    async def forget(self, before: datetime) -> int:
        """Forget some of the messages that came before an instant. Says how many."""
        return await self._uow.execute(_FORGET, {"before": before})
