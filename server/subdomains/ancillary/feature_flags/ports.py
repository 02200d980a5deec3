"""What feature flags needs of the outside world."""

from collections.abc import Sequence
from typing import Protocol

from server.subdomains.ancillary.feature_flags.domain import Evaluation, Subject


class FlagSystem(Protocol):
    """Knows the flags."""

    async def evaluate(self, name: str, subject: Subject | None) -> Evaluation:
        """Evaluate a flag for somebody, or for nobody in particular. Never raises: what fails is false, and says so."""
        ...

    async def evaluate_each(self, names: Sequence[str]) -> Sequence[Evaluation]:
        """
        Evaluate several flags for nobody in particular.

        Raises:
            FlagsUnavailable: As for :meth:`names`.
        """
        ...

    async def names(self) -> Sequence[str]:
        """
        The names of all flags.

        Raises:
            FlagsUnavailable: The source is away, and what it said last is no longer remembered.
        """
        ...
