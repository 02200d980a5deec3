"""Envoy's admin interface on its Unix socket: is it ready, is it busy, drain."""

import asyncio
import http.client
import re
import socket
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 5
_ACTIVE = re.compile(r"^http\.(?:public|internal)\.downstream_rq_active: (\d+)$", re.MULTILINE)
_TOTAL = re.compile(r"^http\.(?:public|internal)\.downstream_rq_total: (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Traffic:
    """How many requests are being answered now, and how many there have ever been."""

    active: int
    total: int


class GatewayAdmin:
    """Talks to a running Envoy. Every method raises OSError when nobody answers."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def is_ready(self) -> bool:
        """Whether it serves: configured, listening, and its servers looked at once."""
        return (await self._call("GET", "/ready"))[0] == http.HTTPStatus.OK

    async def traffic(self) -> Traffic:
        """Count the requests."""
        _, stats = await self._call("GET", "/stats?filter=downstream_rq_(active|total)$")
        return Traffic(active=_sum(_ACTIVE, stats), total=_sum(_TOTAL, stats))

    async def drain(self) -> None:
        """Tell load balancers and callers to go elsewhere, serve for the drain time, then stop listening."""
        await self._call("POST", "/healthcheck/fail")
        await self._call("POST", "/drain_listeners?graceful")

    async def quit(self) -> None:
        """End it at once."""
        await self._call("POST", "/quitquitquit")

    async def _call(self, verb: str, path: str) -> tuple[int, str]:
        return await asyncio.to_thread(self._call_and_wait, verb, path)

    def _call_and_wait(self, verb: str, path: str) -> tuple[int, str]:
        connection = _UnixConnection(self._path)
        try:
            connection.request(verb, path, headers={"host": "admin", "connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as error:  # it ended in the middle of its answer
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("admin", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(str(self._path))


def _sum(pattern: re.Pattern[str], stats: str) -> int:
    return sum(int(number) for number in pattern.findall(stats))
