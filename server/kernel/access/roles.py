"""
Roles, features and tiers of the whole product, and how they include one another.

The value of each member is its stored name and its name in tokens.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)


class PlatformRole(StrEnum):
    """A role on the platform, whatever the organization."""

    STANDARD = "platform_standard"
    OPERATIONS = "platform_operations"
    INTERNAL_SERVICE = "platform_internal_service"
    EXTERNAL_WEBHOOK_SERVICE = "platform_external_webhook_service"


class TenantRole(StrEnum):
    """A role inside one organization."""

    MEMBER = "tenant_member"
    OWNER = "tenant_owner"
    BILLING_ADMIN = "tenant_billing_admin"


class FeatureLevel(StrEnum):
    """What has been paid for. Stored without the level it is for: ``platform_`` or ``tenant_`` goes in front."""

    BASIC = "basic_features"
    PAID_TRIAL = "paidtrial_features"
    PAID2 = "paid2_features"
    PAID3 = "paid3_features"


class SubscriptionTier(StrEnum):
    """The tier of a subscription."""

    UNSUBSCRIBED = "unsubscribed"
    STANDARD = "standard"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


class Ownership(StrEnum):
    """Whom an organization is for."""

    SHARED = "shared"
    PERSONAL = "personal"


class Classification(StrEnum):
    """What an end user is."""

    PERSON = "person"
    MACHINE = "machine"


_CHILDREN: dict[StrEnum, tuple[StrEnum, ...]] = {
    PlatformRole.OPERATIONS: (PlatformRole.STANDARD,),
    TenantRole.BILLING_ADMIN: (TenantRole.OWNER,),
    TenantRole.OWNER: (TenantRole.MEMBER,),
    FeatureLevel.PAID3: (FeatureLevel.PAID2,),
    FeatureLevel.PAID2: (FeatureLevel.PAID_TRIAL,),
    FeatureLevel.PAID_TRIAL: (FeatureLevel.BASIC,),
}

FEATURES_OF_TIER = {
    SubscriptionTier.UNSUBSCRIBED: FeatureLevel.BASIC,
    SubscriptionTier.STANDARD: FeatureLevel.PAID_TRIAL,
    SubscriptionTier.PROFESSIONAL: FeatureLevel.PAID2,
    SubscriptionTier.ENTERPRISE: FeatureLevel.PAID3,
}


def expand(levels: Iterable[E]) -> list[E]:
    """Each level followed by those it includes, breadth first, no duplicates."""
    found: list[E] = []
    for level in levels:
        queue = [level]
        while queue:
            head = queue.pop(0)
            if head not in found:
                found.append(head)
            queue.extend(_CHILDREN.get(head, ()))  # type: ignore[arg-type]  # children are of the parent's kind
    return found


def normalize(levels: Iterable[E]) -> list[E]:
    """Only the top-most levels, in the order given."""
    given = list(dict.fromkeys(levels))
    included = {child for level in given for child in expand([level])[1:]}
    return [level for level in given if level not in included]


def has(levels: Iterable[E], wanted: E) -> bool:
    """Whether *wanted* is among *levels* or included by one of them."""
    return wanted in expand(levels)


def without(levels: Iterable[E], removed: E) -> list[E]:
    """*levels* without *removed*, whose direct children stay."""
    kept: list[E] = []
    for level in levels:
        kept.extend(_CHILDREN.get(level, ()) if level is removed else (level,))  # type: ignore[arg-type]
    return normalize(kept)


def highest(levels: Iterable[FeatureLevel]) -> FeatureLevel:
    """The highest of *levels*; Basic when there is none."""
    order = list(FeatureLevel)
    return max(levels, key=order.index, default=FeatureLevel.BASIC)
