"""Password credentials in the whole product: a sign-up reaches every part of it."""

import pytest

from tests.harness import Running
from tests.signed_in import whole_product

server, running_clock, people = whole_product("password_credentials")


@pytest.fixture
def hashed(server: Running, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that reach the hash, in their order."""
    found: list[str] = []
    argon2 = server.app.platform.hasher._hasher
    verify = argon2.verify

    def verify_and_note(password: str, stored: str) -> bool:
        found.append(password)
        return verify(password, stored)

    monkeypatch.setattr(argon2, "verify", verify_and_note)
    return found
