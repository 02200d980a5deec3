"""The plain tokens of pending registrations, which only testing builds keep."""

from server.kernel.database import Reader, UnitOfWork
from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.subdomains.identity.password_credentials.repository import (
    ConfirmationTokenRepository,
    CredentialReader,
)

_PURPOSE = "confirmation-token"


class TestingTokens:
    """Keeps the latest token of each credential, sealed. In production builds it does nothing."""

    __test__ = False  # no test, whatever pytest makes of the name

    def __init__(self, *, reader: Reader, secrets: SecretKeys, is_testing: bool) -> None:
        self._tokens = CredentialReader(reader)
        self._secrets = secrets
        self._is_testing = is_testing

    @classmethod
    def of(cls, platform: Platform) -> "TestingTokens":
        return cls(reader=platform.reader, secrets=platform.secrets, is_testing=platform.is_testing)

    async def keep(self, uow: UnitOfWork, credential_id: str, token: str) -> None:
        """Keep the token of a credential, in place of an earlier one."""
        if self._is_testing:
            sealed = self._secrets.seal(_PURPOSE, token.encode(), credential_id.encode())
            await ConfirmationTokenRepository(uow).keep(credential_id, sealed)

    async def forget(self, uow: UnitOfWork, credential_id: str) -> None:
        """Delete a token that is used up."""
        if self._is_testing:
            await ConfirmationTokenRepository(uow).forget(credential_id)

    async def find(self, credential_id: str) -> str | None:
        """The token of a credential whose registration is pending."""
        sealed = await self._tokens.find_confirmation_token(credential_id)
        return None if sealed is None else self._secrets.open(_PURPOSE, sealed, credential_id.encode()).decode()
