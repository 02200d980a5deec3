"""EVENT_SUBSCRIBERS: events go to another server, and a real worker carries them there."""

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest_asyncio
from tenantry.event_notifications.v1.event_notifications_service_pb2 import DeliverAllDomainEventsRequest
from tenantry.event_notifications.v1.event_notifications_service_pb2_grpc import EventNotificationsServiceStub

from server.kernel.deliveries import servers
from server.kernel.migrate import KERNEL
from server.subdomains.event_notifications.wiring import event_notifications
from server.worker import worker_of
from tests.event_notifications.things import Listener, Thing, publish, things
from tests.harness import fresh_database, running

ROOT = Path(__file__).resolve().parents[2]
SUBSCRIPTION = "tenantry-listener"  # of the other server; this one must be called otherwise


@pytest_asyncio.fixture(scope="module")
async def other_dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    async with fresh_database(postgres, f"{database_name}_another", [KERNEL]) as dsn:
        yield dsn


@asynccontextmanager
async def another_server(dsn: str, **environment: str) -> AsyncIterator[str]:
    """The address of a second server, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.event_notifications.another_server"),
        cwd=ROOT,
        env=os.environ
        | {
            "TENANTRY_DATABASE_URL": dsn,
            "TENANTRY_SERVICE_TOKEN_AUDIENCE": "another",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'generated'}",
            **environment,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield f"127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def this_server(postgres, name, address, listener, monkeypatch, *, is_working=True, **subscriber):
    """A server with a worker whose subscription elsewhere is at *address*."""
    other = {"subscription": SUBSCRIPTION, "address": address, "audience": "another", **subscriber}
    monkeypatch.setenv("TENANTRY_EVENT_SUBSCRIBERS", json.dumps([other]))
    monkeypatch.setenv("TENANTRY_SUBSCRIPTION_PREFIX", "here")
    monkeypatch.setenv("TENANTRY_QUEUE_BACKOFF_BASE_SECONDS", "0.1")
    monkeypatch.setenv("TENANTRY_QUEUE_BACKOFF_FACTOR", "1")
    async with (
        fresh_database(postgres, name, [KERNEL]) as dsn,
        running(dsn, lambda platform: [event_notifications(platform), things(listener)(platform)]) as server,
    ):
        worker = worker_of(server.app, server.channel)
        working = asyncio.create_task(worker.run()) if is_working else None
        yield server
        worker.stop()
        if working is not None:
            await working


async def rows(dsn, sql):
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def eventually(dsn, sql, expected):
    """Wait until a query has this answer."""
    async with asyncio.timeout(15):
        while await rows(dsn, sql) != expected:
            await asyncio.sleep(0.05)


async def test_events_reach_another_server_and_are_handled_there_once(postgres, database_name, other_dsn, monkeypatch):
    listener, thing = Listener(), Thing().happens("one", "two").ends()
    async with (
        another_server(other_dsn) as address,
        this_server(postgres, f"{database_name}_this", address, listener, monkeypatch) as server,
    ):
        await publish(server.database, thing)

        sql = "SELECT event ->> 'name', event ->> 'version', status FROM kernel.notification WHERE event IS NOT NULL"
        await eventually(
            other_dsn,
            f"{sql} ORDER BY 2",
            [
                ("things.thing_happened.v2", "1", "handled"),
                ("things.thing_happened.v2", "2", "handled"),
                ("things.thing_ended.v1", "3", "handled"),
            ],
        )
        await eventually(server.dsn, "SELECT 1 FROM kernel.delivery WHERE event_id IS NOT NULL", [])
        jobs = "SELECT message::jsonb ->> 'About' FROM kernel.delivery WHERE queue = 'jobs' ORDER BY id"
        assert await rows(other_dsn, jobs) == [("one",), ("two",), ("end",)]
        assert listener.heard == ["one", "two", "end"]


async def test_a_long_stream_to_another_server_flows_without_pauses(postgres, database_name, other_dsn, monkeypatch):
    async with (
        another_server(other_dsn) as address,
        this_server(postgres, f"{database_name}_flow", address, Listener(), monkeypatch) as server,
    ):
        await rows(
            server.dsn, f"DELETE FROM kernel.subscription WHERE name <> '{SUBSCRIPTION}'"
        )  # whose events wake us
        await publish(server.database, Thing().happens(*[str(number) for number in range(8)]))
        async with asyncio.timeout(5):
            await eventually(server.dsn, "SELECT 1 FROM kernel.delivery WHERE event_id IS NOT NULL", [])


async def test_an_unknown_address_fails_the_delivery_and_never_the_use_case(
    postgres, database_name, monkeypatch, caplog
):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{unused.getsockname()[1]}"
        listener = Listener()
        name = f"{database_name}_unknown"
        with caplog.at_level(logging.WARNING):
            async with this_server(
                postgres, name, nobody, listener, monkeypatch, events=["things.thing_ended.v1"]
            ) as server:
                await publish(server.database, Thing().happens("fine").ends())

                sql = "SELECT subscription, attempts, reason FROM kernel.delivery WHERE dead_at IS NOT NULL"
                await eventually(server.dsn, sql, [(SUBSCRIPTION, 5, "CALL_UNAVAILABLE")])

        assert listener.heard == ["fine", "end"]
        [crash] = [record for record in caplog.records if record.levelno == logging.CRITICAL]
        assert (crash.getMessage(), crash.site) == ("a dead event holds its stream", f"deliveries.{SUBSCRIPTION}")


async def test_a_server_that_does_not_answer_keeps_nobody_else_waiting(postgres, database_name, monkeypatch):
    listener = Listener()

    async def accept_and_say_nothing(reader, writer):
        await asyncio.sleep(60)

    monkeypatch.setattr(servers, "_MOST_SECONDS_ELSEWHERE", 3.0)
    silent = await asyncio.start_server(accept_and_say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    name = f"{database_name}_silent"
    async with this_server(postgres, name, f"127.0.0.1:{port}", listener, monkeypatch) as server:
        async with asyncio.timeout(2.5):
            for number in range(12):
                await publish(server.database, Thing().happens(str(number)))
                while len(listener.heard) <= number:
                    await asyncio.sleep(0.02)
        silent.close()


async def test_a_subscriber_may_be_given_everything_that_has_ever_happened(
    postgres, database_name, other_dsn, monkeypatch
):
    listener = Listener()
    name = f"{database_name}_beginning"
    async with (
        another_server(other_dsn) as address,
        this_server(postgres, name, address, listener, monkeypatch, start="beginning", is_working=False) as server,
    ):
        await server.rows("DELETE FROM kernel.subscription WHERE name = $1", SUBSCRIPTION)
        thing = Thing().happens("long ago")
        await publish(server.database, thing)
        await server.app.registration.register()

        worker = worker_of(server.app, server.channel)
        working = asyncio.create_task(worker.run())
        await eventually(
            other_dsn,
            f"SELECT status FROM kernel.notification WHERE event ->> 'root_id' = '{thing.id}'",
            [("handled",)],
        )
        worker.stop()
        await working


async def test_a_drain_reaches_other_servers_too(postgres, database_name, other_dsn, monkeypatch):
    listener = Listener()
    name = f"{database_name}_drained"
    async with (
        another_server(other_dsn, FAILING="bad") as address,
        this_server(postgres, name, address, listener, monkeypatch, is_working=False) as server,
    ):
        await publish(server.database, Thing().happens("good"), Thing().happens("bad"))
        notifications = EventNotificationsServiceStub(server.channel)

        answer = await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())

        assert (answer.delivered_count, answer.failed_count) == (5, 1)
        [row] = await server.rows("SELECT subscription, reason FROM kernel.delivery WHERE event_id IS NOT NULL")
        assert tuple(row) == (SUBSCRIPTION, "CONSUMER_FAILED")
