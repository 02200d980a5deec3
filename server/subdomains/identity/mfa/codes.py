"""Codes and secrets that are made here: what is stored of them, and how a code is told from a wrong one."""

import secrets
from datetime import datetime
from functools import partial

from server.kernel.security.secrets import SecretKeys, digest
from server.subdomains.identity.mfa.domain import recovery_codes, totp
from server.subdomains.identity.mfa.domain.authenticator import AuthenticatorType, GivenCode, MfaAuthenticator

_CODE, _TOTP_SECRET, _CHANNEL = "mfa-code", "mfa-totp-secret", "mfa-channel"


class Codes:
    """Makes, signs and seals. Whatever is stored is bound to its authenticator, and of no use for another."""

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

    def sign(self, authenticator: MfaAuthenticator, code: str) -> bytes:
        """What is stored of a code."""
        return self._keys.sign(_CODE, _bound(authenticator, code))

    def given(self, authenticator: MfaAuthenticator, code: str, handle: str | None, now: datetime) -> GivenCode:
        """What somebody answers for an authenticator."""
        steps: list[int] = []
        if authenticator.sealed_totp_secret is not None:
            bound_to = authenticator.id.encode()
            steps = totp.steps_of(self._keys.open(_TOTP_SECRET, authenticator.sealed_totp_secret, bound_to), code, now)
        return GivenCode(
            is_of=partial(self._keys.is_signature, _CODE, _bound(authenticator, code)),
            steps=steps,
            handle_digest=digest(handle) if handle else None,
        )

    def seal_totp_secret(self, authenticator: MfaAuthenticator, secret: bytes) -> bytes:
        """The secret of an app, to be stored."""
        return self._keys.seal(_TOTP_SECRET, secret, authenticator.id.encode())

    def seal_channel(self, authenticator: MfaAuthenticator, channel: str) -> bytes:
        """Where codes are sent, to be stored."""
        return self._keys.seal(_CHANNEL, channel.encode(), authenticator.id.encode())

    def open_channel(self, authenticator: MfaAuthenticator) -> str | None:
        """Where codes are sent, if they are."""
        sealed = authenticator.sealed_channel
        return None if sealed is None else self._keys.open(_CHANNEL, sealed, authenticator.id.encode()).decode()


def _bound(authenticator: MfaAuthenticator, code: str) -> bytes:
    if authenticator.type is AuthenticatorType.RECOVERY_CODES:
        code = recovery_codes.normal_form(code)
    return f"{authenticator.id}:{code}".encode()
