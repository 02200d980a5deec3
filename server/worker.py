"""One worker process: carries out what the server processes queue, until it is told to stop."""

import asyncio
import logging
from functools import partial

import grpc
import uvloop

from server import app as server_app
from server.kernel import logs, settings
from server.kernel.bus.backfill import Backfill
from server.kernel.deliveries.operations import Operations
from server.kernel.deliveries.settings import DeliverySettings
from server.kernel.deliveries.waits import make_due
from server.kernel.deliveries.worker import Worker
from server.kernel.settings import PlatformSettings
from server.kernel.telemetry.queues import sample_queues
from server.kernel.webhooks import Webhooks

log = logging.getLogger(__name__)


def work() -> None:
    """Run one worker process until it is told to stop."""
    platform = settings.read(PlatformSettings)
    logs.start_logging(as_json=platform.log_format == "json", level=platform.log_level)
    deliveries = settings.read(DeliverySettings)
    target = deliveries.worker_target or f"{platform.grpc_host}:{platform.grpc_port}"
    uvloop.run(_work(server_app.build(), target))


async def _work(app: server_app.App, target: str) -> None:
    stopping = server_app.stop_signal()
    async with grpc.aio.insecure_channel(target) as channel:
        worker = worker_of(app, channel)
        app.telemetry.samples.append(
            lambda: sample_queues(Operations(app.platform.database).depths, app.platform.clock())
        )
        await app.start()
        working = asyncio.create_task(worker.run())
        log.info("working", extra={"target": target})
        await asyncio.wait([working, asyncio.create_task(stopping.wait())], return_when=asyncio.FIRST_COMPLETED)
        log.info("finishing what is in hand")
        worker.stop()
        await working
    await app.stop()
    log.info("stopped")


def worker_of(app: server_app.App, channel: grpc.aio.Channel) -> Worker:
    """The worker of *app*, calling services over *channel*."""
    carriers = [carrier for subdomain in app.subdomains for carrier in subdomain.carriers]
    return Worker(
        engine=app.engine,
        carriers=carriers,
        channel=channel,
        tokens=app.platform.tokens,
        elsewhere=app.elsewhere,
        housekeeping=[
            *(
                partial(make_due, app.platform.database, each.queue, app.engine.patience_of(each.queue))
                for each in carriers
            ),
            app.pipeline.idempotency.forget_expired,
            partial(app.platform.quotas.forget_expired, app.platform.begin),
            app.registration.keep,
            Backfill(app.platform.database).run,
            Webhooks.of(app.platform).forget_expired,
            *(work for subdomain in app.subdomains for work in subdomain.housekeeping),
        ],
        tracer=app.telemetry.tracer,
    )
