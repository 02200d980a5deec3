"""
Calls endpoints by HTTP, and nothing that is not theirs.

The address that was looked at is the one that is called, so that a name cannot lead elsewhere in between. Each call has
a connection of its own: two endpoints on one address must not share one, since its certificate was seen for one name.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from socket import SOCK_STREAM, gaierror, getaddrinfo
from typing import TYPE_CHECKING

from server.kernel.clock import Clock
from server.subdomains.webhooks.domain import Failure
from server.subdomains.webhooks.ports import Answer
from server.subdomains.webhooks.reach import Reach

if TYPE_CHECKING:
    import httpx

Resolve = Callable[[str], Awaitable[Sequence[str]]]
_CONNECT_SECONDS = 5.0
_MOST_ADDRESSES = 3
_ASKS_TO_WAIT = (429, 503)
_LONGEST_WAIT = timedelta(days=1)
# Looking up a name blocks, for as long as its owner's name server likes. It has threads of its own, so that it holds up
# nothing else, such as the look-ups of our own database and gateways.
_THREADS = ThreadPoolExecutor(16, thread_name_prefix="webhook-names")
_HEADERS = {"content-type": "application/json", "user-agent": "Tenantry-Webhooks/1", "connection": "close"}


async def resolve(host: str) -> Sequence[str]:
    """The addresses of a name, those to be preferred first."""
    look_up = partial(getaddrinfo, host, None, type=SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_THREADS, look_up)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class HttpCaller:
    """Calls endpoints within *reach*."""

    def __init__(self, *, reach: Reach, now: Clock, timeout_seconds: float, resolve: Resolve = resolve) -> None:
        self._reach = reach
        self._now = now
        self._timeout_seconds = timeout_seconds
        self._resolve = resolve
        self._transport: httpx.AsyncHTTPTransport | None = None

    async def call(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._call(url, headers, body)
        except TimeoutError:
            return Answer(failure=Failure.TIMED_OUT)

    async def _call(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        # Not above: most server processes never call an endpoint, and it takes 9 MB.
        import httpx  # noqa: PLC0415

        if any(self._reach.violations_of_url(url)):  # the settings may be other ones than when it was given
            return Answer(failure=Failure.FORBIDDEN_ADDRESS)
        target = httpx.URL(url)
        # As it was given: turned into Unicode and back by other rules, an international name would be another one.
        host = target.raw_host.decode().removesuffix(".")  # certificates name hosts without the dot
        try:
            addresses = await self._addresses(host)
        except (gaierror, UnicodeError):
            return Answer(failure=Failure.NAME)
        if not addresses or not all(self._reach.admits(address) for address in addresses):
            return Answer(failure=Failure.FORBIDDEN_ADDRESS if addresses else Failure.NAME)
        answer = Answer(failure=Failure.CONNECTION)
        for address in addresses[:_MOST_ADDRESSES]:
            request = httpx.Request(
                "POST",
                target.copy_with(host=address),
                headers={**_HEADERS, **headers, "host": target.netloc.decode()},
                content=body,
                extensions={
                    "sni_hostname": host,
                    "timeout": {"connect": _CONNECT_SECONDS, "read": None, "write": None},
                },
            )
            try:
                return await self._send(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:  # nothing was sent: another address may do
                answer = Answer(failure=Failure.TLS if _is_tls(error) else Failure.CONNECTION)
            except httpx.TimeoutException:
                return Answer(failure=Failure.TIMED_OUT)
            except httpx.TransportError:
                return Answer(failure=Failure.CONNECTION)
        return answer

    async def _addresses(self, host: str) -> Sequence[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            return await self._resolve(host)

    async def _send(self, request: "httpx.Request") -> Answer:
        response = await self._connections().handle_async_request(request)
        try:
            return self._answer(response.status_code, response.headers.get("retry-after", ""))
        finally:
            await response.aclose()

    def _connections(self) -> "httpx.AsyncHTTPTransport":
        # The transport on its own: a client would follow the environment's proxies, and keep cookies.
        import httpx  # noqa: PLC0415  # as above

        if self._transport is None:
            limits = httpx.Limits(max_keepalive_connections=0)
            context = ssl.create_default_context()
            self._transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
        return self._transport

    def _answer(self, status: int, retry_after: str) -> Answer:
        is_good = status // 100 == 2
        wait = _wait(retry_after, self._now()) if status in _ASKS_TO_WAIT else None
        return Answer(status, None if is_good else Failure.STATUS, wait)


def _wait(retry_after: str, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for: seconds, or a date."""
    try:
        if retry_after.isdecimal():
            wait = timedelta(seconds=min(int(retry_after), _LONGEST_WAIT.total_seconds()))
        else:
            until = parsedate_to_datetime(retry_after)
            wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return min(wait, _LONGEST_WAIT) if wait > timedelta(0) else None


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
