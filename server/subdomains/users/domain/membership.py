"""That a user belongs to an organization, and what it may do there."""

from dataclasses import dataclass
from datetime import datetime

from server.kernel.access.roles import Classification, FeatureLevel, Ownership, TenantRole, expand


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A membership. Only the top-most roles and the highest level of features are kept."""

    id: str
    user_id: str
    organization_id: str
    ownership: Ownership
    is_default: bool
    roles: list[TenantRole]
    level: FeatureLevel
    created_at: datetime

    @property
    def features(self) -> list[FeatureLevel]:
        return expand([self.level])

    @property
    def role_names(self) -> list[str]:
        return [role.value for role in expand(self.roles)]

    @property
    def feature_names(self) -> list[str]:
        return [f"tenant_{level.value}" for level in self.features]


def roles_of_creator(classification: Classification) -> list[TenantRole]:
    """What a user may do in an organization of its own: machines never pay."""
    return [TenantRole.BILLING_ADMIN if classification is Classification.PERSON else TenantRole.OWNER]
