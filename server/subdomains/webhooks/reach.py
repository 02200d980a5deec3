"""
Which addresses may be called: public ones. Whoever may name a URL must not reach what lies behind our own walls.

A URL is looked at when it is given, and every address of its name again each time before it is called.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from server.kernel.errors import Violation

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PORTS = {"https": 443, "http": 80}
_FURTHER = [
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # the metadata service of Azure, public as it looks
        "192.0.0.0/24",  # of protocols, and of the metadata service of another cloud
        "192.88.99.0/24",  # leads to IPv6 by whoever is near
        "2002::/16",  # leads to any IPv4 address
        "3fff::/20",  # of documentation
    )
]
# All of IPv6 that is handed out. What lies elsewhere is local of old (fec0::/10), leads to any IPv4 address (::/96,
# ::ffff:0:0:0/96, 64:ff9b::/96), or is nobody's, which Python takes for public.
_HANDED_OUT = ipaddress.ip_network("2000::/3")
_OWN_NAMES = ("localhost", "local", "internal", "arpa")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"({_LABEL}\.)+(?!\d)(?!0x){_LABEL}\.?")  # numbers at its end would make it an address
_IN_BRACKETS = re.compile(r"(.*@)?\[[0-9A-Fa-f:.]+\](:[0-9]*)?")  # urlsplit takes more, whoever calls does not
_LONGEST_URL = 2048


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a deployment lets its organizations reach."""

    ports: frozenset[int]
    allows_loopback: bool

    def violations_of_url(self, url: str) -> Iterator[Violation]:
        """What is wrong with the URL of an endpoint."""
        problem = self._problem(url)
        if problem is not None:
            yield Violation("url", "INVALID_URL", problem)

    def admits(self, address: str) -> bool:
        """Whether an address may be called."""
        found = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
        if found.is_loopback:
            return self.allows_loopback
        if isinstance(found, ipaddress.IPv6Address) and found not in _HANDED_OUT:
            return False
        return found.is_global and not found.is_multicast and not any(found in network for network in _FURTHER)

    def _problem(self, url: str) -> str | None:
        parts = _split(url)
        if parts is None or parts.scheme not in _PORTS or not parts.hostname:
            return "must be a URL with a host"
        if parts.username is not None or parts.password is not None or parts.fragment:
            return "must have no user name, no password and no fragment"
        if self.allows_loopback and _is_loopback(parts.hostname):
            return None
        if not self._is_public(parts.hostname):
            return "must lead to a public host"
        if parts.scheme != "https":
            return "must begin with https://"
        if (parts.port or _PORTS[parts.scheme]) not in self.ports:
            return f"must have one of these ports: {', '.join(str(port) for port in sorted(self.ports))}"
        return None

    def _is_public(self, host: str) -> bool:
        if _literal(host) is not None:
            return self.admits(host)
        return _NAME.fullmatch(host) is not None and host.rstrip(".").rpartition(".")[2] not in _OWN_NAMES


def _is_loopback(host: str) -> bool:
    literal = _literal(host)
    return literal.is_loopback if literal else host.rstrip(".").rpartition(".")[2] == "localhost"


def _split(url: str) -> SplitResult | None:
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\^`{|}'):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is none
    except ValueError:
        return None
    if set(parts.netloc) & set("[]") and (
        not _IN_BRACKETS.fullmatch(parts.netloc) or not _literal(parts.hostname or "")
    ):
        return None
    return parts if parts.port != 0 else None


def _literal(host: str) -> _Address | None:
    try:
        return _unwrapped(ipaddress.ip_address(host))
    except ValueError:
        return None


def _unwrapped(address: _Address) -> _Address:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
