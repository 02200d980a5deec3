"""
What sign-ins do to everybody else: four people sign in again and again while four other calls are kept in flight.

Hashing a password takes tens of milliseconds of a core. Somebody must pay for it; the bench shows who does.
"""

import asyncio
import time
from dataclasses import replace

import grpc
from pwdlib.hashers.argon2 import Argon2Hasher

from benchmarks.goals import HASHING, IDLE, SIGNING_IN
from benchmarks.load.spell import Load
from benchmarks.ours import PASSWORD, Ours, Person
from benchmarks.sample import Case, Sample, call_case

OTHER_CALLS = 4


def sign_in_cases(ours: Ours, load: Load, postgres: int) -> list[Case]:
    """Other calls alone, the same with sign-ins, and what the hash does by itself."""
    target = ours.read.with_in_flight(OTHER_CALLS)
    processes = {"server": (ours.pid,), "postgres": (postgres,)}
    idle = call_case(IDLE, target, load, processes)

    async def with_sign_ins(seconds: float) -> Sample:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{ours.port}") as channel:
            loops = SignIns(channel)
            running = [asyncio.create_task(loops.repeat(person)) for person in ours.people[1:]]
            started = time.perf_counter()
            sample = await idle.round(seconds)
            loops.stopped = True
            await asyncio.gather(*running)
            return replace(sample, sign_ins=loops.done / (time.perf_counter() - started), refused=loops.refused)

    return [idle, Case(SIGNING_IN, with_sign_ins), Case(HASHING, hash_alone)]


class SignIns:
    """The sign-ins of one round. A surplus may be refused; any other failure ends the bench."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self.done = 0
        self.refused = 0
        self.stopped = False

    async def repeat(self, person: Person) -> None:
        while not self.stopped:
            try:
                token = await person.sign_in(self._channel)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
                self.refused += 1
            else:
                assert token
                self.done += 1


async def hash_alone(seconds: float) -> Sample:
    """Verify the same password with the server's own parameters, one after the other, on one core."""
    return await asyncio.to_thread(_hash_alone, seconds)


def _hash_alone(seconds: float) -> Sample:
    hasher = Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1)
    stored = hasher.hash(PASSWORD)
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        assert hasher.verify(PASSWORD, stored)
        done += 1
    return Sample(rate=done / (time.perf_counter() - started))
