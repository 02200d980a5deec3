"""How somebody becomes a user."""

from collections.abc import Callable
from dataclasses import dataclass

from server.kernel.access.caller import find_current_call
from server.kernel.access.roles import Classification
from server.kernel.clock import Clock
from server.kernel.database import UnitOfWork
from server.kernel.security.secrets import digest
from server.kernel.subdomain import Platform
from server.subdomains.users.application.memberships import Joined, MembershipsApplication
from server.subdomains.users.application.records import Records
from server.subdomains.users.domain.end_user import EndUser
from server.subdomains.users.errors import (
    EmailAlreadyRegistered,
    InvitationExpired,
    InvitationNotAnonymous,
    UserNotFound,
)
from server.subdomains.users.events import RegisteredProfile
from server.subdomains.users.repository.end_users import EndUserRepository
from server.subdomains.users.settings import UsersSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A person who wants to register, everything in its normal form."""

    email_address: str
    profile: RegisteredProfile
    invitation_token: str | None = None


class RegistrationApplication:
    """Registers users."""

    def __init__(
        self,
        *,
        memberships: MembershipsApplication,
        records: Records,
        operators: frozenset[str],
        host_region: str,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._memberships = memberships
        self._records = records
        self._operators = operators
        self._host_region = host_region
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "RegistrationApplication":
        settings: UsersSettings = platform.read_settings(UsersSettings)
        return cls(
            memberships=MembershipsApplication.of(platform),
            records=Records.of(platform),
            operators=settings.operator_whitelist,
            host_region=platform.database.host_region,
            new_id=platform.new_id,
            now=platform.clock,
        )

    async def register_person(self, uow: UnitOfWork, registration: Registration) -> tuple[EndUser, bool]:
        """
        Register a person, or find the one who has registered with the address; says whether it is new.

        Everything that follows (profile, personal organization, subscription, features) is done when this returns.

        Raises:
            EmailAlreadyRegistered: A guest accepts an invitation with an address that somebody else has registered.
            InvitationNotAnonymous, InvitationExpired: The invitation cannot be accepted.
            EmailTaken: Somebody registered with the address at the same moment, and was quicker.
        """
        users = EndUserRepository(uow)
        found = await self._find_claimant(users, registration)
        if found is not None and found.is_registered:
            return found, False
        user = found or self._new_user(Classification.PERSON)
        user.register_person(
            email_address=registration.email_address,
            profile=registration.profile,
            is_operator=registration.email_address in self._operators,
            now=self._now(),
        )
        await (users.add(user) if found is None else users.save_registration(user))
        self._records.person_registered(uow, user, registration.profile)
        return await self._as_it_is_now(users, user.id), True

    async def register_machine(
        self, uow: UnitOfWork, profile: RegisteredProfile, *, is_anonymous: bool, joined: Joined | None
    ) -> EndUser:
        """
        Register a machine, which joins a shared organization, whose row is locked, before it gets its own.

        Everything that follows (profile, personal organization, subscription, features) is done when this returns.
        """
        users, machine = EndUserRepository(uow), self._new_user(Classification.MACHINE)
        machine.register_machine(profile=profile, is_anonymous=is_anonymous)
        if joined is not None:
            await self._memberships.add_newcomer(uow, machine, joined)
        await users.add(machine)
        return await self._as_it_is_now(users, machine.id)

    async def _find_claimant(self, users: EndUserRepository, registration: Registration) -> EndUser | None:
        """Whoever has registered with the address, or was invited, by the token or by the address."""
        token = registration.invitation_token
        token_digest = digest(token) if token else None
        claimants = await users.lock_claimants(registration.email_address, token_digest)
        registered = next((user for user in claimants if user.is_registered), None)
        guests = [user for user in claimants if not user.is_registered]
        for guest in guests:
            if token_digest is not None and guest.invitation and guest.invitation.token_digest == token_digest:
                self._check_acceptance(guest, registered)
                return guest
        # A token that nobody knows (any more) counts for nothing, and whoever owns the address needs none.
        return registered or next(iter(guests), None)

    def _check_acceptance(self, guest: EndUser, registered: EndUser | None) -> None:
        if registered is not None:
            raise EmailAlreadyRegistered
        call = find_current_call()
        if call is not None and not call.caller.is_anonymous:
            raise InvitationNotAnonymous
        if guest.invitation is not None and guest.invitation.has_expired(self._now()):
            raise InvitationExpired

    def _new_user(self, classification: Classification) -> EndUser:
        return EndUser.create(
            id=self._new_id("user"),
            classification=classification,
            host_region=self._host_region,
            now=self._now(),
        )

    async def _as_it_is_now(self, users: EndUserRepository, user_id: str) -> EndUser:
        # The reactions of others have given the user its memberships.
        user = await users.find(user_id)
        if user is None:
            raise UserNotFound
        return user
