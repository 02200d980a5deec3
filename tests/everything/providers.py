"""What requests of single sign-on need: a provider that answers, and codes of the one for tests."""

import secrets

from tests.everything.requests import Value
from tests.signed_in import new_address
from tests.single_sign_on.conftest import entry
from tests.single_sign_on.issuer import Issuer

PROVIDER = "acme"


def provider_entry(issuer: Issuer) -> dict[str, object]:
    """The provider as the settings have it."""
    return entry(PROVIDER, issuer.url)


def sign_ins_by_providers() -> dict[str, Value]:
    """Fields that only fit together: a provider, and what it needs."""

    async def provider(*_: object) -> str:
        return PROVIDER

    async def testsso(*_: object) -> str:
        return "testsso"

    async def code(*_: object) -> str:
        return f"1234567890-{secrets.token_hex(8)}"

    async def address(*_: object) -> str:
        return new_address()

    async def nothing(*_: object) -> None:
        return None

    needless = ("state", "code_verifier", "iss", "invitation_token")
    return {
        "StartSingleSignOn.provider": provider,
        "StartSingleSignOn.login_hint": address,
        "AuthenticateSingleSignOn.provider": testsso,
        "AuthenticateSingleSignOn.auth_code": code,
        "AuthenticateSingleSignOn.username": address,
        **{f"AuthenticateSingleSignOn.{name}": nothing for name in needless},
    }
