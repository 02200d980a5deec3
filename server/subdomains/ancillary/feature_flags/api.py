"""
What other subdomains may ask of feature flags.

A flag system may be far away: never ask within a transaction.
"""

from collections.abc import Sequence

from server.kernel.subdomain import Platform
from server.subdomains.ancillary.feature_flags.application import FeatureFlagsApplication
from server.subdomains.ancillary.feature_flags.domain import Evaluation, FeatureFlag


class FlagsApi:
    """Reads flags. All who ask in a process share what is remembered."""

    def __init__(self, application: FeatureFlagsApplication) -> None:
        self._flags = application

    @classmethod
    def of(cls, platform: Platform) -> "FlagsApi":
        return cls(FeatureFlagsApplication.of(platform))

    async def is_enabled(self, name: str, *, organization_id: str | None = None, user_id: str | None = None) -> bool:
        """Whether a flag is on for a user within an organization. An unknown flag and any failure: false."""
        return (await self.evaluate(name, organization_id=organization_id, user_id=user_id)).is_enabled

    async def evaluate(
        self, name: str, *, organization_id: str | None = None, user_id: str | None = None
    ) -> Evaluation:
        """The same with the reason."""
        return await self._flags.evaluate(name=name, user_id=user_id, organization_id=organization_id)

    async def get(self, name: str, *, organization_id: str | None = None, user_id: str | None = None) -> FeatureFlag:
        """
        A flag as it is for a user within an organization.

        Raises:
            FlagNotFound: There is none.
            FlagsUnavailable: It cannot be told.
        """
        return await self._flags.get_feature_flag(name=name, user_id=user_id, organization_id=organization_id)

    async def list(self) -> Sequence[FeatureFlag]:
        """
        All flags, by name, with the values of the environment.

        Raises:
            FlagsUnavailable: They cannot be told.
        """
        return await self._flags.all_flags()
