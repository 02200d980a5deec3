"""
Calls providers by HTTP: encrypted, within ten seconds, and without following where an answer leads.

Whoever configures a provider is the operator, so that its address may well be a private one. But what the provider says
of itself (discovery) is no reason to speak to anybody without TLS.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson

from server.subdomains.identity.single_sign_on.ports import ProviderRefused, ProviderUnavailable
from server.subdomains.identity.single_sign_on.settings import is_provider_url

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 1 << 20
_MOST_CONNECTIONS = 50
_IDLE_SECONDS = 3  # less than any server waits: one that hangs up just then would cost somebody the sign-in
_TOO_MANY = 429
_HEADERS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "Tenantry-SSO/1"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider has answered."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """
        The JSON object that the body is.

        Raises:
            ProviderRefused: It is something else.
        """
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise ProviderRefused("the answer is not JSON") from None
        if not isinstance(found, dict):
            raise ProviderRefused("the answer is not a JSON object")
        return found


class Trust:
    """Whose certificates are believed, and which addresses may be called: the same for all providers of a process."""

    def __init__(self, ca_file: Path | None, *, may_be_loopback_http: bool) -> None:
        self._ca_file = ca_file
        self._may_be_loopback_http = may_be_loopback_http
        self._context: ssl.SSLContext | None = None

    def admits(self, url: str) -> bool:
        """Whether a provider may be called at a URL."""
        return is_provider_url(url, may_be_loopback_http=self._may_be_loopback_http)

    def context(self) -> ssl.SSLContext:
        """What connections are encrypted by; made when the first one is."""
        if self._context is None:
            self._context = ssl.create_default_context()
            if self._ca_file is not None:
                self._context.load_verify_locations(self._ca_file)
        return self._context


class ProviderHttp:
    """Calls one provider. Each has connections of its own, so that a slow one holds up nobody else."""

    def __init__(self, trust: Trust, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._trust = trust
        self._timeout_seconds = timeout_seconds
        self._transport: httpx.AsyncHTTPTransport | None = None

    def admits(self, url: str) -> bool:
        """Whether the provider may be called, and a browser sent, to a URL."""
        return self._trust.admits(url)

    async def get(self, url: str, *, access_token: str | None = None) -> Answer:
        """What stands at a URL, for whoever has the token."""
        headers = {} if access_token is None else {"authorization": f"Bearer {access_token}"}
        return await self._call("GET", url, headers)

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """What a form is answered with."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self._call("POST", url, headers, urlencode(form).encode())

    async def _call(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """
        Raises:
            ProviderUnavailable: It does not answer in time, or says that it cannot.
            ProviderRefused: The answer is too long, or packed.
        """
        # Not above: who has no provider, or no calls to it, need not have it in memory.
        import httpx  # noqa: PLC0415

        if not self._trust.admits(url):
            raise ProviderUnavailable("the address is not an https one")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                request = httpx.Request(method, url, headers={**_HEADERS, **headers}, content=body or None)
                answer = await self._send(request)
        except TimeoutError:
            raise ProviderUnavailable(f"no answer within {self._timeout_seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError) as error:
            raise ProviderUnavailable(f"it cannot be reached: {type(error).__name__}") from None
        if answer.status >= 500 or answer.status == _TOO_MANY:
            raise ProviderUnavailable(f"it answers with status {answer.status}")
        return answer

    async def _send(self, request: "httpx.Request") -> Answer:
        response = await self._connections().handle_async_request(request)
        try:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise ProviderRefused("the answer is packed, which nobody asked for")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ProviderRefused("the answer is too long")
            return Answer(response.status_code, bytes(body))
        finally:
            await response.aclose()

    def _connections(self) -> "httpx.AsyncHTTPTransport":
        # The transport on its own: a client would follow the environment's proxies, and keep cookies.
        import httpx  # noqa: PLC0415  # as above

        if self._transport is None:
            limits = httpx.Limits(max_connections=_MOST_CONNECTIONS, keepalive_expiry=_IDLE_SECONDS)
            self._transport = httpx.AsyncHTTPTransport(verify=self._trust.context(), trust_env=False, limits=limits)
        return self._transport
