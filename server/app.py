"""One server process: built from the subdomains, started, drained on a signal."""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import uvloop

from server import composition
from server.kernel import ids, logs, settings
from server.kernel.access.principals import Principals
from server.kernel.bus.bus import Bus
from server.kernel.bus.registration import Registration
from server.kernel.bus.settings import BusSettings
from server.kernel.clock import Clock, system_clock
from server.kernel.database import Database
from server.kernel.deliveries.drain import drain
from server.kernel.deliveries.engines import QueueEngine, engine_of
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.servers import Elsewhere
from server.kernel.deliveries.settings import DeliverySettings
from server.kernel.lists import Lists
from server.kernel.quotas import Quotas
from server.kernel.rpc.authentication import ApiKeys, Authentication
from server.kernel.rpc.idempotency import Idempotency
from server.kernel.rpc.pipeline import Pipeline
from server.kernel.rpc.rates import Rates
from server.kernel.rpc.server import Server
from server.kernel.security.hashing import PasswordHasher
from server.kernel.security.keys import SigningKeys
from server.kernel.security.secrets import SecretKeys
from server.kernel.security.settings import CallSettings, SecuritySettings
from server.kernel.security.tokens import Tokens
from server.kernel.settings import PlatformSettings
from server.kernel.subdomain import Carrier, Platform, Subdomain
from server.kernel.telemetry.settings import TelemetrySettings
from server.kernel.telemetry.statements import RecordingConnection, sample_connections
from server.kernel.telemetry.telemetry import Telemetry, resource_of

log = logging.getLogger(__name__)

Compose = Callable[[Platform], Sequence[Subdomain]]
_PROBE_SECONDS = 0.2


@dataclass(frozen=True)
class App:
    """Everything that one process holds."""

    platform: Platform
    subdomains: Sequence[Subdomain]
    pipeline: Pipeline
    calls: CallSettings
    engine: QueueEngine
    registration: Registration
    elsewhere: Elsewhere
    telemetry: Telemetry

    async def start(self) -> None:
        """Begin to listen to the other processes, and see to it that events reach those who want them."""
        await self.telemetry.start()
        await self.platform.database.start()
        await self.registration.start()

    async def stop(self) -> None:
        """Let go of the database, and of everybody else."""
        await self.registration.stop()
        await self.elsewhere.close()
        await self.platform.database.stop()
        await self.telemetry.stop(self.calls.drain_grace_seconds)

    def server(self) -> Server:
        """The gRPC server of this process."""
        services = [service for subdomain in self.subdomains for service in subdomain.services]
        is_testing = self.platform.is_testing
        return Server(self.pipeline, services, is_testing=is_testing, reflects=is_testing)


def build(
    *,
    compose: Compose = composition.compose,
    clock: Clock = system_clock,
    database: Database | None = None,
) -> App:
    """
    Put everything together from the environment.

    Raises:
        SettingsError: Settings are missing or wrong.
    """
    platform_settings = settings.read(PlatformSettings)
    security = settings.read(SecuritySettings)
    calls = settings.read(CallSettings)
    secrets = SecretKeys.parse(security.identity_secrets_keys.get_secret_value())
    database = database or Database(
        dsn_of(platform_settings), clock=clock, pool_size=calls.database_pool_size, host_region=calls.host_region
    )
    telemetry = _telemetry(platform_settings, database)
    engine = engine_of(database, settings.read(DeliverySettings))
    carriers: dict[Queue, Carrier] = {}
    bus = Bus(settings.read(BusSettings), is_production=platform_settings.is_production)
    tokens = _tokens(security, clock)
    elsewhere = Elsewhere(bus.elsewhere, tokens)
    answers: dict[type, object] = {}
    platform = Platform(
        settings=platform_settings,
        read_settings=settings.read,
        database=database,
        clock=clock,
        new_id=ids.new_id,
        tokens=tokens,
        secrets=secrets,
        hasher=_hasher(security),
        lists=Lists(secrets),
        quotas=Quotas(secrets, clock),
        drain=lambda queue, **how: drain(engine, carriers, queue, elsewhere=elsewhere, **how),
        bus=bus,
        answers=answers,
    )
    subdomains = compose(platform)
    answers.update({port: answer for subdomain in subdomains for port, answer in subdomain.answers.items()})
    carriers.update({carrier.queue: carrier for subdomain in subdomains for carrier in subdomain.carriers})
    engine.patience.update({each.queue: each.patience for each in carriers.values() if each.patience})
    bus.connect(subdomains)
    database.reactions, database.wanted_events = bus.reactions, bus.wanted_events
    every_call = calls.log_every_call if calls.log_every_call is not None else platform.is_testing
    pipeline = Pipeline(
        authentication=_authentication(platform, subdomains),
        idempotency=Idempotency(database, secrets),
        rates=Rates(ordinary=calls.rate_limit_ordinary, costly=calls.rate_limit_costly),
        clock=clock,
        trusted_gateways=frozenset(address.strip() for address in calls.trusted_gateways.split(",")),
        logs_every_call=every_call,
        tracer=telemetry.tracer,
    )
    registration = Registration(database, bus.subscriptions)
    return App(platform, subdomains, pipeline, calls, engine, registration, elsewhere, telemetry)


def _authentication(platform: Platform, subdomains: Sequence[Subdomain]) -> Authentication:
    parts = {name: part for subdomain in subdomains for name, part in subdomain.principal.items()}
    return Authentication(
        platform.tokens,
        Principals(platform.database, parts),
        api_keys=platform.answers.get(ApiKeys),
        on_refused=composition.on_refused_credential(platform),
    )


def _telemetry(platform: PlatformSettings, database: Database) -> Telemetry:
    telemetry = Telemetry(settings.read(TelemetrySettings), resource_of(platform, database.host_region))
    telemetry.samples.append(partial(sample_connections, database.pools))
    if telemetry.tracer is not None:
        for pool in database.pools:
            pool.connection_type = RecordingConnection
    return telemetry


def dsn_of(platform: PlatformSettings) -> str:
    """
    Where the database is.

    Raises:
        SettingsError: Nobody said; `tenantry up` does.
    """
    if platform.database_url is None:
        raise settings.SettingsError("TENANTRY_DATABASE_URL is missing: `tenantry up` sets it for its processes.")
    return platform.database_url.get_secret_value()


def _tokens(security: SecuritySettings, clock: Clock) -> Tokens:
    reread_seconds = security.signing_keys_reread_seconds
    return Tokens(
        keys=SigningKeys(security.jwt_signing_keys.get_secret_value(), reread_seconds=reread_seconds),
        issuer=security.identity_base_url,
        service_keys=SigningKeys(security.service_token_keys.get_secret_value(), reread_seconds=reread_seconds),
        service_issuer=security.service_token_issuer,
        service_audience=security.service_token_audience,
        clock=clock,
        leeway=timedelta(seconds=security.token_leeway_seconds),
    )


def _hasher(security: SecuritySettings) -> PasswordHasher:
    return PasswordHasher(
        memory_kib=security.password_hash_memory_kib,
        iterations=security.password_hash_iterations,
        parallelism=security.password_hash_parallelism,
        concurrency=security.password_hash_concurrency,
    )


def serve(*, socket: str | None = None) -> None:
    """Run one server process until it is told to stop, then drain."""
    platform = settings.read(PlatformSettings)
    logs.start_logging(as_json=platform.log_format == "json", level=platform.log_level)
    uvloop.run(_serve(build(), socket))


async def _serve(app: App, socket: str | None) -> None:
    stopping = stop_signal()
    await app.start()
    server = app.server()
    platform = app.platform.settings
    addresses = [f"{platform.grpc_host}:{platform.grpc_port}", *([f"unix:{socket}"] if socket else [])]
    server.listen(addresses)
    is_ready = await app.platform.database.is_reachable()
    await server.start(is_ready=is_ready)
    _settle_memory()
    log.info("listening", extra={"addresses": ", ".join(addresses)})
    readiness = asyncio.create_task(_watch_database(app, server, is_ready))
    await stopping.wait()
    log.info("draining")
    readiness.cancel()
    await server.drain(notice_seconds=app.calls.drain_notice_seconds, grace_seconds=app.calls.drain_grace_seconds)
    app.platform.hasher.close()
    await app.stop()
    log.info("stopped")


def _settle_memory() -> None:
    """What stands now stands until the end: garbage is looked for among what calls leave behind, and less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


async def _watch_database(app: App, server: Server, was_ready: bool) -> None:
    """Readiness follows the database."""
    while True:
        await asyncio.sleep(_PROBE_SECONDS)
        is_ready = await app.platform.database.is_reachable()
        if is_ready != was_ready:
            await server.be_ready(is_ready)
            was_ready = is_ready


def stop_signal() -> asyncio.Event:
    """Set when the process is told to stop."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping
