"""Runs our gateway in front of our server, and checks it with a real client before it is measured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import CAR
from benchmarks.load.target import Target, rest_target
from benchmarks.ours import Ours
from benchmarks.process import running


@dataclass(frozen=True, slots=True)
class Rest:
    """The running gateway, with the two requests that are measured."""

    pid: int
    read: Target
    write: Target


@asynccontextmanager
async def gateway(ours: Ours, folder: Path) -> AsyncIterator[Rest]:
    """Serve REST for our server until the block ends."""
    port = int(ours.environment["TENANTRY_HTTP_PORT"])
    arguments, log = ["-m", "server.cli", "gateway"], folder / "gateway.log"
    async with running(arguments, port=port, log=log, environment=ours.environment) as pid:
        headers = {"authorization": f"Bearer {ours.token}"}
        read = rest_target(port, "GET", f"/cars/{ours.car_id}", headers)
        await _check(port, read, headers)
        yield Rest(pid, read, rest_target(port, "POST", "/cars", headers, CAR))


async def _check(port: int, read: Target, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        registered = (await client.post("/cars", json=CAR, headers=headers)).raise_for_status().json()["car"]
        found = (await client.get(f"/cars/{registered['id']}", headers=headers)).raise_for_status().json()["car"]
        stranger = await client.get(read.path)
    if found != registered or stranger.status_code != 401:
        raise RuntimeError(f"our gateway does not do what is measured: {registered} {found} {stranger.status_code}")
