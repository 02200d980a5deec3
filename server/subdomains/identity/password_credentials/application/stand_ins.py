"""
Work that is done for nothing, so that the time an answer takes tells no more than the answer (docs/decisions/0059).

A statement that finds no row is quicker than one that does. So whoever knows no credential for an address works on one
that is made for the purpose, in a part of the transaction that is undone; and whoever knows one makes one all the same.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from server.kernel.clock import Clock
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.identity.password_credentials.domain.credential import PersonCredential
from server.subdomains.identity.password_credentials.repository import CredentialRepository


class StandIns:
    """Makes credentials that stand in for those that are not there."""

    def __init__(self, *, new_id: Callable[[str], str], now: Clock) -> None:
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "StandIns":
        return cls(new_id=platform.new_id, now=platform.clock)

    @asynccontextmanager
    async def somebody(
        self, uow: UnitOfWork, known: PersonCredential | None, *, looks: int = 1
    ) -> AsyncIterator[PersonCredential]:
        """
        The credential to change and to save in the block: *known*, or a stand-in of which nothing will be stored.

        Whoever asks has looked for *known* so many times. The looks here make up for that: in either case, as many are
        for one that is there as for one that is not.
        """
        credentials = CredentialRepository(uow)
        nobody = PersonCredential.of_nobody(self._new_id("cred"), self._new_id("user"), self._now())
        if known is not None:
            async with uow.part(is_kept=False):
                await credentials.add(nobody)
            for _ in range(looks):
                await credentials.find_by_email_address(nobody.email_address)
            async with uow.part(is_kept=True):
                yield known
            return
        async with uow.part(is_kept=False):
            await credentials.add(nobody)
            found = nobody
            for _ in range(looks):
                found = await credentials.find_by_email_address(nobody.email_address) or nobody
            async with uow.part(is_kept=True):
                yield found
