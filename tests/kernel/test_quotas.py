"""What may be used only so often within a while, counted exactly however many ask at once."""

import asyncio
import base64
import json
import os
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from server.kernel.errors import RateLimited
from server.kernel.quotas import Quotas
from server.kernel.security.secrets import SecretKeys
from tests.harness import SettableClock

HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
KEYS = json.dumps([{"id": "k1", "key": base64.b64encode(bytes(32)).decode(), "status": "current"}])


@pytest.fixture
def clock():
    clock = SettableClock()
    clock.stop_at(NOW)
    return clock


@pytest.fixture
def subject():
    return f"{os.urandom(8).hex()}@example.com"


@pytest_asyncio.fixture
async def use(database, clock, subject):
    quotas = Quotas(SecretKeys.parse(KEYS), clock)

    async def use(most, purpose="mails", subject=subject, within=HOUR):
        async with database.begin() as uow:
            return await quotas.admit(uow, purpose, subject, most=most, within=within)

    return use


async def test_so_many_uses_are_admitted_within_any_hour(use, clock):
    admitted = []
    for minute in (0, 30, 59, 60, 61, 90):
        clock.stop_at(NOW + timedelta(minutes=minute))
        admitted.append(await use(2))

    assert admitted == [True, True, False, True, False, True]


async def test_no_limit_counts_nothing(use, onlooker):
    before = await onlooker.fetchval("SELECT count(*) FROM kernel.recent_use")

    assert all([await use(0) for _ in range(5)])
    assert await onlooker.fetchval("SELECT count(*) FROM kernel.recent_use") == before


async def test_purposes_and_subjects_are_counted_apart(use):
    assert await use(1)
    assert await use(1, purpose="calls")
    assert await use(1, subject="somebody.else@example.com" + os.urandom(4).hex())
    assert not await use(1)


async def test_of_fifty_at_once_as_many_are_admitted_as_may_be(use):
    admitted = await asyncio.gather(*[use(7) for _ in range(50)])

    assert sum(admitted) == 7


async def test_a_use_that_is_undone_does_not_count(database, clock, subject, use):
    quotas = Quotas(SecretKeys.parse(KEYS), clock)
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as uow:
            assert await quotas.admit(uow, "mails", subject, most=1, within=HOUR)
            raise ZeroDivisionError

    assert await use(1)


async def test_the_subject_is_not_kept_and_what_has_expired_goes(database, use, clock, subject, onlooker):
    await use(1)
    clock.advance(timedelta(seconds=1))
    await use(1, subject=f"later-{subject}")
    clock.stop_at(NOW + HOUR)

    await Quotas(SecretKeys.parse(KEYS), clock).forget_expired(database.begin)

    kept = await onlooker.fetch("SELECT key, used_at::text, expires_at FROM kernel.recent_use")
    assert subject.encode() not in repr(kept).encode()
    assert [row["expires_at"] for row in kept if row["expires_at"] <= NOW + HOUR + timedelta(seconds=1)] == [
        NOW + HOUR + timedelta(seconds=1)
    ]


async def test_what_has_expired_of_others_is_in_nobodys_way(database, use, clock, subject):
    # given: a subject that was used long ago
    await use(1, subject=f"other-{subject}")
    clock.advance(2 * HOUR)
    quotas = Quotas(SecretKeys.parse(KEYS), clock)
    async with database.begin() as uow:
        await quotas.admit(uow, "mails", subject, most=1, within=HOUR)
        await quotas.admit(uow, "calls", subject, most=1, within=HOUR)  # sends what waits

        # when, then: a transaction that goes on keeps nobody else waiting
        async with asyncio.timeout(10):
            assert await use(1, subject=f"other-{subject}")


async def test_whoever_is_refused_is_told_when_there_may_be_another(database, clock, subject):
    quotas = Quotas(SecretKeys.parse(KEYS), clock)

    async def count():
        async with quotas.counted(database.begin, "calls", subject, most=2, within=HOUR):
            clock.advance(timedelta(minutes=20))

    await count()
    await count()
    with pytest.raises(RateLimited) as refused:
        await count()

    assert refused.value.retry_after == 20 * 60


async def test_a_flood_of_one_subject_leaves_connections_to_others(database, clock, subject):
    quotas = Quotas(SecretKeys.parse(KEYS), clock)
    goes_on = asyncio.Event()

    async def count():
        async with quotas.counted(database.begin, "calls", subject, most=100, within=HOUR):
            await goes_on.wait()

    flood = [asyncio.ensure_future(count()) for _ in range(20)]  # of a pool of four
    async with asyncio.timeout(10):
        async with quotas.counted(database.begin, "calls", f"not {subject}", most=1, within=HOUR):
            goes_on.set()
    await asyncio.gather(*flood)
