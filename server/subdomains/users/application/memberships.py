"""How users come to belong to organizations, and what that gives them."""

from collections.abc import Callable
from dataclasses import dataclass

from server.kernel.access.caller import MAINTENANCE
from server.kernel.access.roles import FEATURES_OF_TIER, Ownership, TenantRole, expand
from server.kernel.clock import Clock
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.subscriptions.api import SubscriptionsApi
from server.subdomains.users.application.records import Records
from server.subdomains.users.domain.end_user import EndUser
from server.subdomains.users.domain.membership import Membership, roles_of_creator
from server.subdomains.users.errors import LastBillingAdmin, LastOwner
from server.subdomains.users.repository.end_users import EndUserRepository
from server.subdomains.users.repository.features import lock_members, reset_features


@dataclass(frozen=True, slots=True)
class Joined:
    """An organization that somebody joins. A shared one is locked."""

    id: str
    name: str
    ownership: Ownership = Ownership.SHARED


class MembershipsApplication:
    """Keeps memberships and their features, within the transaction of whoever changes something."""

    def __init__(
        self, *, subscriptions: SubscriptionsApi, records: Records, new_id: Callable[[str], str], now: Clock
    ) -> None:
        self._subscriptions = subscriptions
        self._records = records
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "MembershipsApplication":
        return cls(
            subscriptions=SubscriptionsApi.of(platform),
            records=Records.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
        )

    async def add_creator(
        self, uow: UnitOfWork, *, organization_id: str, organization_name: str, ownership: Ownership, creator_id: str
    ) -> None:
        """Make whoever created an organization its first member."""
        users = EndUserRepository(uow)
        user = await users.get(creator_id)
        joined = Joined(organization_id, organization_name, ownership)
        await self._join(uow, users, user, joined, roles_of_creator(user.classification))

    async def add_member(self, uow: UnitOfWork, *, organization_id: str, organization_name: str, user_id: str) -> None:
        """
        Let a user join a shared organization, whose row is locked. Nothing happens to a member.

        Raises:
            UserNotFound: There is no such user.
        """
        users = EndUserRepository(uow)
        joined = Joined(organization_id, organization_name)
        await self._join(uow, users, await users.get(user_id), joined, [TenantRole.MEMBER])

    async def add_newcomer(self, uow: UnitOfWork, user: EndUser, joined: Joined) -> None:
        """Let a user who is not stored yet join a shared organization, whose row is locked."""
        await self._add(uow, user, joined, [TenantRole.MEMBER])

    async def remove_member(self, uow: UnitOfWork, *, organization_id: str, user_id: str, removed_by_id: str) -> None:
        """
        Let a user leave a shared organization, whose row is locked. Nothing happens to somebody who is no member.

        Raises:
            PersonalOrganization: It is the user's own.
            LastOwner, LastBillingAdmin: Nobody would be left to run it, or to pay for it.
        """
        users = EndUserRepository(uow)
        user = await users.lock(user_id)
        if user is None:
            return
        former_level = user.level
        left = user.remove_membership(organization_id, removed_by_id=removed_by_id, assigned_by_id=MAINTENANCE)
        if left is None:
            return
        if TenantRole.OWNER in expand(left.roles):
            others = await users.roles_of_others(user.id, organization_id)
            if TenantRole.OWNER not in others:
                raise LastOwner
            if TenantRole.BILLING_ADMIN not in others:
                raise LastBillingAdmin
        await users.save_departure(user, left)
        if user.level is not former_level:
            self._records.platform_features_assigned(uow, user_id=user.id, features=user.features)

    async def reset_features(self, uow: UnitOfWork, organization_id: str) -> None:
        """Let the features of all members of an organization follow its subscription."""
        members = await lock_members(uow, organization_id)
        if not members:  # of a new organization
            return
        tier = await self._subscriptions.tier_of(uow, organization_id)
        changed = await reset_features(
            uow, members, organization_id=organization_id, level=FEATURES_OF_TIER[tier], assigned_by_id=MAINTENANCE
        )
        for member in changed:
            self._records.tenant_features_assigned(
                uow, user_id=member.id, membership_id=member.membership_id, features=member.membership_features
            )
            if member.platform_features is not None:
                self._records.platform_features_assigned(uow, user_id=member.id, features=member.platform_features)

    async def _join(
        self, uow: UnitOfWork, users: EndUserRepository, user: EndUser, joined: Joined, roles: list[TenantRole]
    ) -> None:
        membership = await self._add(uow, user, joined, roles)
        if membership is None:
            return
        await users.save(user)
        if not membership.is_default:
            await self._records.default_stated(uow, user)

    async def _add(self, uow: UnitOfWork, user: EndUser, joined: Joined, roles: list[TenantRole]) -> Membership | None:
        tier = await self._subscriptions.tier_of(uow, joined.id)
        former_level = user.level
        membership = user.add_membership(
            id=self._new_id("mship"),
            organization_id=joined.id,
            ownership=joined.ownership,
            roles=roles,
            level=FEATURES_OF_TIER[tier],
            assigned_by_id=MAINTENANCE,
            now=self._now(),
        )
        if membership is not None:
            self._records.membership_added(uow, membership, joined.name)
            if user.level is not former_level:
                self._records.platform_features_assigned(uow, user_id=user.id, features=user.features)
        return membership
