"""The goals: which case is compared with which, by what, and how far apart they have to be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.sample import Sample

Results = Mapping[str, Sequence[Sample]]  # the samples of each case, round by round
Measure = Callable[[Sample], float]


def rate(sample: Sample) -> float:
    return sample.rate


def p99(sample: Sample) -> float:
    return sample.p99_ms


def server_time(sample: Sample) -> float:
    return sample.processor_us.get("server", 0.0)


def gateway_time(sample: Sample) -> float:
    return sample.processor_us.get("gateway", 0.0)


def fsyncs(sample: Sample) -> float:
    return sample.fsyncs


def one(_: Sample) -> float:
    return 1.0


def sign_ins(sample: Sample) -> float:
    return sample.sign_ins


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio of two cases of the same round, and its bound."""

    name: str
    says: str
    case: str
    against: str
    bound: float
    at_most: bool = False
    measure: Measure = rate
    measure_against: Measure | None = None
    aside: bool = False  # shown with the table, not among the goals

    def ratios(self, results: Results) -> list[float]:
        """The ratio of each round in which both were measured."""
        measure_against = self.measure_against or self.measure
        pairs = zip(results[self.case], results[self.against], strict=True)
        return [self.measure(one) / measure_against(other) for one, other in pairs if measure_against(other)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a goal came to: the median ratio, and the quartiles as its spread."""

    goal: Goal
    ratio: float
    low: float
    high: float

    @property
    def met(self) -> bool:
        return self.ratio <= self.goal.bound if self.goal.at_most else self.ratio >= self.goal.bound

    @classmethod
    def of(cls, goal: Goal, results: Results) -> "Verdict | None":
        ratios = goal.ratios(results)
        if not ratios:  # processor time is only known on Linux
            return None
        low, _, high = quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else (ratios[0],) * 3
        return cls(goal, median(ratios), low, high)


ECHO, FETCH = "bare echo", "bare echo + fetchrow"
READ, WRITE = "read", "write"
TWIN_READ, TWIN_WRITE = "twin read", "twin write"
REST_READ, REST_WRITE = "REST read", "REST write"
ANONYMOUS, AUTHENTICATED = "echo, anonymous", "echo, authenticated"
UNGUARDED, GUARDED = "query without row security", "query with row security"
IDLE, SIGNING_IN, HASHING = "4 calls, nobody signs in", "4 calls, 4 sign-ins", "the hash alone"
WORK, FIVE_STATEMENTS, ORM_WORK = "unit of work", "five statements", "unit of work of the ORM"
WORK_AWAKE = "unit of work, worker awake"
RELAY, PLAIN_RELAY, PGQUEUER = "deliveries", "one row a transaction", "PGQueuer, no-op"
LAG, BARE_CALL = "commit to delivered", "bare call"

GOALS = (
    Goal("G1", "authenticated GetCar, everything on, of bare grpc.aio + fetchrow", READ, FETCH, 0.85),
    Goal("G2", "gRPC read of the FastAPI twin's", READ, TWIN_READ, 4),
    Goal("G3", "durable gRPC write of the twin's", WRITE, TWIN_WRITE, 5),
    Goal("G4-read", "REST read through Envoy of the twin's", REST_READ, TWIN_READ, 2.5),
    Goal("G4-write", "REST write through Envoy of the twin's", REST_WRITE, TWIN_WRITE, 4),
    Goal("G5-token", "authenticated echo of the anonymous one", AUTHENTICATED, ANONYMOUS, 0.85),
    Goal("G5-rls", "query under row-level security of the same without", GUARDED, UNGUARDED, 0.80),
    Goal("G6", "durable unit of work of five statements of asyncpg", WORK, FIVE_STATEMENTS, 2),
    Goal("G6-orm", "durable unit of work of the ORM's", WORK, ORM_WORK, 8),
    Goal("G6-fsync", "waits for the disk per write, workers awake", WORK_AWAKE, WORK_AWAKE, 0.35, True, fsyncs, one),
    Goal("G7", "p99 of other calls with 4 sign-ins running, of idle", SIGNING_IN, IDLE, 6, at_most=True, measure=p99),
    Goal("G9", "deliveries of a relay of one row a transaction", RELAY, PLAIN_RELAY, 40),
    Goal("G9-pgqueuer", "deliveries of PGQueuer's jobs that do nothing", RELAY, PGQUEUER, 3),
    Goal("G9-lag", "p99 from commit to delivered, of a bare call", LAG, BARE_CALL, 10, at_most=True, measure=p99),
    Goal("G1-echo", "GetCar of the bare echo", READ, ECHO, 0.50, aside=True),
    Goal("G1-cpu", "processor time of GetCar of fetchrow's", READ, FETCH, 1.2, True, server_time, aside=True),
    Goal("G2-p99", "p99 of the read of the twin's", READ, TWIN_READ, 0.2, True, p99, aside=True),
    Goal("G4-grpc", "REST read of our own gRPC read", REST_READ, READ, 0.65, aside=True),
    Goal(
        "G4-envoy",
        "processor time of Envoy of the server's",
        REST_READ,
        REST_READ,
        0.6,
        True,
        gateway_time,
        server_time,
        aside=True,
    ),
    Goal("G7-rate", "throughput of other calls with 4 sign-ins, of idle", SIGNING_IN, IDLE, 0.5, aside=True),
    Goal(
        "G7-hash",
        "sign-ins a second of what the hash alone does on one core",
        SIGNING_IN,
        HASHING,
        0.5,
        False,
        sign_ins,
        rate,
        aside=True,
    ),
)


def chosen(only: str | None) -> list[Goal]:
    """The goals named in *only* (G1,G4), or all."""
    if not only:
        return list(GOALS)
    names = {name.strip().upper() for name in only.split(",")}
    found = [goal for goal in GOALS if names & {goal.name.upper(), goal.name.upper().partition("-")[0]}]
    if not found:
        raise SystemExit(f"no goal is called {only}: there are {', '.join(goal.name for goal in GOALS)}")
    return found
