"""The use case of identities."""

from dataclasses import dataclass

from server.kernel.subdomain import Platform
from server.subdomains.identity.password_credentials.api import PasswordCredentialsApi


@dataclass(frozen=True, slots=True)
class Identity:
    """How a user can sign in."""

    user_id: str
    has_credentials: bool
    is_mfa_enabled: bool


class IdentitiesApplication:
    """What callers may ask about themselves."""

    def __init__(self, credentials: PasswordCredentialsApi) -> None:
        self._credentials = credentials

    @classmethod
    def of(cls, platform: Platform) -> "IdentitiesApplication":
        return cls(PasswordCredentialsApi.of(platform))

    async def get_identity(self, *, user_id: str) -> Identity:
        """How a user can sign in. Machines, and persons who only use single sign-on, have no password."""
        credential = await self._credentials.find_credential(user_id)
        return Identity(user_id, credential is not None, credential is not None and credential.is_mfa_enabled)
