"""How often strangers may make this subdomain send mails or do work. Counted over all processes."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.quotas import Quotas
from server.kernel.subdomain import Platform
from server.subdomains.identity.password_credentials.settings import PasswordCredentialsSettings

_HOUR = timedelta(hours=1)
_MAILS, _CALLS = 5, 20


class Limits:
    """Counts, and says what is one too many. In development nothing is, unless a setting says so."""

    def __init__(self, quotas: Quotas, *, registration_mails: int, reset_mails: int, reset_calls: int) -> None:
        self._quotas = quotas
        self._registration_mails = registration_mails
        self._reset_mails = reset_mails
        self._reset_calls = reset_calls

    @classmethod
    def of(cls, platform: Platform) -> "Limits":
        settings: PasswordCredentialsSettings = platform.read_settings(PasswordCredentialsSettings)

        def limit(given: int | None, usual: int) -> int:
            return given if given is not None else (0 if platform.is_testing else usual)

        return cls(
            platform.quotas,
            registration_mails=limit(settings.registration_mails_per_hour, _MAILS),
            reset_mails=limit(settings.reset_mails_per_hour, _MAILS),
            reset_calls=limit(settings.reset_calls_per_hour, _CALLS),
        )

    async def admit_registration_mail(self, uow: UnitOfWork, email_address: str, *, is_first: bool) -> bool:
        """Whether one more mail about a registration may go to an address. The first one always may."""
        purpose = "first-registration-mail" if is_first else "registration-mails"
        may = await self._quotas.admit(uow, purpose, email_address, most=self._registration_mails, within=_HOUR)
        return may or is_first

    async def admit_reset_mail(self, uow: UnitOfWork, email_address: str) -> bool:
        """Whether one more mail about a password reset may go to an address."""
        return await self._quotas.admit(uow, "reset-mails", email_address, most=self._reset_mails, within=_HOUR)

    def counted_reset(self, begin: OpenUnitOfWork, client_address: str) -> AbstractAsyncContextManager[UnitOfWork]:
        """A transaction in which a client asks for a password reset. It is refused when that is one too many."""
        return self._quotas.counted(begin, "reset-calls", client_address, most=self._reset_calls, within=_HOUR)
