"""
What `tenantry up` does: everything on one machine, in order, and drained in the opposite order.

Database, migrations, server processes, worker, gateway. Each is a part that is started again when it dies. On SIGTERM
or Ctrl-C the gateway lets no new calls in and finishes those it has, then the worker finishes its deliveries (which are
calls to the servers), then the servers, then the database stops; a second signal skips what is being waited for.
"""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from server.kernel.settings import PlatformSettings
from server.launch import ports
from server.launch.child import Child
from server.launch.console import Console
from server.launch.database import insist_on_reachable
from server.launch.folders import private_folder, socket_folder
from server.launch.lock import FolderLock
from server.launch.parts import Part, keep_running
from server.launch.plan import Plan
from server.launch.postgres import EmbeddedPostgres
from server.launch.roster import Roster
from server.launch.welcome import welcome

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Runs one set of processes on one data folder."""

    def __init__(self, settings: PlatformSettings, plan: Plan, console: Console) -> None:
        self._settings = settings
        self._plan = plan
        self._console = console
        self._data = settings.data_folder
        self._parts: list[Part] = []

    async def run(self) -> None:
        """
        Start everything, keep it running until a signal, and drain.

        Raises:
            LaunchError: something does not start, or does not stay up.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN or number is not signal.SIGHUP:  # nohup
                loop.add_signal_handler(number, task.cancel)
        try:
            async with AsyncExitStack() as stack:
                await self._start(stack)
                self._console.page(welcome(self._settings))
                await self._keep_running()
        except asyncio.CancelledError:
            self._console.say("stopped")
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)

    async def _start(self, stack: AsyncExitStack) -> None:
        """Start the parts in order. What is pushed on *stack* runs, last first, to stop them."""
        private_folder(self._data)
        taken = (
            f"Tenantry runs already on the data folder {self._data} (process {{pid}}). Stop that one, or choose "
            "another folder by TENANTRY_DATA, and other ports."
        )
        lock = FolderLock(self._data / "lock", taken=taken).acquire()
        stack.callback(lock.release)
        run_folder = socket_folder(self._data)
        roster = Roster(run_folder / "processes.json")
        await self._end_left_over(roster)
        ports.insist_on_free(self._settings)

        environment = await self._start_database(stack)
        await self._child("migrate", self._plan.migrate, environment, roster).run()

        sockets = [run_folder / f"server-{number}.sock" for number in range(1, self._settings.processes + 1)]
        servers = [
            self._child(f"server-{number}", self._plan.serve(socket), environment, roster, socket)
            for number, socket in enumerate(sockets, start=1)
        ]
        worker = self._child("worker", self._plan.work, environment, roster)
        gateway = self._plan.gateway(self._settings, [f"unix:{socket}" for socket in sockets], run_folder, roster)

        stack.push_async_callback(gateway.stop)
        stack.push_async_callback(self._stop_all, servers)
        stack.push_async_callback(worker.stop)
        await asyncio.gather(*(server.start() for server in servers), worker.start())
        await gateway.start()
        stack.push_async_callback(gateway.drain)
        stack.callback(self._console.say, "draining: no new calls, those under way are finished (again to hurry)")
        self._parts += [*servers, worker, gateway]

    async def _start_database(self, stack: AsyncExitStack) -> dict[str, str]:
        """Start or find the database, and give the environment in which the other processes find it."""
        if self._settings.database_url:
            dsn = self._settings.database_url.get_secret_value()
            await insist_on_reachable(dsn)
        else:
            embedded = EmbeddedPostgres(self._data)
            stack.push_async_callback(embedded.stop)
            dsn = await embedded.start()
            self._parts.append(embedded)
        return os.environ | {
            "TENANTRY_DATABASE_URL": dsn,
            "TENANTRY_DATA": str(self._data),
            "TENANTRY_LOG_FORMAT": self._settings.log_format,
            "PYTHONUNBUFFERED": "1",
        }

    async def _keep_running(self) -> None:
        """Return never but by an exception: of a part that does not stay up, or of the signal that cancels us."""
        keepers = [asyncio.create_task(keep_running(part, self._console)) for part in self._parts]
        try:
            await asyncio.gather(*keepers)
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _end_left_over(self, roster: Roster) -> None:
        """End what a killed run left; its server processes would otherwise share our port."""
        left_over = roster.left_over()
        for name, process in left_over.items():
            self._console.say(f"ending {name} (process {process.pid}), which a killed run left")
        await asyncio.gather(*(process.end() for process in left_over.values()))

    async def _stop_all(self, children: list[Child]) -> None:
        results = await asyncio.gather(*(child.stop() for child in children), return_exceptions=True)
        for failure in (result for result in results if isinstance(result, BaseException)):
            raise failure

    def _child(
        self, name: str, command: list[str], environment: dict[str, str], roster: Roster, socket: Path | None = None
    ) -> Child:
        return Child(name, command, environment=environment, console=self._console, roster=roster, socket=socket)
