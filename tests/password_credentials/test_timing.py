"""
Nobody can tell by an answer, or by the time it takes, whether an address is known.

Calls for known and unknown addresses take turns, in random order, with a hash so cheap that it hides nothing. A few
calls catch work that is missing altogether; the 500 of ``make soak`` catch a statement.
"""

import gc
import os
import random
import re
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import grpc
import pytest
import pytest_asyncio
from pwdlib.hashers.argon2 import Argon2Hasher
from scipy.stats import mannwhitneyu
from tenantry.password_credentials.v1 import password_credentials_service_pb2 as pb

from server.kernel import ids
from tests.harness import Running
from tests.password_credentials.production import production_server
from tests.password_credentials.resets import initiate, reset_token
from tests.signed_in import People, new_address, registration

_IS_FULL = os.environ.get("TENANTRY_TEST_CAMPAIGN") == "full"
_CALLS = 500 if _IS_FULL else 40
_WARMING_UP = 20
_LIKELY = 0.01
_NEAR = 0.3  # of the median: what a few calls on a busy machine can tell
_TRIES = 2  # what is there shows again, what is chance does not
_ID = re.compile(rb"(cred|user)_[0-7][0-9a-hjkmnp-tv-z]{25}")
_CONFIRM = """
    UPDATE password_credentials.person_credential
    SET verified_at = $2, verification_token_digest = NULL, verification_expires_at = NULL WHERE id = $1
"""
_SAME = (("x-request-id", "the-same-one"),)

Call = Callable[[], Awaitable[bytes]]

pytestmark = pytest.mark.campaign


@pytest_asyncio.fixture(scope="module")
async def quick(server, postgres, database_name):
    """A production server whose hashes cost next to nothing, and which answers any number of calls."""
    name = f"{database_name}_timing"
    async with production_server(postgres, name, RESET_CALLS_PER_HOUR="0", RESET_MAILS_PER_HOUR="2000") as found:
        hasher = found.app.platform.hasher
        hasher._hasher = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
        hasher._dummy = hasher._hasher.hash("no account has this password")
        yield found


async def answer(call: Awaitable[Any]) -> bytes:
    """Everything that a caller gets, without the ids in it."""
    try:
        found: bytes = (await call).SerializeToString()
    except grpc.aio.AioRpcError as error:
        found = repr((error.code(), error.details(), tuple(error.trailing_metadata() or ()))).encode()
    return _ID.sub(rb"\1", found)


async def same_time(known: list[Call], unknown: list[Call]) -> float:
    """Time both kinds of calls in turns; the probability that chance alone tells them apart so well."""
    times: dict[bool, list[float]] = {True: [], False: []}
    answers, order = set(), random.Random(11)
    gc.collect()
    gc.disable()
    try:
        for pair in zip(known, unknown, strict=True):
            turns = [(True, pair[0]), (False, pair[1])]
            order.shuffle(turns)
            for is_known, call in turns:
                started = time.perf_counter()
                found = await call()
                times[is_known].append(time.perf_counter() - started)
                answers.add(found)
    finally:
        gc.enable()
    assert len(answers) == 1, answers
    of_known, of_unknown = times[True][_WARMING_UP:], times[False][_WARMING_UP:]
    p = float(mannwhitneyu(of_known, of_unknown).pvalue)
    medians = [round(median(found) * 1000, 3) for found in (of_known, of_unknown)]
    print(f"known {medians[0]} ms, unknown {medians[1]} ms, p = {p:.3f}, {len(of_known)} calls each")
    if not _IS_FULL:
        return float(abs(medians[0] - medians[1]) < _NEAR * max(medians))
    return p


async def nobody_can_tell(make: Callable[[int], Awaitable[tuple[list[Call], list[Call]]]]) -> None:
    found = []
    for _ in range(_TRIES):
        found.append(await same_time(*await make(_CALLS + _WARMING_UP)))
        if found[-1] > _LIKELY:
            return
    raise AssertionError(f"the times differ: {found}")


def sign_in(people: People, address: str) -> Call:
    request = pb.AuthenticateCredentialRequest(username=address, password="wrong")
    return lambda: answer(people.service.AuthenticateCredential(request, metadata=_SAME))


def register(people: People, address: str) -> Call:
    request = registration(email_address=address)
    return lambda: answer(people.service.RegisterPerson(request, metadata=_SAME))


def reset(people: People, address: str) -> Call:
    request = pb.InitiatePasswordResetRequest(email_address=address)
    return lambda: answer(people.service.InitiatePasswordReset(request, metadata=_SAME))


def resend(people: People, token: str) -> Call:
    request = pb.ResendPasswordResetRequest(token=token)
    return lambda: answer(people.service.ResendPasswordReset(request, metadata=_SAME))


async def known_address(server: Running, *, is_confirmed: bool) -> str:
    person, address = await People(server).register(email_address=new_address())
    if is_confirmed:
        await server.rows(_CONFIRM, ids.decode("cred", person.id), server.clock())
    return str(address)


@pytest.mark.parametrize("is_confirmed", [True, False], ids=["confirmed", "unconfirmed"])
@pytest.mark.parametrize("ask", [sign_in, register, reset])
async def test_a_known_address_takes_as_long_as_an_unknown_one(quick, ask, is_confirmed):
    people = People(quick)

    async def make(number: int) -> tuple[list[Call], list[Call]]:
        known = [ask(people, await known_address(quick, is_confirmed=is_confirmed)) for _ in range(number)]
        return known, [ask(people, new_address()) for _ in range(number)]

    await nobody_can_tell(make)


async def test_a_token_that_was_replaced_takes_as_long_as_one_that_never_was(quick):
    people = People(quick)
    address = await known_address(quick, is_confirmed=True)

    async def make(number: int) -> tuple[list[Call], list[Call]]:
        replaced = []
        for _ in range(number):
            await initiate(people, address)
            replaced.append(await reset_token(quick, address))
        await initiate(people, address)
        never = [token[::-1] for token in replaced]
        return [resend(people, token) for token in replaced], [resend(people, token) for token in never]

    await nobody_can_tell(make)
