"""Runs the twin and checks it with a real client before it is measured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from benchmarks import CAR
from benchmarks.load.target import Target, rest_target
from benchmarks.process import free_port, running
from benchmarks.twin.security import issue_token


@dataclass(frozen=True, slots=True)
class Twin:
    """The running twin, with the two requests that are measured."""

    pid: int
    read: Target
    write: Target


@asynccontextmanager
async def twin(database_url: str, folder: Path) -> AsyncIterator[Twin]:
    """Serve the twin by one uvicorn process until the block ends."""
    port = free_port()
    arguments = ["-m", "uvicorn", "benchmarks.twin.app:app", "--port", str(port), "--loop", "uvloop"]
    arguments += ["--http", "httptools", "--no-access-log", "--log-level", "warning"]
    environment = {"TWIN_DATABASE_URL": database_url.replace("postgresql:", "postgresql+asyncpg:", 1)}
    async with running(arguments, port=port, log=folder / "twin.log", environment=environment) as pid:
        headers = {"authorization": f"Bearer {issue_token(uuid4(), uuid4())}"}
        car_id = await checked_car(port, headers)
        read = rest_target(port, "GET", f"/cars/{car_id}", headers)
        yield Twin(pid, read, rest_target(port, "POST", "/cars", headers, CAR))


async def checked_car(port: int, headers: dict[str, str]) -> UUID:
    """Register a car, read it back, and see strangers refused: a twin that checks nothing would be no comparison."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        registered = (await client.post("/cars", json=CAR)).raise_for_status().json()["car"]
        read = (await client.get(f"/cars/{registered['id']}")).raise_for_status().json()["car"]
        stranger = {"authorization": f"Bearer {issue_token(uuid4(), uuid4())}"}
        refusals = [
            (await client.get(f"/cars/{registered['id']}", headers={"authorization": "Bearer nonsense"})).status_code,
            (await client.get(f"/cars/{registered['id']}", headers=stranger)).status_code,
            (await client.post("/cars", json=CAR | {"year": 1900})).status_code,
        ]
    if read != registered or refusals != [401, 404, 422]:
        raise RuntimeError(f"the twin does not do what is measured: {registered} {read} {refusals}")
    return UUID(registered["id"])
