"""Which commands a run consists of; another plan runs other commands in the same way, as tests do."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from server.kernel.settings import PlatformSettings
from server.launch.parts import Part
from server.launch.roster import Roster


class DrainedPart(Part, Protocol):
    """A part that can stop taking new work before it stops."""

    async def drain(self) -> None:
        """Let nothing new in, and return when what is under way has finished."""


OpenGateway = Callable[[PlatformSettings, Sequence[str], Path, Roster], DrainedPart]


def our_command(*words: str) -> list[str]:
    """One of our own commands, by the Python that runs us."""
    return [sys.executable, "-m", "server.cli", *words]


def our_gateway(settings: PlatformSettings, upstreams: Sequence[str], run_folder: Path, roster: Roster) -> DrainedPart:
    from server.launch.gateway_part import GatewayPart  # noqa: PLC0415 - tests of the supervisor bring their own

    return GatewayPart(settings, upstreams, run_folder, roster)


@dataclass(frozen=True)
class Plan:
    """The commands of a run. `serve` gets the path of the socket to listen on."""

    migrate: list[str] = field(default_factory=lambda: our_command("migrate", "--check-settings"))
    serve: Callable[[Path], list[str]] = lambda socket: our_command("serve", "--socket", str(socket))
    work: list[str] = field(default_factory=lambda: our_command("work"))
    gateway: OpenGateway = our_gateway
