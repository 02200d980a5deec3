"""Tells usages to PostHog, by the batch call of its own client."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid5

# The client takes 25 MB: this module is imported only where PostHog is chosen.
from posthog.request import APIError, batch_post
from requests import RequestException

from server.subdomains.ancillary.usages.domain import RecordKind, UsageRecord
from server.subdomains.ancillary.usages.errors import UsageGatewayFailed, UsageGatewayRefused

_STEP_SECONDS = 10.0  # to connect, and between two bytes
_SECONDS = 20.0  # all together: shorter than the lease of a batch
_GROUP = "organization"
# What is wrong about us or about the moment, and not about what is told: worth another try.
_PASSING = frozenset({401, 403, 404, 408, 425, 429})
_FIRST_SERVER_ERROR = 500


class PostHogGateway:
    """Makes one HTTP call of whatever is told at once. PostHog drops what it was told before, by its ``uuid``."""

    def __init__(self, *, host: str, api_key: str) -> None:
        self._host = host
        self._api_key = api_key

    async def tell(self, records: Sequence[UsageRecord]) -> None:
        batch = [event_of(record) for record in records]
        try:
            # The client blocks. Its thread may go on when we have given up: what it tells late is the same again.
            async with asyncio.timeout(_SECONDS):
                await asyncio.to_thread(self._post, batch)
        except APIError as error:
            raise _verdict(error.status) from None
        except (RequestException, TimeoutError) as error:
            raise UsageGatewayFailed(f"PostHog cannot be reached ({type(error).__name__}).") from error

    def _post(self, batch: Sequence[dict[str, Any]]) -> None:
        answer = batch_post(self._api_key, self._host, gzip=True, timeout=_STEP_SECONDS, batch=batch)
        if answer.history:  # a POST that is sent elsewhere arrives there as a GET, without what it told
            raise UsageGatewayFailed("PostHog is somewhere else: TENANTRY_POSTHOG_HOST leads to a redirect.")


def event_of(record: UsageRecord) -> dict[str, Any]:
    """A record in the words of PostHog."""
    event, properties = _content(record)
    return {
        "uuid": str(uuid5(record.key, str(record.position))),
        "timestamp": record.created_at.isoformat(),
        "distinct_id": record.user_id,
        "event": event,
        # Calls come from our machines: where those stand says nothing about the user.
        "properties": {**properties, "$geoip_disable": True},
    }


def _content(record: UsageRecord) -> tuple[str, dict[str, Any]]:
    groups = {"$groups": {_GROUP: record.tenant}}
    if record.kind is RecordKind.TRACK:
        return record.event_name, {**record.properties, **groups}
    known = {
        name: record.properties[key]
        for name, key in (("name", "Name"), ("email", "EmailAddress"))
        if key in record.properties
    }
    if record.names_its_tenant:
        return "$groupidentify", {"$group_type": _GROUP, "$group_key": record.tenant, "$group_set": known}
    return "$identify", {"$set": known, **groups}


def _verdict(status: int | str) -> UsageGatewayFailed | UsageGatewayRefused:
    said = f"PostHog answered {status}."
    if not isinstance(status, int) or status in _PASSING or status >= _FIRST_SERVER_ERROR:
        return UsageGatewayFailed(said)
    return UsageGatewayRefused(said)
