"""Every subscription that this process knows: reactions, consumers of the bus, and other servers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.kernel.bus.consumers import BusConsumer, Reaction, subscription_name
from server.kernel.bus.settings import BusSettings, EventSubscriber
from server.kernel.database import Consumer
from server.kernel.database.database import Reactions
from server.kernel.events import DomainEvent
from server.kernel.settings import SettingsError

if TYPE_CHECKING:
    from server.kernel.subdomain import Subdomain


@dataclass(frozen=True)
class Subscription:
    """What is written down of a subscription, so that events reach it."""

    name: str
    event_names: Sequence[str] | None  # none means all
    is_by_organization: bool = False
    from_beginning: bool = False


class Bus:
    """Filled once at start, by :meth:`connect`."""

    def __init__(self, settings: BusSettings, *, is_production: bool) -> None:
        if is_production and settings.events_mode == "queued":
            raise SettingsError("TENANTRY_EVENTS_MODE is wrong: production reacts within the transaction, `direct`")
        self._prefix = settings.subscription_prefix
        self._is_queued = settings.events_mode == "queued"
        self._consumers: dict[str, tuple[str, BusConsumer]] = {}  # by the name in lower case
        self._names: list[str] = []
        self.elsewhere: Sequence[EventSubscriber] = settings.event_subscribers
        self.subscriptions: list[Subscription] = []  # in the order of registration
        self.reactions: Reactions = {}

    def connect(self, subdomains: Sequence["Subdomain"]) -> None:
        """
        Find out who wants to be told of what.

        Raises:
            SettingsError: Two subscriptions would have the same name.
        """
        direct: dict[type[DomainEvent], list[Consumer]] = {}
        for group, reactions in _grouped(subdomains).items():
            consumer = BusConsumer(name=group, handlers=reactions)
            name = self._add(consumer)
            if self._is_queued:
                self._subscribe(name, consumer)
                continue
            for kind in reactions:
                direct.setdefault(kind, []).append(Consumer(name, reactions))
        for subdomain in subdomains:
            for consumer in subdomain.consumers:
                self._subscribe(self._add(consumer), consumer)
        for other in self.elsewhere:
            self._claim_name(other.subscription)
            from_beginning = other.start == "beginning"
            self.subscriptions.append(Subscription(other.subscription, other.events, from_beginning=from_beginning))
        self.reactions = direct

    def find(self, name: str) -> tuple[str, BusConsumer] | None:
        """A subscription that this process consumes, by its name in any case."""
        return self._consumers.get(name.lower())

    @property
    def names(self) -> Sequence[str]:
        """The names of all subscriptions, in the order of registration."""
        return self._names

    @property
    def wanted_events(self) -> frozenset[str] | None:
        """The names of events that anybody is told of over the bus; ``None`` means all of them."""
        wanted: set[str] = set()
        for subscription in self.subscriptions:
            if subscription.event_names is None:
                return None
            wanted.update(subscription.event_names)
        return frozenset(wanted)

    def _add(self, consumer: BusConsumer) -> str:
        name = subscription_name(self._prefix, consumer.name)
        self._claim_name(name)
        self._consumers[name.lower()] = (name, consumer)
        return name

    def _claim_name(self, name: str) -> None:
        if name.lower() in (known.lower() for known in self._names):
            raise SettingsError(f"The subscription {name} is there twice: see TENANTRY_EVENT_SUBSCRIBERS.")
        self._names.append(name)

    def _subscribe(self, name: str, consumer: BusConsumer) -> None:
        self.subscriptions.append(
            Subscription(name, consumer.event_names, consumer.is_by_organization, consumer.from_beginning)
        )


def _grouped(subdomains: Sequence["Subdomain"]) -> Mapping[str, dict[type[DomainEvent], list[Reaction]]]:
    """The reactions of each subdomain, or of each group of them that has one subscription."""
    found: dict[str, dict[type[DomainEvent], list[Reaction]]] = {}
    for subdomain in subdomains:
        for kind, reactions in subdomain.reactions.items():
            found.setdefault(subdomain.group or subdomain.name, {}).setdefault(kind, []).extend(reactions)
    return found
