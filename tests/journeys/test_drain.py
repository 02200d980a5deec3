"""Draining: whoever stops, no call fails."""

import asyncio
import os
import signal
import uuid
from pathlib import Path

import httpx

from tests.journeys.whole_run import WholeRun, whole_run

_PER_SECOND = 100


class Load:
    """A hundred calls a second through the gateway, until it is told to stop."""

    def __init__(self, run: WholeRun) -> None:
        self._url = f"{run.url}/health"
        self.answers: list[int] = []
        self.answered: set[str] = set()
        self.failures: dict[str, str] = {}
        self.is_stopping = False
        self._calls: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=20) as client:
            while not self.is_stopping:
                call = asyncio.create_task(self._call(client))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
                await asyncio.sleep(1 / _PER_SECOND)
            await asyncio.gather(*self._calls)

    async def _call(self, client: httpx.AsyncClient) -> None:
        call_id = str(uuid.uuid4())
        try:
            self.answers.append((await client.get(self._url, headers={"x-request-id": call_id})).status_code)
            self.answered.add(call_id)
        except httpx.ConnectError:
            self.is_stopping = True  # the listener is closed: nobody was promised an answer
        except httpx.TransportError as error:
            self.failures[call_id] = repr(error)


async def test_server_processes_can_be_restarted_one_by_one_under_load(tmp_path: Path) -> None:
    async with whole_run(tmp_path / "data", LOG_EVERY_CALL="false") as run:
        load = Load(run)
        loading = asyncio.create_task(load.run())
        for number in range(2):
            await asyncio.sleep(1)
            pid = run.pids("server")[number]
            os.kill(pid, signal.SIGTERM)
            await _replaced(run, pid)
        await asyncio.sleep(1)
        load.is_stopping = True
        await loading

    assert load.failures == {}
    assert set(load.answers) == {200}
    assert len(load.answers) > 2 * _PER_SECOND


async def test_a_whole_run_that_is_told_to_stop_answers_every_call_it_took(tmp_path: Path) -> None:
    async with whole_run(tmp_path / "data", LOG_EVERY_CALL="false") as run:
        load = Load(run)
        loading = asyncio.create_task(load.run())
        await asyncio.sleep(1.5)

        code = await run.stop()

        load.is_stopping = True
        await loading
    assert code == 0
    # A port may be closed before anybody has accepted a connection to it. That call was not taken.
    log = run.log.read_text()
    assert all(call_id in log for call_id in load.answered)
    assert [failure for call_id, failure in load.failures.items() if call_id in log] == []
    assert set(load.answers) == {200}
    assert len(load.answers) > _PER_SECOND


async def _replaced(run: WholeRun, pid: int) -> None:
    async with asyncio.timeout(30):
        while pid in run.pids("server") or len(run.pids("server")) < 2:
            await asyncio.sleep(0.05)
