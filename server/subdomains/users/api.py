"""
What other subdomains may ask of users, within their own unit of work.

Plain values in, plain values out.
"""

from dataclasses import dataclass

from server.kernel.access.roles import Classification, FeatureLevel, Ownership, PlatformRole, TenantRole, expand
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.users.application.access import AccessApplication
from server.subdomains.users.application.memberships import Joined, MembershipsApplication
from server.subdomains.users.application.registration import Registration, RegistrationApplication
from server.subdomains.users.application.users import UsersApplication
from server.subdomains.users.domain.end_user import EndUser
from server.subdomains.users.errors import (
    EmailAlreadyRegistered,
    EmailTaken,
    LastBillingAdmin,
    LastOwner,
    PersonalOrganization,
    UserNotFound,
)
from server.subdomains.users.events import RegisteredProfile

__all__ = [
    "EmailAlreadyRegistered",
    "EmailTaken",
    "Joined",
    "LastBillingAdmin",
    "LastOwner",
    "Membership",
    "PersonalOrganization",
    "User",
    "UserNotFound",
    "UsersApi",
]


@dataclass(frozen=True, slots=True)
class User:
    """A user. Roles and features are expanded."""

    id: str
    classification: Classification
    is_registered: bool
    is_suspended: bool
    roles: list[PlatformRole]
    features: list[FeatureLevel]
    default_organization_id: str | None
    is_new: bool = False

    @property
    def is_registered_person(self) -> bool:
        """Whether the user can sign in, and have a session at all."""
        return self.is_registered and self.classification is Classification.PERSON


@dataclass(frozen=True, slots=True)
class Membership:
    """That a user belongs to an organization. Roles are expanded."""

    id: str
    organization_id: str
    ownership: Ownership
    roles: list[TenantRole]


class UsersApi:
    """Registers and finds users."""

    def __init__(
        self,
        users: UsersApplication,
        registration: RegistrationApplication,
        memberships: MembershipsApplication,
        access: AccessApplication,
    ) -> None:
        self._users = users
        self._access = access
        self._registration = registration
        self._memberships = memberships

    @classmethod
    def of(cls, platform: Platform) -> "UsersApi":
        return cls(
            UsersApplication.of(platform),
            RegistrationApplication.of(platform),
            MembershipsApplication.of(platform),
            AccessApplication.of(platform),
        )

    async def register_person(
        self,
        uow: UnitOfWork,
        *,
        email: str,
        first_name: str,
        last_name: str | None,
        timezone: str | None,
        locale: str | None,
        country_code: str | None,
        invitation_token: str | None,
    ) -> User:
        """
        Register a person (``is_new``), or find the one who has registered with this address.

        Everything is in its normal form (``server.kernel.values``). When this returns, profile, personal organization,
        subscription and features stand, within the caller's transaction.

        Raises:
            EmailAlreadyRegistered: A guest accepts an invitation with an address that somebody else has registered.
            InvitationNotAnonymous, InvitationExpired: The invitation cannot be accepted.
            EmailTaken: Somebody registered with the address at the same moment, and was quicker. Whoever tries again in
                another transaction finds that person.
        """
        registration = Registration(
            email_address=email,
            profile={
                "first_name": first_name,
                "last_name": last_name,
                "timezone": timezone,
                "locale": locale,
                "country_code": country_code,
            },
            invitation_token=invitation_token,
        )
        user, is_new = await self._registration.register_person(uow, registration)
        return _user_of(user, is_new=is_new)

    async def register_machine(
        self,
        uow: UnitOfWork,
        *,
        name: str,
        timezone: str | None,
        country_code: str | None,
        is_anonymous: bool,
        joined: Joined | None,
    ) -> User:
        """
        Register a machine, which is a member of the shared organization that is given: the caller has locked its row.

        Everything is in its normal form (``server.kernel.values``). When this returns, profile, personal organization,
        subscription and features stand, within the caller's transaction.
        """
        profile: RegisteredProfile = {
            "first_name": name,
            "last_name": None,
            "timezone": timezone,
            "locale": None,
            "country_code": country_code,
        }
        machine = await self._registration.register_machine(uow, profile, is_anonymous=is_anonymous, joined=joined)
        return _user_of(machine, is_new=True)

    async def find_default_membership(self, uow: UnitOfWork, user_id: str) -> Membership | None:
        """The membership of a user that counts when no organization is named."""
        user = await self._users.find_user(uow, user_id)
        default = user.default_membership if user is not None else None
        if default is None:
            return None
        return Membership(default.id, default.organization_id, default.ownership, expand(default.roles))

    async def find_user(self, uow: UnitOfWork, user_id: str) -> User | None:
        """A user; guests are found too, reserved users are not."""
        user = await self._users.find_user(uow, user_id)
        return None if user is None else _user_of(user)

    async def find_person_id(self, uow: UnitOfWork, email: str) -> str | None:
        """The id of the person who has registered with this address; not locked, and guests are not found."""
        return await self._users.find_person_id(uow, email)

    async def lock_user(self, uow: UnitOfWork, user_id: str) -> User | None:
        """A user, whom nobody else changes until the end of the transaction."""
        user = await self._users.lock_user(uow, user_id)
        return None if user is None else _user_of(user)

    async def hold_access(self, uow: UnitOfWork, user_id: str) -> bool:
        """Whether a user may use the platform. Nobody suspends or reinstates it until the end of the transaction."""
        return await self._access.hold_access(uow, user_id)

    async def add_member(self, uow: UnitOfWork, *, user_id: str, organization_id: str, organization_name: str) -> None:
        """
        Let a user join a shared organization, whose row the caller has locked. Nothing happens to a member.

        Raises:
            UserNotFound: There is no such user.
        """
        await self._memberships.add_member(
            uow, user_id=user_id, organization_id=organization_id, organization_name=organization_name
        )

    async def remove_member(self, uow: UnitOfWork, *, user_id: str, organization_id: str, removed_by_id: str) -> None:
        """
        Let a user leave a shared organization, whose row the caller has locked. Nothing happens to who is no member.

        If it was the default one, the most recently created other membership is the default from then on. Access to the
        organization ends within a second, whatever the user holds.

        Raises:
            PersonalOrganization: It is the user's own.
            LastOwner, LastBillingAdmin: Nobody would be left to run the organization, or to pay for it.
        """
        await self._memberships.remove_member(
            uow, user_id=user_id, organization_id=organization_id, removed_by_id=removed_by_id
        )


def _user_of(user: EndUser, *, is_new: bool = False) -> User:
    default = user.default_membership
    return User(
        id=user.id,
        classification=user.classification,
        is_registered=user.is_registered,
        is_suspended=user.is_suspended,
        roles=expand(user.roles),
        features=user.features,
        default_organization_id=default.organization_id if default else None,
        is_new=is_new,
    )
