"""What other subdomains may ask of password credentials."""

from dataclasses import dataclass

from server.kernel.subdomain import Platform
from server.subdomains.identity.password_credentials.application.registrations import Registrations


@dataclass(frozen=True, slots=True)
class Credential:
    """That a user can sign in with a password."""

    id: str
    user_id: str
    is_mfa_enabled: bool


class PasswordCredentialsApi:
    """Finds credentials."""

    def __init__(self, registrations: Registrations) -> None:
        self._registrations = registrations

    @classmethod
    def of(cls, platform: Platform) -> "PasswordCredentialsApi":
        return cls(Registrations.of(platform))

    async def find_credential(self, user_id: str) -> Credential | None:
        """The credential of a user, confirmed or not: one read, outside any transaction."""
        found = await self._registrations.find_credential(user_id=user_id)
        return None if found is None else Credential(found.id, found.user_id, found.is_mfa_enabled)
