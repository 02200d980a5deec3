"""The use cases of feature flags: one public method each, in the order of the contract."""

from collections.abc import Sequence
from typing import NamedTuple

from server.kernel.access.caller import ANONYMOUS
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.feature_flags.adapters.flag_system import flag_system
from server.subdomains.ancillary.feature_flags.domain import Evaluation, FeatureFlag, Status, Subject
from server.subdomains.ancillary.feature_flags.errors import FlagNotFound, FlagsUnavailable
from server.subdomains.ancillary.feature_flags.ports import FlagSystem

FLAG_ORDERING = Ordering(("name",), "name")


class _Listed(NamedTuple):
    name: str
    total_size: int


class FeatureFlagsApplication:
    """What can be done with flags."""

    def __init__(self, *, flags: FlagSystem, lists: Lists) -> None:
        self._flags = flags
        self._lists = lists

    @classmethod
    def of(cls, platform: Platform) -> "FeatureFlagsApplication":
        return cls(flags=platform.shared(flag_system), lists=platform.lists)

    async def get_feature_flag(self, *, name: str, user_id: str | None, organization_id: str | None) -> FeatureFlag:
        """
        A flag as it is for a user within an organization. Without a user, or for the anonymous one: for nobody.

        Raises:
            FlagNotFound: There is none.
            FlagsUnavailable: It cannot be told.
        """
        evaluation = await self.evaluate(name=name, user_id=user_id, organization_id=organization_id)
        if evaluation.status is Status.UNKNOWN:
            raise FlagNotFound
        if evaluation.status is Status.FAILED:
            raise FlagsUnavailable
        return FeatureFlag(name, evaluation.is_enabled)

    async def list_feature_flags(self, page: Page) -> Paged:
        """The flags with the values of the environment."""
        rows = _page_of(await self._flags.names(), page)
        paged = self._lists.paged(page, rows, lambda row: (row.name, row.name))
        flags = await self._for_nobody([row.name for row in paged.items])
        return Paged(flags, paged.next_page_token, paged.total_size)

    async def all_flags(self) -> Sequence[FeatureFlag]:
        """The same, all of them."""
        return await self._for_nobody(sorted(await self._flags.names()))

    async def evaluate(self, *, name: str, user_id: str | None, organization_id: str | None) -> Evaluation:
        """The value of a flag, and why. Never raises: what fails is false."""
        subject = None if user_id in (None, ANONYMOUS) else Subject(user_id, organization_id)
        return await self._flags.evaluate(name, subject)

    async def _for_nobody(self, names: Sequence[str]) -> list[FeatureFlag]:
        evaluations = await self._flags.evaluate_each(names)
        return [FeatureFlag(name, found.is_enabled) for name, found in zip(names, evaluations, strict=True)]


def _page_of(names: Sequence[str], page: Page) -> list[_Listed]:
    """One name more than the page holds, as a query would."""
    rest = sorted(names, reverse=page.is_descending)
    if page.after is not None:
        last = page.after[1]
        rest = [name for name in rest if (name < last if page.is_descending else name > last)]
    return [_Listed(name, len(names)) for name in rest[: page.size + 1]]
