"""People who sign up and sign in as clients do, on a server with every subdomain."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from tenantry.auth_tokens.v1.tokens_pb2 import Tokens
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    AuthenticateCredentialRequest,
    ConfirmPersonRegistrationRequest,
    GetRegistrationConfirmationRequest,
    RegisterPersonRequest,
)
from tenantry.password_credentials.v1.password_credentials_service_pb2_grpc import PasswordCredentialsServiceStub

from server import composition
from server.kernel.access.caller import MAINTENANCE
from server.subdomains.users.application.access import AccessApplication
from tests.harness import Metadata, Running, fresh_database, running

PASSWORD = "a quiet harbour at dusk"


@asynccontextmanager
async def whole_server(postgres: str, name: str) -> AsyncIterator[Running]:
    """A server of the whole product on a database of its own."""
    async with fresh_database(postgres, name, composition.histories()) as dsn, running(dsn, composition.compose) as it:
        yield it


def whole_product(name: str) -> tuple[Any, Any, Any]:
    """The fixtures of a folder of tests: a server on a database of its own, its clock, and people who sign in there."""

    @pytest_asyncio.fixture(scope="session", name="server")
    async def server_of_all(postgres: str, database_name: str) -> AsyncIterator[Running]:
        async with whole_server(postgres, f"{database_name}_{name}") as found:
            yield found

    @pytest_asyncio.fixture(autouse=True)
    async def running_clock(server: Running) -> AsyncIterator[None]:
        yield
        server.clock.run()

    @pytest.fixture(name="people")
    def people_of_all(server: Running) -> People:
        return People(server)

    return server_of_all, running_clock, people_of_all


@dataclass(frozen=True)
class Person:
    """Somebody who has registered, confirmed it, and signed in."""

    user_id: str
    credential_id: str
    email_address: str
    tokens: Tokens

    @property
    def metadata(self) -> Metadata:
        """The access token, as it is sent."""
        return bearer(self.tokens.access_token.value)


class People:
    """Makes them."""

    def __init__(self, server: Running) -> None:
        self._access = AccessApplication.of(server.app.platform)
        self.service = PasswordCredentialsServiceStub(server.channel)

    async def register(self, **changes: Any) -> tuple[Any, str]:
        """Sign up; the credential and the address."""
        request = registration(**changes)
        return (await self.service.RegisterPerson(request)).person, request.email_address

    async def confirmation_token(self, user_id: str) -> str:
        """The token of the mail."""
        request = GetRegistrationConfirmationRequest(user_id=user_id)
        return str((await self.service.GetRegistrationConfirmation(request)).token)

    async def confirm(self, user_id: str) -> None:
        """Follow the link of the mail."""
        token = await self.confirmation_token(user_id)
        await self.service.ConfirmPersonRegistration(ConfirmPersonRegistrationRequest(token=token))

    async def sign_in(self, email_address: str, password: str = PASSWORD, metadata: Metadata = ()) -> Tokens:
        """Open one more session."""
        request = AuthenticateCredentialRequest(username=email_address, password=password)
        return (await self.service.AuthenticateCredential(request, metadata=metadata)).tokens

    async def person(self, **changes: Any) -> Person:
        """Somebody new who is signed in."""
        credential, email_address = await self.register(**changes)
        await self.confirm(credential.user.id)
        tokens = await self.sign_in(email_address, changes.get("password", PASSWORD))
        return Person(credential.user.id, credential.id, email_address, tokens)

    async def suspend(self, user_id: str) -> None:
        """What an operator does."""
        await self._access.suspend_user(user_id=user_id, suspended_by_id=MAINTENANCE)

    async def reinstate(self, user_id: str) -> None:
        """What an operator does."""
        await self._access.reinstate_user(user_id=user_id, reinstated_by_id=MAINTENANCE)


def registration(**changes: Any) -> RegisterPersonRequest:
    """A valid registration of somebody new. A test names only the field it is about."""
    fields: dict[str, Any] = {
        "first_name": "Ana",
        "last_name": "Silva",
        "email_address": new_address(),
        "password": PASSWORD,
        "terms_and_conditions_accepted": True,
    }
    return RegisterPersonRequest(**(fields | changes))


def new_address() -> str:
    """An address that nobody has."""
    return f"ana.{uuid.uuid4().hex[:12]}@example.com"


def bearer(token: str) -> Metadata:
    """An access token as it is sent."""
    return (("authorization", f"Bearer {token}"),)
