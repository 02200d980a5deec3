"""
The aggregate: a person or a machine.

That two users never share an address, and that a user has one default and one personal membership, is held by the
database as well: of two calls that race, one is refused.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from server.kernel.access.roles import (
    Classification,
    FeatureLevel,
    Ownership,
    PlatformRole,
    TenantRole,
    expand,
    has,
    highest,
    normalize,
)
from server.kernel.errors import NotAMember
from server.kernel.events import DomainEvent
from server.subdomains.users.domain.guest_invitation import GuestInvitation
from server.subdomains.users.domain.membership import Membership
from server.subdomains.users.errors import (
    CannotSuspendSelf,
    NotAPerson,
    PersonalOrganization,
    PersonalOrganizationExists,
    UserNotRegistered,
)
from server.subdomains.users.events import (
    DefaultMembershipChanged,
    EndUserAccessChanged,
    EndUserCreated,
    EndUserRegistered,
    GuestInvitationAccepted,
    GuestInvitationCreated,
    MembershipAdded,
    MembershipRemoved,
    PlatformFeaturesReset,
    PlatformRoleAssigned,
    RegisteredProfile,
)


class UserStatus(StrEnum):
    """Whether a user has registered, or was only invited."""

    UNREGISTERED = "unregistered"
    REGISTERED = "registered"


class UserAccess(StrEnum):
    """Whether a user may use the platform."""

    ENABLED = "enabled"
    SUSPENDED = "suspended"


@dataclass(slots=True, kw_only=True)
class EndUser:
    """The aggregate. Made by one of the class methods, or by the repository from its rows."""

    aggregate_type: ClassVar[str] = "EndUser"

    id: str
    classification: Classification
    created_at: datetime
    host_region: str
    status: UserStatus = UserStatus.UNREGISTERED
    access: UserAccess = UserAccess.ENABLED
    is_registered_anonymously: bool = False
    email_address: str | None = None
    roles: list[PlatformRole] = field(default_factory=list)
    level: FeatureLevel | None = None
    memberships: list[Membership] = field(default_factory=list)
    invitation: GuestInvitation | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def create(cls, *, id: str, classification: Classification, host_region: str, now: datetime) -> "EndUser":
        """Begin a user, who is to register or to be invited next."""
        status = UserStatus.UNREGISTERED if classification is Classification.PERSON else UserStatus.REGISTERED
        user = cls(id=id, classification=classification, created_at=now, host_region=host_region, status=status)
        user._happened(
            EndUserCreated,
            classification=classification.value,
            access=user.access.value,
            status=user.status.value,
            host_region=host_region,
        )
        return user

    def invite(self, invitation: GuestInvitation) -> None:
        """Make a new user a guest, or give a guest a new invitation."""
        self.invitation = invitation
        self._happened(
            GuestInvitationCreated,
            email_address=invitation.invitee_email,
            invited_by_id=invitation.invited_by_id,
            expires_at=invitation.expires_at,
        )

    def register_person(
        self, *, email_address: str, profile: RegisteredProfile, is_operator: bool, now: datetime
    ) -> None:
        """Register a new person, or a guest, whose memberships are kept."""
        self.status, self.email_address = UserStatus.REGISTERED, email_address
        self.roles = [PlatformRole.OPERATIONS if is_operator else PlatformRole.STANDARD]
        self.level = FeatureLevel.PAID_TRIAL
        if self.invitation is not None:
            self.invitation = self.invitation.accept(email_address, now)
            self._happened(GuestInvitationAccepted, accepted_email_address=email_address, accepted_at=now)
        self._registered(profile)

    def register_machine(self, *, profile: RegisteredProfile, is_anonymous: bool) -> None:
        """Register a new machine. One that nobody vouches for gets the free features only, for ever."""
        self.is_registered_anonymously = is_anonymous
        self.roles = [PlatformRole.STANDARD]
        self.level = FeatureLevel.BASIC if is_anonymous else FeatureLevel.PAID_TRIAL
        self._registered(profile)

    @property
    def is_registered(self) -> bool:
        return self.status is UserStatus.REGISTERED

    @property
    def features(self) -> list[FeatureLevel]:
        return [] if self.level is None else expand([self.level])

    @property
    def default_membership(self) -> Membership | None:
        return next((membership for membership in self.memberships if membership.is_default), None)

    def membership_of(self, organization_id: str) -> Membership | None:
        return next((found for found in self.memberships if found.organization_id == organization_id), None)

    def add_membership(
        self,
        *,
        id: str,
        organization_id: str,
        ownership: Ownership,
        roles: list[TenantRole],
        level: FeatureLevel,
        assigned_by_id: str,
        now: datetime,
    ) -> Membership | None:
        """
        Join an organization, which becomes the default one; nothing happens to somebody who has joined already.

        The personal organization of somebody who is a member elsewhere already does not become the default.

        Raises:
            PersonalOrganizationExists: The user has a personal organization already.
        """
        if self.membership_of(organization_id) is not None:
            return None
        is_personal = ownership is Ownership.PERSONAL
        if is_personal and any(each.ownership is Ownership.PERSONAL for each in self.memberships):
            raise PersonalOrganizationExists
        becomes_default = not (is_personal and self.memberships)
        # An anonymous machine's own organization gives the free features, whatever is paid for it.
        is_free = is_personal and self.is_registered_anonymously
        membership = Membership(
            id=id,
            user_id=self.id,
            organization_id=organization_id,
            ownership=ownership,
            is_default=becomes_default,
            roles=normalize(roles),
            level=FeatureLevel.BASIC if is_free else level,
            created_at=now,
        )
        self._join(membership)
        self._follow_memberships(assigned_by_id)
        return membership

    def remove_membership(self, organization_id: str, *, removed_by_id: str, assigned_by_id: str) -> Membership | None:
        """
        Leave a shared organization; nothing happens to somebody who is not a member.

        Before the default membership goes, the most recently created of the others becomes the default one.

        Raises:
            PersonalOrganization: It is the user's own, which nobody leaves.
        """
        leaving = self.membership_of(organization_id)
        if leaving is None:
            return None
        if leaving.ownership is Ownership.PERSONAL:
            raise PersonalOrganization
        others = [membership for membership in self.memberships if membership is not leaving]
        if leaving.is_default and others:
            self._make_default(max(others, key=lambda each: (each.created_at, each.id)))
        self.memberships = [each for each in self.memberships if each.id != leaving.id]
        self._happened(
            MembershipRemoved,
            membership_id=leaving.id,
            organization_id=organization_id,
            un_invited_by_id=removed_by_id,
        )
        self._follow_memberships(assigned_by_id)
        return leaving

    def change_default_organization(self, organization_id: str) -> bool:
        """
        Make another membership the default one. Says whether it was not.

        Raises:
            NotAMember: The user is not a member of the organization, which may not even exist.
        """
        membership = self.membership_of(organization_id)
        if membership is None:
            raise NotAMember
        if membership.is_default:
            return False
        self._make_default(membership)
        return True

    def assign_platform_role(self, role: PlatformRole) -> bool:
        """
        Give a registered person a role. Says whether the person did not have it.

        Raises:
            UserNotRegistered: It is a guest, whose roles come with the registration.
            NotAPerson: It is a machine, which never operates the platform.
        """
        if not self.is_registered:
            raise UserNotRegistered
        if self.classification is not Classification.PERSON and role is PlatformRole.OPERATIONS:
            raise NotAPerson
        if has(self.roles, role):
            return False
        self.roles = normalize([role, *self.roles])
        self._happened(PlatformRoleAssigned, role=role.value)
        return True

    @property
    def is_operator(self) -> bool:
        return has(self.roles, PlatformRole.OPERATIONS)

    @property
    def is_suspended(self) -> bool:
        return self.access is UserAccess.SUSPENDED

    def suspend(self, suspended_by_id: str) -> bool:
        """
        Refuse every credential of the user from now on. Says whether it could use the platform until now.

        Raises:
            UserNotRegistered: It is a guest, who has no credentials.
            CannotSuspendSelf: It is whoever asks.
        """
        if not self.is_registered:
            raise UserNotRegistered
        if suspended_by_id == self.id:
            raise CannotSuspendSelf
        return self._change_access(UserAccess.SUSPENDED, suspended_by_id)

    def reinstate(self, reinstated_by_id: str) -> bool:
        """Let the user use the platform again. Says whether it could not until now."""
        return self._change_access(UserAccess.ENABLED, reinstated_by_id)

    def _change_access(self, access: UserAccess, changed_by_id: str) -> bool:
        if self.access is access:
            return False
        self.access = access
        self._happened(EndUserAccessChanged, access=access.value, changed_by_id=changed_by_id)
        return True

    def _registered(self, profile: RegisteredProfile) -> None:
        default = self.default_membership
        self._happened(
            EndUserRegistered,
            classification=self.classification.value,
            access=self.access.value,
            status=self.status.value,
            roles=[role.value for role in expand(self.roles)],
            features=_names(self.features),
            username=self.email_address,
            user_profile=profile,
            default_organization_id=default.organization_id if default else None,
        )

    def _join(self, membership: Membership) -> None:
        self.memberships.append(replace(membership, is_default=False))
        self._happened(
            MembershipAdded,
            membership_id=membership.id,
            organization_id=membership.organization_id,
            ownership=membership.ownership.value,
            is_default=membership.is_default,
            roles=membership.role_names,
            features=membership.feature_names,
        )
        if membership.is_default:
            self._make_default(membership)

    def _make_default(self, membership: Membership) -> None:
        former = self.default_membership
        self.memberships = [replace(each, is_default=each.id == membership.id) for each in self.memberships]
        self._happened(
            DefaultMembershipChanged,
            from_membership_id=former.id if former else None,
            to_membership_id=membership.id,
            to_organization_id=membership.organization_id,
            roles=membership.role_names,
            features=membership.feature_names,
        )

    def _follow_memberships(self, assigned_by_id: str) -> None:
        """A registered user has on the platform the most that any of its organizations pays for."""
        level = highest(membership.level for membership in self.memberships)
        if self.is_registered and level is not self.level:
            self.level = level
            self._happened(PlatformFeaturesReset, assigned_by_id=assigned_by_id, features=_names(self.features))

    def _happened(self, event: type[DomainEvent], **facts: object) -> None:
        self.events.append(event(user_id=self.id, **facts))  # type: ignore[call-arg]


def _names(levels: list[FeatureLevel]) -> list[str]:
    return [f"platform_{level.value}" for level in levels]
