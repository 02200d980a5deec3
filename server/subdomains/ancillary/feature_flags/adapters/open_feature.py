"""Evaluates flags by OpenFeature, whatever the provider."""

import asyncio
import itertools
from collections.abc import Sequence

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode, OpenFeatureError

from server.subdomains.ancillary.feature_flags.adapters.boolean_provider import BooleanProvider
from server.subdomains.ancillary.feature_flags.domain import Evaluation, Status, Subject
from server.subdomains.ancillary.feature_flags.errors import FlagsUnavailable

_AT_ONCE = 50  # then others have their turn: evaluating is work for the processor
_UNKNOWN = (ErrorCode.FLAG_NOT_FOUND, ErrorCode.TYPE_MISMATCH)
_numbers = itertools.count(1)


class OpenFeatureFlags:
    """The flag system behind a provider."""

    def __init__(self, provider: BooleanProvider, environment: str) -> None:
        # OpenFeature keeps providers by domain, for the whole process: each flag system has one of its own.
        domain = f"tenantry-{next(_numbers)}"
        api.set_provider_and_wait(provider, domain)
        self._client = api.get_client(domain)
        self._provider = provider
        self._environment = environment

    async def evaluate(self, name: str, subject: Subject | None) -> Evaluation:
        """Evaluate a flag for somebody, or for nobody in particular. Never raises: what fails is false, and says so."""
        context = self._context(subject)
        await self._provider.prepare(context)
        return self._resolve(name, context)

    async def evaluate_each(self, names: Sequence[str]) -> Sequence[Evaluation]:
        """
        Evaluate several flags for nobody in particular.

        Raises:
            FlagsUnavailable: As for :meth:`names`.
        """
        context, found = self._context(None), []
        for start in range(0, len(names), _AT_ONCE):
            await self._names(context)
            found += [self._resolve(name, context) for name in names[start : start + _AT_ONCE]]
            await asyncio.sleep(0)
        return found

    async def names(self) -> Sequence[str]:
        """
        The names of all flags.

        Raises:
            FlagsUnavailable: The source is away, and what it said last is no longer remembered.
        """
        return await self._names(self._context(None))

    async def _names(self, context: EvaluationContext) -> Sequence[str]:
        await self._provider.prepare(context)
        try:
            return list(self._provider.names(context))
        except OpenFeatureError as error:
            raise FlagsUnavailable from error

    def _resolve(self, name: str, context: EvaluationContext) -> Evaluation:
        details = self._client.get_boolean_details(name, False, context)
        if details.error_code in _UNKNOWN:
            return Evaluation(False, details.error_code.value, Status.UNKNOWN)
        if details.error_code is not None:
            return Evaluation(False, details.error_code.value, Status.FAILED)
        return Evaluation(details.value, str(details.reason))

    def _context(self, subject: Subject | None) -> EvaluationContext:
        attributes = {"environment": self._environment}
        if subject is None:
            return EvaluationContext(attributes=attributes)
        attributes["type"] = "user"
        if subject.organization_id is not None:
            attributes["organization_id"] = subject.organization_id
        return EvaluationContext(targeting_key=subject.user_id, attributes=attributes)
