"""The features of all members of an organization, changed at once, however many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import and_, bindparam, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from server.kernel.access.principals import CHANNEL
from server.kernel.access.roles import FeatureLevel, Ownership, expand
from server.kernel.database import UnitOfWork
from server.kernel.database.types import Id, Word
from server.kernel.events import DomainEvent
from server.subdomains.users import tables
from server.subdomains.users.domain.end_user import EndUser, UserStatus
from server.subdomains.users.events import MembershipFeaturesReset, PlatformFeaturesReset

_user, _membership = tables.end_user.c, tables.membership.c
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
_USERS = func.any(bindparam("user_ids", type_=ARRAY(Id("user"))))

_LOCK_MEMBERS = (
    select(_user.id, _user.version)
    .where(_user.id.in_(select(_membership.user_id).where(_membership.organization_id == _ORGANIZATION)))
    .order_by(_user.id)
    .with_for_update()
)
# An anonymous machine's own organization gives the free features, whatever is paid for it.
_LEVEL_OF_MEMBER = case(
    (
        and_(_membership.ownership == Ownership.PERSONAL, _user.is_registered_anonymously),
        literal(FeatureLevel.BASIC, Word(FeatureLevel)),
    ),
    else_=bindparam("level", type_=Word(FeatureLevel)),
)
_RESET_MEMBERSHIPS = (
    update(tables.membership)
    .where(
        _membership.organization_id == _ORGANIZATION,
        _membership.user_id == _user.id,
        _membership.level != _LEVEL_OF_MEMBER,
    )
    .values(level=_LEVEL_OF_MEMBER)
    .returning(_membership.id, _membership.user_id, _membership.level)
)
_LEVELS = dict(enumerate(FeatureLevel))
_rank = case({level: rank for rank, level in _LEVELS.items()}, value=_membership.level)
_highest = (
    select(_membership.user_id, func.max(_rank).label("rank"))
    .where(_membership.user_id == _USERS)
    .group_by(_membership.user_id)
    .subquery("highest")
)
_HIGHEST_LEVEL = case(
    {rank: literal(level, Word(FeatureLevel)) for rank, level in _LEVELS.items()}, value=_highest.c.rank
)
_RESET_PLATFORM = (
    update(tables.end_user)
    .where(
        _user.id == _highest.c.user_id,
        _user.status == UserStatus.REGISTERED,
        _user.level != _HIGHEST_LEVEL,
    )
    .values(level=_HIGHEST_LEVEL)
    .returning(_user.id, _user.level)
)
_SAVE_VERSIONS = (
    update(tables.end_user)
    .where(_user.id == func.any(bindparam("changed_ids", type_=ARRAY(Id("user")))))
    .values(version=_user.version + bindparam("by"))
)


@dataclass(slots=True, kw_only=True)
class ChangedMember:
    """A member whose features have changed in an organization, and maybe on the platform."""

    aggregate_type: ClassVar[str] = EndUser.aggregate_type

    id: str
    version: int
    membership_id: str
    membership_features: list[FeatureLevel]
    platform_features: list[FeatureLevel] | None = None
    events: list[DomainEvent] = field(default_factory=list)


async def lock_members(uow: UnitOfWork, organization_id: str) -> Mapping[str, int]:
    """The members of an organization, whom nobody else changes until the end of the transaction, and their versions."""
    rows = await uow.fetch_all(_LOCK_MEMBERS, {"organization_id": organization_id})
    return {row.id: row.version for row in rows}


async def reset_features(
    uow: UnitOfWork, versions: Mapping[str, int], *, organization_id: str, level: FeatureLevel, assigned_by_id: str
) -> Sequence[ChangedMember]:
    """
    Give every locked member of an organization this level, and on the platform the highest of all it has.

    Publishes what has changed, and says whom it concerned.
    """
    members = {
        row.user_id: ChangedMember(
            id=row.user_id,
            version=versions[row.user_id],
            membership_id=row.id,
            membership_features=expand([row.level]),
        )
        for row in await uow.fetch_all(_RESET_MEMBERSHIPS, {"organization_id": organization_id, "level": level})
    }
    for row in await uow.fetch_all(_RESET_PLATFORM, {"user_ids": list(members)}):
        members[row.id].platform_features = expand([row.level])
    for number in (1, 2):
        changed = [member.id for member in members.values() if _count(member) == number]
        if changed:
            await uow.execute(_SAVE_VERSIONS, {"changed_ids": changed, "by": number})
    for member in members.values():
        member.events = _events(member, organization_id, assigned_by_id)
        uow.notify(CHANNEL, member.id)
        await uow.publish(member)
    return list(members.values())


def _count(member: ChangedMember) -> int:
    return 1 if member.platform_features is None else 2


def _events(member: ChangedMember, organization_id: str, assigned_by_id: str) -> list[DomainEvent]:
    found: list[DomainEvent] = [
        MembershipFeaturesReset(
            user_id=member.id,
            assigned_by_id=assigned_by_id,
            membership_id=member.membership_id,
            organization_id=organization_id,
            features=[f"tenant_{level.value}" for level in member.membership_features],
        )
    ]
    if member.platform_features is not None:
        features = [f"platform_{level.value}" for level in member.platform_features]
        found.append(PlatformFeaturesReset(user_id=member.id, assigned_by_id=assigned_by_id, features=features))
    return found
