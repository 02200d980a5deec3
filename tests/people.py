"""
People, for tests of the subdomains that know them: registered for real, in the transaction of whoever registers.

Identity, which owns sessions and passwords, does not run beside them: here every session is live.
"""

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import cast, func, select, true
from sqlalchemy.dialects.postgresql import JSONB
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub

from server.kernel.access.principals import USER_ID
from server.kernel.access.roles import Classification
from server.kernel.database import UnitOfWork
from server.kernel.ids import new_id
from server.kernel.migrate import KERNEL, History
from server.kernel.security.secrets import digest, random_token
from server.kernel.subdomain import Platform, Subdomain
from server.subdomains.organizations.wiring import organizations
from server.subdomains.subscriptions.wiring import subscriptions
from server.subdomains.user_profiles.wiring import user_profiles
from server.subdomains.users.api import User, UsersApi
from server.subdomains.users.domain.end_user import EndUser
from server.subdomains.users.domain.guest_invitation import GuestInvitation
from server.subdomains.users.repository.end_users import EndUserRepository
from server.subdomains.users.wiring import users
from tests.harness import Metadata, Running, fresh_database, running

_SUBDOMAINS = (user_profiles, subscriptions, users, organizations)
_LIVE = func.jsonb_build_object("user_id", USER_ID, "is_live", true())


def sessions_of_tests(platform: Platform) -> Subdomain:
    """Every session of everybody is live."""
    return Subdomain(name="sessions_of_tests", principal={"session": select(cast(_LIVE, JSONB))})


def compose(platform: Platform) -> list[Subdomain]:
    """The four subdomains that react to one another when somebody registers."""
    return [sessions_of_tests(platform), *(subdomain(platform) for subdomain in _SUBDOMAINS)]


@asynccontextmanager
async def database_of_people(postgres: str, name: str) -> AsyncIterator[str]:
    """A database with the tables of the four."""
    histories = [_history(subdomain) for subdomain in _SUBDOMAINS]
    async with fresh_database(postgres, name, [KERNEL, *histories]) as dsn:
        yield dsn


@asynccontextmanager
async def server_of_people(postgres: str, name: str) -> AsyncIterator[Running]:
    """A server of the four on a database of its own."""
    async with database_of_people(postgres, name) as dsn, running(dsn, compose) as found:
        yield found


@dataclass(frozen=True)
class Person:
    """A caller, and the user it is."""

    user: User
    email: str
    metadata: Metadata

    @property
    def user_id(self) -> str:
        return self.user.id

    @property
    def organization_id(self) -> str:
        assert self.user.default_organization_id is not None
        return self.user.default_organization_id


@dataclass(frozen=True)
class Guest:
    """Somebody who was invited and has not registered."""

    user_id: str
    email: str
    token: str


class People:
    """Registers people, invites guests, makes machines."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self._platform = server.app.platform
        self._users = UsersApi.of(self._platform)

    async def register(self, **changes: Any) -> Person:
        """A person who registers."""
        given = registration(**changes)
        async with self._platform.begin() as uow:
            user = await self._users.register_person(uow, **given)
        return Person(user, given["email"], self.credentials(user.id))

    async def invite(self, *, organization_id: str | None = None, expires_in: timedelta = timedelta(days=14)) -> Guest:
        """A guest, who may be a member of an organization already."""
        guest = Guest(new_id("user"), an_email(), random_token())
        now = self._server.clock()
        async with self._platform.begin() as uow:
            user = EndUser.create(
                id=guest.user_id, classification=Classification.PERSON, host_region="unknown", now=now
            )
            user.invite(
                GuestInvitation(
                    token_digest=digest(guest.token),
                    invitee_email=guest.email,
                    invited_by_id=new_id("user"),
                    invited_at=now,
                    expires_at=now + expires_in,
                )
            )
            await EndUserRepository(uow).add(user)
            if organization_id is not None:
                await self._join(uow, guest.user_id, organization_id)
        return guest

    async def create_organization(self, person: Person, name: str = "Analytical Engines") -> str:
        """A shared organization of a person."""
        service = OrganizationsServiceStub(self._server.channel)
        answer = await service.CreateOrganization(CreateOrganizationRequest(name=name), metadata=person.metadata)
        return str(answer.organization.id)

    async def join(self, user_id: str, organization_id: str) -> None:
        """Let a user join an organization, as an owner who invites it does."""
        async with self._platform.begin() as uow:
            await self._join(uow, user_id, organization_id)

    async def machine(self, *, name: str = "Robot", is_anonymous: bool = False) -> Person:
        """A machine that somebody registers, or nobody."""
        async with self._platform.begin() as uow:
            user = await self._users.register_machine(
                uow, name=name, timezone=None, country_code=None, is_anonymous=is_anonymous, joined=None
            )
        return Person(user, "", self.credentials(user.id))

    def credentials(self, user_id: str) -> Metadata:
        """What a user presents who has signed in."""
        return self._server.as_user(user_id, new_id("session"))

    async def _join(self, uow: UnitOfWork, user_id: str, organization_id: str) -> None:
        await self._users.add_member(
            uow, user_id=user_id, organization_id=organization_id, organization_name="Somewhere"
        )


def registration(**changes: Any) -> dict[str, Any]:
    """What somebody registers with. A test names only what it is about."""
    given = {
        "email": an_email(),
        "first_name": "Ada",
        "last_name": "Lovelace",
        "timezone": "Europe/London",
        "locale": "en-GB",
        "country_code": "GBR",
        "invitation_token": None,
    }
    return given | changes


def an_email() -> str:
    """An address that nobody has registered."""
    return f"{new_id('user')}@example.com"


def _history(subdomain: Any) -> History:
    return History(subdomain.__name__, Path(inspect.getfile(subdomain)).parent / "migrations")
