"""
What all our OpenFeature providers are: they prepare asynchronously, then resolve boolean flags from memory.

OpenFeature's own asynchronous evaluation is not used: cancelled while it waits, it hides the cancellation behind an
error of its own (0.10), and a call that ran out of time would look like a bug.
"""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import NoReturn

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import TypeMismatchError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.provider import AbstractProvider
from openfeature.provider.metadata import Metadata

_Object = Sequence[FlagValueType] | Mapping[str, FlagValueType]


class BooleanProvider(AbstractProvider):
    """A source of boolean flags."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._metadata = Metadata(name)

    def get_metadata(self) -> Metadata:
        return self._metadata

    @abstractmethod
    async def prepare(self, context: EvaluationContext) -> None:
        """Get what is needed to resolve flags in this context. A source that is away raises nothing here."""

    @abstractmethod
    def names(self, context: EvaluationContext) -> Collection[str]:
        """
        The names of the flags in a context that was prepared.

        Raises:
            OpenFeatureError: The source was away.
        """

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        _refuse()

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        _refuse()

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        _refuse()

    def resolve_object_details(
        self, flag_key: str, default_value: _Object, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[_Object]:
        _refuse()


def _refuse() -> NoReturn:
    raise TypeMismatchError("flags are boolean")
