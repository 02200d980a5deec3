"""A call that is late or given up stops working, in PostgreSQL too."""

import asyncio

import asyncpg
import grpc
import pytest
import pytest_asyncio

from tests.kernel.echo import Ask, stub
from tests.kernel.test_signals import until

RUNNING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
    "AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
)


@pytest_asyncio.fixture
async def running_queries(echo_server):
    connection = await asyncpg.connect(echo_server.dsn)

    async def count():
        return await connection.fetchval(RUNNING)

    yield count
    await connection.close()


async def wait_for(count, number):
    async with asyncio.timeout(5):
        while await count() != number:
            await asyncio.sleep(0.005)


async def test_a_deadline_ends_the_query_within_a_tenth_of_a_second(echo_server, running_queries):
    call = stub(echo_server.channel, "Say")(Ask(text="query"), timeout=0.3)
    await wait_for(running_queries, 1)

    with pytest.raises(grpc.aio.AioRpcError) as late:
        await call

    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await wait_for(running_queries, 0)


async def test_a_call_that_is_given_up_ends_its_query(echo_server, running_queries):
    call = stub(echo_server.channel, "Say")(Ask(text="query"))
    await wait_for(running_queries, 1)

    call.cancel()

    await wait_for(running_queries, 0)
    assert call.cancelled()


async def test_a_stream_that_is_given_up_ends_its_query(echo_server, running_queries, member):
    call = stub(echo_server.channel, "Watch")(Ask(text="a query"), metadata=member.metadata)
    assert (await call.read()).text == "a"
    await wait_for(running_queries, 1)

    call.cancel()

    await wait_for(running_queries, 0)


async def test_a_call_without_a_deadline_gets_one(echo_server, running_queries, monkeypatch):
    monkeypatch.setattr("server.kernel.rpc.pipeline._LONGEST_SECONDS", 0.2)

    with pytest.raises(grpc.aio.AioRpcError) as late:
        await stub(echo_server.channel, "Say")(Ask(text="query"))

    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await wait_for(running_queries, 0)


@pytest.mark.parametrize("timeout", [None, 90])
async def test_a_stream_of_answers_may_take_longer_than_a_call_and_not_for_ever(
    echo_server, running_queries, member, monkeypatch, timeout
):
    monkeypatch.setattr("server.kernel.rpc.pipeline._LONGEST_SECONDS", 0.1)
    monkeypatch.setattr("server.kernel.rpc.pipeline._LONGEST_STREAM_SECONDS", 2)
    call = stub(echo_server.channel, "Watch")(Ask(text="a query"), metadata=member.metadata, timeout=timeout)
    assert (await call.read()).text == "a"

    await asyncio.sleep(0.4)
    assert await running_queries() == 1
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await call.read()

    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await wait_for(running_queries, 0)


async def test_twenty_calls_given_up_leave_the_server_as_it_was(echo_server, running_queries):
    calls = [stub(echo_server.channel, "Say")(Ask(text="query"), timeout=0.3) for _ in range(20)]

    codes = {type(result) for result in await asyncio.gather(*calls, return_exceptions=True)}

    assert codes == {grpc.aio.AioRpcError}
    await wait_for(running_queries, 0)
    assert (await stub(echo_server.channel, "Say")(Ask(text="hello"), timeout=1)).text == "hello"
    pool = echo_server.database.pool
    await until(lambda: len(pool._idle) == pool._open)
