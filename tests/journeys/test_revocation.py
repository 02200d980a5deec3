"""
Whoever loses access has none, on every process, within a moment: four server processes under load.

Measured from just before the commit, when the event was published, to the last call that still succeeded: to when it
was sent, and to when it was answered. It was accepted in between. Answers take their time when so many call, so the
quarter of a second is asked of the first. All of it also while no process can hear the others because its listening
connection is cut, again and again.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field

import asyncpg
import grpc
import pytest
import pytest_asyncio

from server.kernel import ids
from tests.harness import refusal_of
from tests.journeys.fleet import PROCESSES, Fleet, fleet, is_full_size
from tests.journeys.losses import LOSSES, Call, Case, list_memberships

_CASES, _AT_ONCE = (200, 8) if is_full_size() else (4, 4)
_CALLERS_AT_ONCE, _BYSTANDERS = 4, 4
_P99_SECONDS, _LATEST_SECONDS = 0.25, 1.0
_WATCHED_SECONDS = 1.5
_CUT_AGAIN_SECONDS = 0.02


@dataclass(frozen=True)
class Lag:
    """How long after the end of access the last call was sent, and answered, that still succeeded: in seconds."""

    sent: float
    answered: float
    late: float  # from when whoever took access away had its answer, to when the last was sent: on any machine


@dataclass
class Watch:
    """What those who call all the time have seen."""

    last_sent: float = 0.0
    last_answered: float = 0.0
    refusals: list[str] = field(default_factory=list)


@pytest_asyncio.fixture(scope="module")
async def team(postgres: str, database_name: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    async with fleet(postgres, f"{database_name}_revocation", tmp_path_factory.mktemp("revocation")) as found:
        yield found


@pytest.mark.campaign
@pytest.mark.parametrize("is_cut", [False, True], ids=["while processes hear each other", "while they cannot"])
async def test_nobody_calls_on_after_losing_access(team: Fleet, is_cut: bool) -> None:
    assert len(team.run.pids("server")) == PROCESSES
    operator = await team.operator()
    bystanders = [list_memberships(team, await team.person()) for _ in range(_BYSTANDERS)]
    lags: dict[str, list[Lag]] = {act: [] for act in LOSSES}

    async with _calling(bystanders) as served, _cutting(team) if is_cut else nullcontext():
        for _ in range(_CASES // _AT_ONCE):
            acts = [act for act in LOSSES for _ in range(_AT_ONCE)]
            cases = await asyncio.gather(*(LOSSES[act](team, operator) for act in acts))
            for act, lag in zip(acts, await asyncio.gather(*(_lag(team, case) for case in cases)), strict=True):
                lags[act].append(lag)

    print(f"\n{'cut' if is_cut else 'whole'}, {served[0]} other calls served meanwhile")
    for act, found in lags.items():
        print(f"  {act}: last success sent {_said(found, 'sent')}; answered {_said(found, 'answered')}")
    assert served[0] > 0
    for act, found in lags.items():
        assert max(lag.late for lag in found) <= _LATEST_SECONDS, act
        if is_full_size():
            assert _at([lag.sent for lag in found], 0.99) <= 1000 * _P99_SECONDS, act
            assert max(lag.answered for lag in found) <= _LATEST_SECONDS, act


async def _lag(team: Fleet, case: Case) -> Lag:
    watch, stopping = Watch(), asyncio.Event()
    callers = [asyncio.create_task(_call_on(case, watch, stopping)) for _ in range(_CALLERS_AT_ONCE)]
    while watch.last_sent == 0.0:
        await asyncio.sleep(0.005)
    await case.end()
    told = time.time()
    await asyncio.sleep(_WATCHED_SECONDS)
    async with asyncio.timeout(60):
        while not watch.refusals:  # on a slow machine
            await asyncio.sleep(0.1)
    stopping.set()
    await asyncio.gather(*callers)
    assert set(watch.refusals) == {case.reason}
    ended = await _ended_at(team, case.changed_id)
    moments = (watch.last_sent - ended, watch.last_answered - ended, watch.last_sent - told)
    return Lag(*(max(0.0, moment) for moment in moments))


async def _ended_at(team: Fleet, changed_id: str) -> float:
    """When what takes access away was published, by the clock of this machine: a moment before the commit."""
    sql = "SELECT max(occurred_at) AS ended_at FROM kernel.event WHERE aggregate_id = $1"
    [row] = await team.own.rows(sql, ids.decode(changed_id.rpartition("_")[0], changed_id))
    return float(row["ended_at"].timestamp())


async def _call_on(case: Case, watch: Watch, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        sent = time.time()
        try:
            await case.call()
            watch.last_sent = max(watch.last_sent, sent)
            watch.last_answered = max(watch.last_answered, time.time())
        except grpc.aio.AioRpcError as error:
            watch.refusals.append(refusal_of(error).reason)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def _calling(calls: list[Call]) -> AsyncIterator[list[int]]:
    """Others call all the while, and nobody refuses them."""
    served = [0]

    async def call_on(call: Call) -> None:
        while True:
            await call()
            served[0] += 1

    callers = [asyncio.create_task(call_on(call)) for call in calls]
    try:
        yield served
        for caller in callers:
            assert not caller.done(), caller.exception()
    finally:
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)


@asynccontextmanager
async def _cutting(team: Fleet) -> AsyncIterator[None]:
    """Listening connections are cut as soon as they are there."""
    connection = await asyncpg.connect(team.own.dsn)
    sql = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'tenantry-signals' AND datname = current_database()"
    )

    async def cut() -> None:
        while True:
            await connection.execute(sql)
            await asyncio.sleep(_CUT_AGAIN_SECONDS)

    cutting = asyncio.create_task(cut())
    try:
        yield
        assert not cutting.done(), cutting.exception()
    finally:
        cutting.cancel()
        await asyncio.gather(cutting, return_exceptions=True)
        await connection.close()


def _said(lags: list[Lag], moment: str) -> str:
    found = [getattr(lag, moment) for lag in lags]
    return f"p50 {_at(found, 0.5):.0f} ms, p99 {_at(found, 0.99):.0f} ms, last {_at(found, 1):.0f} ms"


def _at(lags: list[float], share: float) -> float:
    """In milliseconds, the lag that so many do not exceed."""
    return 1000 * sorted(lags)[math.ceil(share * len(lags)) - 1]
