"""The shape that a subdomain hands over, and what it is given."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.descriptor import ServiceDescriptor
from pydantic_settings import BaseSettings
from sqlalchemy import MetaData, Select

from server.kernel.bus.bus import Bus
from server.kernel.bus.consumers import BusConsumer, Reaction
from server.kernel.clock import Clock
from server.kernel.database import Database, OpenUnitOfWork, Reader
from server.kernel.deliveries.engine import Claimed, EngineSettings
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.deliveries.wire import encode_texts
from server.kernel.events import DomainEvent
from server.kernel.lists import Lists
from server.kernel.quotas import Quotas
from server.kernel.security.hashing import PasswordHasher
from server.kernel.security.secrets import SecretKeys
from server.kernel.security.tokens import Tokens
from server.kernel.settings import PlatformSettings

T = TypeVar("T")
Drain = Callable[..., Awaitable[tuple[int, int]]]  # how many of a queue were delivered, and how many failed
Carry = Callable[[Sequence[Any]], Awaitable[Sequence[Result]]]


def texts_of(claimed: Sequence[Claimed]) -> Sequence[Any]:
    """What most receivers want to know of messages: their texts."""
    return [each.message for each in claimed]


@dataclass(frozen=True)
class Platform:
    """What every subdomain is built from."""

    settings: PlatformSettings
    read_settings: Callable[[type[Any]], Any]
    database: Database
    clock: Clock
    new_id: Callable[[str], str]
    tokens: Tokens
    secrets: SecretKeys
    hasher: PasswordHasher
    lists: Lists
    quotas: Quotas
    drain: Drain
    bus: Bus
    answers: Mapping[type, Any] = field(default_factory=dict)
    """Who answers the ports that lower subdomains declare. Complete once everything is put together, not before."""
    _shared: dict[Callable[..., Any], Any] = field(default_factory=dict, init=False, repr=False)

    def shared(self, make: Callable[["Platform"], T]) -> T:
        """What *make* makes, once in a process, for all who ask: what remembers things, or holds connections."""
        if make not in self._shared:
            self._shared[make] = make(self)
        found: T = self._shared[make]
        return found

    @property
    def begin(self) -> OpenUnitOfWork:
        return self.database.begin

    @property
    def reader(self) -> Reader:
        return self.database.reader

    @property
    def is_testing(self) -> bool:
        """Whether testing-only operations exist."""
        return not self.settings.is_production


@dataclass(frozen=True)
class Service:
    """A service of the contract and the object that answers it."""

    descriptor: ServiceDescriptor
    servicer: object


@dataclass(frozen=True)
class Carrier:
    """
    Who carries out the messages of a queue: an RPC for the workers, and the same thing in process for drains.

    Without an RPC (internal jobs) the worker itself carries out. *pack* makes what ``carry`` takes, and what ``encode``
    writes as the request of the RPC.
    """

    queue: Queue
    method: str
    carry: Carry
    batch_size: int = 100
    patience: EngineSettings | None = None
    pack: Callable[[Sequence[Claimed]], Sequence[Any]] = texts_of
    encode: Callable[[Sequence[Any]], bytes] = encode_texts


@dataclass(frozen=True)
class Subdomain:
    """One subdomain, put together. The folder, the schema and the proto package bear its name."""

    name: str
    tables: MetaData | None = None
    migrations: Path | None = None
    services: Sequence[Service] = ()
    settings: Sequence[type[BaseSettings]] = ()
    # Told of events in the transaction that publishes them.
    reactions: Mapping[type[DomainEvent], Sequence[Reaction]] = field(default_factory=dict)
    group: str = ""  # subdomains of one group react as one subscription
    # Told of events over the bus, after the commit.
    consumers: Sequence[BusConsumer] = ()
    carriers: Sequence[Carrier] = ()
    principal: Mapping[str, Select[Any]] = field(default_factory=dict)
    housekeeping: Sequence[Callable[[], Awaitable[object]]] = ()
    answers: Mapping[type, object] = field(default_factory=dict)
