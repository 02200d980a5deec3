"""What signing in with a password needs of whoever keeps second factors."""

from typing import Protocol

from server.kernel.database import UnitOfWork


class SecondFactors(Protocol):
    """Asks for second factors. A subdomain above this one answers (``Subdomain.answers``)."""

    async def begin_sign_in(self, uow: UnitOfWork, *, credential_id: str, user_id: str) -> str:
        """The token with which to show a second factor now that the password was right. It replaces an earlier one."""
        ...

    async def forget_sign_in(self, uow: UnitOfWork, *, user_id: str) -> None:
        """Let a token that is pending be good for nothing any more."""
        ...
