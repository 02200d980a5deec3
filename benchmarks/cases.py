"""The cases by name, each made from the servers that it needs."""

from collections.abc import Awaitable, Callable, Iterable

from benchmarks import goals
from benchmarks.relay import relay_cases
from benchmarks.row_security import ROLE, row_security_cases
from benchmarks.sample import Case, call_case
from benchmarks.sign_in import sign_in_cases
from benchmarks.stage import Stage
from benchmarks.writes import write_cases


async def floor_cases(stage: Stage) -> list[Case]:
    """What bare grpc.aio does, without and with one query."""
    postgres, floor = (await stage.cluster()).pid, await stage.floor()
    processes = {"server": (floor.pid,), "postgres": (postgres,)}
    return [
        call_case(goals.ECHO, floor.echo, stage.load, processes),
        call_case(goals.FETCH, floor.fetch, stage.load, processes),
    ]


async def twin_cases(stage: Stage) -> list[Case]:
    """What FastAPI with SQLAlchemy's ORM does."""
    postgres, twin = (await stage.cluster()).pid, await stage.twin()
    processes = {"server": (twin.pid,), "postgres": (postgres,)}
    return [
        call_case(goals.TWIN_READ, twin.read, stage.load, processes),
        call_case(goals.TWIN_WRITE, twin.write, stage.load, processes),
    ]


async def security_cases(stage: Stage) -> list[Case]:
    """The same query with and without row-level security."""
    cluster = await stage.cluster()
    url = await cluster.create("security")
    return await stage.entered(row_security_cases(url, cluster.url("security", role=ROLE), cluster.pid))


async def our_cases(stage: Stage) -> list[Case]:
    """What our server does, with everything on."""
    postgres, ours = (await stage.cluster()).pid, await stage.ours()
    processes = {"server": (ours.pid,), "postgres": (postgres,)}
    return [
        call_case(goals.READ, ours.read, stage.load, processes),
        call_case(goals.WRITE, ours.write, stage.load, processes),
        call_case(goals.ANONYMOUS, ours.anonymous, stage.load, processes),
        call_case(goals.AUTHENTICATED, ours.authenticated, stage.load, processes),
    ]


async def rest_cases(stage: Stage) -> list[Case]:
    """The same through Envoy, as REST."""
    postgres, ours, rest = (await stage.cluster()).pid, await stage.ours(), await stage.rest()
    processes = {"server": (ours.pid,), "postgres": (postgres,), "gateway": (rest.pid,)}
    return [
        call_case(goals.REST_READ, rest.read, stage.load, processes),
        call_case(goals.REST_WRITE, rest.write, stage.load, processes),
    ]


async def hashing_cases(stage: Stage) -> list[Case]:
    """Other calls while people sign in."""
    return sign_in_cases(await stage.ours(), stage.load, (await stage.cluster()).pid)


async def unit_of_work_cases(stage: Stage) -> list[Case]:
    """Durable writes, ours and others'."""
    cluster = await stage.cluster()
    urls = await cluster.create("writes"), await cluster.create("writes_awake")
    return await stage.entered(write_cases(*urls, stage.folder, await stage.receiver(), cluster.pid))


async def delivery_cases(stage: Stage) -> list[Case]:
    """What is carried out after the commit, and how soon."""
    cluster = await stage.cluster()
    urls = await cluster.create("relay"), await cluster.create("lag")
    return await stage.entered(relay_cases(*urls, stage.folder, await stage.receiver(), cluster.pid))


Maker = Callable[[Stage], Awaitable[list[Case]]]
MAKERS: tuple[tuple[tuple[str, ...], Maker], ...] = (
    ((goals.ECHO, goals.FETCH), floor_cases),
    ((goals.READ, goals.WRITE, goals.ANONYMOUS, goals.AUTHENTICATED), our_cases),
    ((goals.REST_READ, goals.REST_WRITE), rest_cases),
    ((goals.TWIN_READ, goals.TWIN_WRITE), twin_cases),
    ((goals.UNGUARDED, goals.GUARDED), security_cases),
    ((goals.WORK, goals.FIVE_STATEMENTS, goals.ORM_WORK, goals.WORK_AWAKE), unit_of_work_cases),
    ((goals.RELAY, goals.PLAIN_RELAY, goals.PGQUEUER, goals.LAG, goals.BARE_CALL), delivery_cases),
    ((goals.IDLE, goals.SIGNING_IN, goals.HASHING), hashing_cases),
)


async def make_cases(stage: Stage, wanted: Iterable[goals.Goal]) -> list[Case]:
    """Start what the *wanted* goals need and return their cases, in the order they take turns."""
    names = {name for goal in wanted for name in (goal.case, goal.against)}
    made = [await maker(stage) for offered, maker in MAKERS if names & set(offered)]
    return [case for cases in made for case in cases if case.name in names]
