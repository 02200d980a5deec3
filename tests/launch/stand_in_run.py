"""A run of stand-ins: the real supervisor and database, and tiny processes in place of the rest."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from server.kernel.settings import PlatformSettings, read
from server.launch.child import Child
from server.launch.console import Console
from server.launch.errors import LaunchError
from server.launch.plan import Plan
from server.launch.roster import Roster
from server.launch.supervisor import Supervisor
from tests.launch.stand_in import note


def command(*words: str) -> list[str]:
    return [sys.executable, "-S", str(Path(__file__).with_name("stand_in.py")), *words]


class StandInGateway(Child):
    """Drains and stops like the gateway."""

    async def drain(self) -> None:
        note("gateway drained")


def open_gateway(_: PlatformSettings, upstreams: Sequence[str], run_folder: Path, roster: Roster) -> StandInGateway:
    note("gateway in front of " + " ".join(Path(upstream).name for upstream in upstreams))
    assert run_folder.is_dir()
    console = Console("readable")
    return StandInGateway("gateway", command("gateway"), environment=os.environ, console=console, roster=roster)


def main() -> int:
    plan = Plan(
        migrate=command("migrate"),
        serve=lambda path: command("serve", str(path)),
        work=command("work"),
        gateway=open_gateway,
    )
    settings = read(PlatformSettings)
    try:
        asyncio.run(Supervisor(settings, plan, Console(settings.log_format)).run())
    except LaunchError as error:
        print(error, file=sys.stderr)
        return error.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
