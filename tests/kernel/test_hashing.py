"""Password hashing: strong, off the event loop, and never more than can be borne."""

import asyncio
import os
import time

import pytest

from server.kernel.errors import RateLimited
from server.kernel.security.hashing import PasswordHasher


@pytest.fixture
def hasher():
    made = PasswordHasher(concurrency=1)
    yield made
    made.close()


async def test_a_hash_is_argon2id_with_at_least_what_owasp_asks(hasher):
    hashed = await hasher.hash("correct horse")

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashed != await hasher.hash("correct horse")


async def test_only_the_right_password_is_right(hasher):
    hashed = await hasher.hash("pässword ☃")

    assert await hasher.verify("pässword ☃", hashed) == (True, False)
    assert await hasher.verify("passwörd ☃", hashed) == (False, False)
    assert await hasher.verify("", hashed) == (False, False)


async def test_a_hash_of_weaker_parameters_should_be_made_anew(hasher):
    weak = await hasher.hash("password")
    strong = PasswordHasher(memory_kib=32_768, concurrency=1)

    assert await strong.verify("password", weak) == (True, True)
    assert await strong.verify("wrong", weak) == (False, False)
    strong.close()


async def test_without_an_account_the_work_is_the_same(hasher):
    hashed = await hasher.hash("password")

    async def seconds(stored):
        started = time.perf_counter()
        assert await hasher.verify("wrong", stored) == (False, False)
        return time.perf_counter() - started

    # In turns, and the quickest of many: what else the machine does troubles both alike.
    known, unknown = zip(*[(await seconds(hashed), await seconds(None)) for _ in range(12)], strict=True)

    assert 0.5 < min(unknown) / min(known) < 2


async def test_the_password_of_the_stand_in_is_nobodys(hasher):
    assert await hasher.verify("no account has this password", None) == (False, False)


async def test_the_event_loop_goes_on_meanwhile(hasher):
    ticks, work = 0, asyncio.gather(*(hasher.hash("password") for _ in range(5)))

    while not work.done():
        await asyncio.sleep(0.001)
        ticks += 1

    assert ticks > 20


async def test_past_a_hundred_waiting_the_next_is_refused_and_told_when_to_return(hasher):
    # given
    waiting = [asyncio.create_task(hasher.hash("password")) for _ in range(101)]
    await asyncio.sleep(0)

    # when
    with pytest.raises(RateLimited) as refused:
        await hasher.hash("password")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    # then: those who left count no more
    assert refused.value.retry_after == 1.0
    assert await hasher.hash("password")


async def test_hashing_gives_way_to_everything_else(hasher):
    priority = await hasher._run(lambda: os.getpriority(os.PRIO_PROCESS, 0))

    assert priority == 15
    assert os.getpriority(os.PRIO_PROCESS, 0) < 15
