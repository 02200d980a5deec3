"""Codes and secrets that are made here, and how codes are told apart from what was made."""

import secrets

from server.kernel.security.secrets import SecretKeys, digest
from server.subdomains.identity.mfa.domain import recovery_codes, totp
from server.subdomains.identity.mfa.domain.authenticator import AuthenticatorType, GivenCode, MfaAuthenticator

_PURPOSE = "mfa-code"


class Codes:
    """Makes codes, and their keyed digests: each is bound to its authenticator."""

    def __init__(self, keys: SecretKeys) -> None:
        self._keys = keys

    def new_totp_secret(self) -> bytes:
        """The secret of an authenticator app: 160 bits."""
        return secrets.token_bytes(totp.SECRET_BYTES)

    def new_oob_code(self) -> str:
        """Six digits to be sent."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def new_recovery_codes(self) -> list[str]:
        """Ten different codes, as people see them."""
        numbers: set[int] = set()
        while len(numbers) < recovery_codes.COUNT:
            numbers.add(secrets.randbits(recovery_codes.BITS))
        return [recovery_codes.written(number) for number in numbers]

    def digest(self, authenticator: MfaAuthenticator, code: str) -> bytes:
        """What is stored of a code."""
        return self._keys.sign(_PURPOSE, _bound(authenticator, code))

    def given(self, authenticator: MfaAuthenticator, code: str, handle: str | None) -> GivenCode:
        """What somebody answers for an authenticator, with what may be stored of it."""
        return GivenCode(
            text=code,
            digests=self._keys.signatures(_PURPOSE, _bound(authenticator, code)),
            handle_digest=digest(handle) if handle else None,
        )


def _bound(authenticator: MfaAuthenticator, code: str) -> bytes:
    if authenticator.type is AuthenticatorType.RECOVERY_CODES:
        code = recovery_codes.normal_form(code)
    return f"{authenticator.id}:{code}".encode()
