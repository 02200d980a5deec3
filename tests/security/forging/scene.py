"""What a forger has to work with: a running product, people in it, and one attempt to make of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from server.kernel.security.secrets import random_token
from tests.harness import Metadata, Running
from tests.signed_in import People, Person
from tests.single_sign_on.issuer import Issuer


@dataclass(frozen=True)
class Attempt:
    """What is presented to an operation: fields of its request, and metadata."""

    fields: dict[str, Any] = field(default_factory=dict)
    metadata: Metadata = ()


class Scene:
    """Where one forgery is made. Nothing of it is shared with another."""

    def __init__(self, server: Running, issuers: Mapping[str, Issuer]) -> None:
        self.server = server
        self.issuers = issuers
        self.people = People(server)

    async def victim(self) -> Person:
        """Somebody who has signed in."""
        return await self.people.person()

    def wait(self, **time: float) -> None:
        """Let time go by."""
        self.server.clock.advance(timedelta(**time))


async def never_issued(scene: Scene) -> str:
    """A token as ours look, which nobody here has made."""
    return random_token()
