"""A repeat with the same request_id gets the first answer and does nothing again."""

import asyncio
import uuid
from datetime import timedelta

import asyncpg
import grpc
import pytest
import pytest_asyncio

from server.kernel.ids import decode, new_id
from tests.cast import cast_of_tests
from tests.harness import refusal, running
from tests.kernel.echo import KeepAsk, echo, stub


@pytest.fixture(autouse=True)
def _running_clock(echo_server):
    yield
    echo_server.clock.run()


@pytest.fixture
def keep(echo_server):
    def call(caller, rpc="Keep", channel=None, metadata=None, **fields):
        method = stub(channel or echo_server.channel, rpc)
        return method(KeepAsk(**fields), metadata=metadata or caller.metadata)

    return call


@pytest_asyncio.fixture
async def notes(echo_server):
    """How many notes there are of a caller's default organization, with their events."""

    async def count(organization_id):
        organization = decode("org", organization_id)
        written = await echo_server.rows("SELECT FROM probe.note WHERE organization_id = $1", organization)
        events = await echo_server.rows("SELECT FROM kernel.event WHERE organization_id = $1", organization)
        assert len(written) == len(events)
        return len(written)

    return count


def new_request_id():
    return str(uuid.uuid4())


async def test_a_repeat_gets_the_first_answer(keep, cast, notes):
    organization_id = new_id("org")
    member, request_id = await cast.member(organization_id), new_request_id()

    first = await keep(member, text="x", request_id=request_id)
    second = await keep(member, text="x", request_id=request_id.upper())

    assert first == second
    assert await notes(organization_id) == 1


async def test_without_a_request_id_every_call_counts(keep, cast, notes):
    organization_id = new_id("org")
    member = await cast.member(organization_id)

    await keep(member, text="x")
    await keep(member, text="y")

    assert await notes(organization_id) == 2


async def test_equal_calls_at_once_do_it_once(keep, cast, notes):
    organization_id = new_id("org")
    member, request_id = await cast.member(organization_id), new_request_id()

    answers = await asyncio.gather(*(keep(member, text="x", request_id=request_id) for _ in range(20)))

    assert len({answer.text for answer in answers}) == 1
    assert await notes(organization_id) == 1


async def test_equal_calls_at_once_to_two_processes_do_it_once(keep, cast, notes, echo_server):
    def compose(platform):
        return [cast_of_tests(platform), echo(platform)]

    async with running(echo_server.dsn, compose) as other:
        for text in ("x", "y", "z"):
            # given
            organization_id = new_id("org")
            member, request_id = await cast.member(organization_id), new_request_id()
            channels = [echo_server.channel, other.channel]

            # when
            calls = [
                keep(member, text=text, request_id=request_id, channel=channel)
                for channel in channels
                for _ in range(3)
            ]
            answers = await asyncio.gather(*calls)

            # then
            assert len({answer.text for answer in answers}) == 1
            assert await notes(organization_id) == 1


async def test_another_body_with_the_same_request_id_is_refused(keep, cast, notes):
    organization_id = new_id("org")
    member, request_id = await cast.member(organization_id), new_request_id()
    await keep(member, text="x", request_id=request_id)

    refused = await refusal(keep(member, text="y", request_id=request_id))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")
    assert await notes(organization_id) == 1


async def test_a_request_id_is_the_callers_own_and_the_methods(keep, cast, notes):
    organization_id, request_id = new_id("org"), new_request_id()
    first, second = await cast.member(organization_id), await cast.member(organization_id)

    answers = {
        (await keep(first, text="x", request_id=request_id)).text,
        (await keep(second, text="y", request_id=request_id)).text,
        (await keep(first, "KeepBriefly", text="z", request_id=request_id)).text,
    }

    assert len(answers) == 3
    assert await notes(organization_id) == 3


async def test_an_answer_is_kept_for_a_day(keep, cast, echo_server):
    organization_id, request_id = new_id("org"), new_request_id()
    member = await cast.member(organization_id)
    echo_server.clock.stop_at(now := echo_server.clock())
    first = await keep(member, text="x", request_id=request_id)

    def later(by):
        echo_server.clock.stop_at(now + by)
        metadata = echo_server.as_user(member.user_id, member.session_id)
        return keep(member, text="x", request_id=request_id, metadata=metadata)

    day = timedelta(days=1)
    assert await later(day - timedelta(microseconds=1)) == first
    refused = await refusal(later(day))  # counts as new, and the text is taken

    assert refused.reason == "TEXT_TAKEN"


async def test_an_answer_with_tokens_is_kept_for_ten_seconds(keep, cast, echo_server):
    member, request_id = await cast.member(new_id("org")), new_request_id()
    echo_server.clock.stop_at(now := echo_server.clock())
    first = await keep(member, "KeepBriefly", text="x", request_id=request_id)

    echo_server.clock.stop_at(now + timedelta(seconds=9.999))
    again = await keep(member, "KeepBriefly", text="x", request_id=request_id)
    echo_server.clock.stop_at(now + timedelta(seconds=10))
    new = await keep(member, "KeepBriefly", text="y", request_id=request_id)

    assert again == first
    assert new != first


async def test_a_refusal_is_not_kept(keep, cast, notes, echo_server):
    # given
    organization_id = new_id("org")
    member, request_id = await cast.member(organization_id), new_request_id()
    await keep(member, text="x")
    refused = await refusal(keep(member, text="x", request_id=request_id))

    # when
    await echo_server.rows("DELETE FROM probe.note WHERE organization_id = $1", decode("org", organization_id))
    await echo_server.rows("DELETE FROM kernel.event WHERE organization_id = $1", decode("org", organization_id))
    await keep(member, text="x", request_id=request_id)

    # then
    assert refused.reason == "TEXT_TAKEN"
    assert await notes(organization_id) == 1


async def test_a_failure_leaves_nothing_and_may_be_tried_again(keep, cast, notes):
    organization_id = new_id("org")
    member, request_id = await cast.member(organization_id), new_request_id()

    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await keep(member, text="write then fail x", request_id=request_id)
    left = await notes(organization_id)
    with pytest.raises(grpc.aio.AioRpcError):
        await keep(member, text="write then fail x", request_id=request_id)

    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert (left, await notes(organization_id)) == (0, 0)


async def test_a_call_that_is_given_up_leaves_all_or_nothing(keep, cast, notes, echo_server):
    organization_id = new_id("org")
    member, request_id = await cast.member(organization_id), new_request_id()

    call = keep(member, text="x", request_id=request_id)
    await asyncio.sleep(0.03)
    call.cancel()
    await asyncio.sleep(0.1)
    before = await notes(organization_id)
    await keep(member, text="x", request_id=request_id)

    assert before in (0, 1)
    assert await notes(organization_id) == 1


async def test_kept_answers_cannot_be_read_in_the_database(keep, cast, echo_server):
    member, request_id = await cast.member(new_id("org")), new_request_id()
    answer = await keep(member, text="x", request_id=request_id)

    rows = await echo_server.rows("SELECT * FROM kernel.kept_answer")

    everything = b"".join(bytes(row["key"]) + bytes(row["body"]) + bytes(row["answer"]) for row in rows)
    for secret in (answer.text, request_id, member.user_id):
        assert secret.encode() not in everything


async def test_answers_that_nobody_may_ask_for_are_forgotten(keep, cast, echo_server):
    member = await cast.member(new_id("org"))
    await keep(member, text="x", request_id=new_request_id())
    idempotency = echo_server.app.pipeline.idempotency
    echo_server.clock.stop_at(echo_server.clock() + timedelta(days=2))

    assert await idempotency.forget_expired() >= 1
    assert await echo_server.rows("SELECT FROM kernel.kept_answer") == []


async def test_no_connection_is_held_after_all_this(echo_server):
    pool = echo_server.database.pool
    await asyncio.sleep(0.1)

    assert len(pool._idle) == pool._open
    connection = await asyncpg.connect(echo_server.dsn)
    idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'"
    assert await connection.fetchval(idle) == 0
    await connection.close()


async def test_calls_that_are_kept_need_one_connection_each(keep, cast, notes, echo_server):
    """Else a few of them at once would wait for each other for ever."""
    organization_id = new_id("org")
    member = await cast.member(organization_id)

    def compose(platform):
        return [cast_of_tests(platform), echo(platform)]

    async with running(echo_server.dsn, compose, pool_size=1) as narrow, asyncio.timeout(5):
        await asyncio.gather(
            *(
                keep(member, text=str(number), request_id=new_request_id(), channel=narrow.channel)
                for number in range(10)
            )
        )

    assert await notes(organization_id) == 10
