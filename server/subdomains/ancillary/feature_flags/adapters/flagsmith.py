"""Asks Flagsmith, by its own client, for all flags of an identity or of the environment."""

import asyncio
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from flagsmith import Flagsmith as Client
from openfeature.evaluation_context import EvaluationContext
from urllib3 import Retry

_THREADS = 4  # the client blocks; threads of its own, so that it holds up nothing else


class Flagsmith:
    """Flagsmith's API."""

    def __init__(self, base_url: str, environment_key: str, timeout_seconds: float) -> None:
        self._client = Client(
            environment_key=environment_key,
            api_url=base_url,
            request_timeout_seconds=math.ceil(timeout_seconds),
            retries=Retry(total=0),
        )
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="flagsmith")

    async def fetch(self, context: EvaluationContext) -> Mapping[str, bool]:
        """The flags of a context, by name. An identity that Flagsmith does not know is created there."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, context)

    def _read(self, context: EvaluationContext) -> Mapping[str, bool]:
        if context.targeting_key is None:
            found = self._client.get_environment_flags()
        else:
            found = self._client.get_identity_flags(context.targeting_key, _traits(context))
        return {flag.feature_name: flag.enabled for flag in found.all_flags()}


def _traits(context: EvaluationContext) -> dict[str, str]:
    organization_id = context.attributes.get("organization_id")
    tenant = {} if organization_id is None else {str(organization_id): "tenant"}
    return {"type": "user"} | tenant
