"""
An OpenID Connect provider of the tests' own, on loopback: it keeps the rules until a test has it break one.

A browser comes to its authorization endpoint and is sent back with a code at once, as somebody whom the test names.
"""

import base64
import hashlib
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from yarl import URL

CLIENT_ID, CLIENT_SECRET = "tenantry-tests", "a secret of the client's"
REDIRECT_URI = "https://app.example.com/sign-in/callback"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Claims = dict[str, Any]


@dataclass
class Key:
    """A key that tokens are signed with."""

    private: Any
    algorithm: str = "RS256"
    kid: str = field(default_factory=lambda: secrets.token_hex(8))

    @classmethod
    def make(cls, algorithm: str = "RS256") -> "Key":
        if algorithm == "ES256":
            return cls(ec.generate_private_key(ec.SECP256R1()), algorithm)
        if algorithm == "EdDSA":
            return cls(ed25519.Ed25519PrivateKey.generate(), algorithm)
        return cls(rsa.generate_private_key(65537, 2048), algorithm)

    def jwk(self) -> dict[str, Any]:
        """The public half, as it is published."""
        public = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def sign(self, claims: Claims, headers: dict[str, Any] | None = None) -> str:
        """A token."""
        return jwt.encode(claims, self.private, self.algorithm, headers={"kid": self.kid, **(headers or {})})


@dataclass
class Grant:
    """What a code stands for."""

    asked: dict[str, str]
    claims: Claims


@dataclass
class Browser:
    """What a browser came back with."""

    code: str
    state: str
    iss: str


class Issuer:
    """The provider. A test sets what it is to do otherwise."""

    def __init__(self, path: str = "", *, gives_iss: bool = False) -> None:
        self.path = path
        self.gives_iss = gives_iss
        self.origin = ""
        self.keys = [Key.make()]
        self.grants: dict[str, Grant] = {}
        self.forms: list[dict[str, str]] = []  # what came to the token endpoint
        self.fetched: list[str] = []  # the paths that were called
        self.userinfo: dict[str, Claims] = {}
        self.restore()

    def restore(self) -> None:
        """Keep the rules again."""
        self.spoil_claims: Callable[[Claims], None] = lambda claims: None
        self.sign: Callable[[Claims], str] = self._sign
        self.spoil_tokens: Callable[[Claims], None] = lambda answer: None
        self.spoil_metadata: Callable[[Claims], None] = lambda metadata: None
        self.instead: dict[str, Handler] = {}

    def _sign(self, claims: Claims) -> str:
        return self.keys[-1].sign(claims)

    @property
    def url(self) -> str:
        return f"{self.origin}{self.path}"

    def named(self, claims: Claims) -> str:
        """What it calls itself in tokens."""
        return self.url.replace("/common/", f"/{claims['tid']}/") if "tid" in claims else self.url

    async def visit(self, authorization_url: str, **claims: Any) -> Browser:
        """Somebody with these claims signs in, and the browser follows the way back."""
        self._coming = {"sub": secrets.token_hex(8)} | claims
        # By aiohttp, which writes nothing to the log: there other tests look for secrets of the product.
        url = URL(authorization_url, encoded=True)
        async with ClientSession() as browser, browser.get(url, allow_redirects=False) as answer:
            assert answer.status == 302
        location = answer.headers["location"]
        assert location.startswith(f"{REDIRECT_URI}?")
        back = dict(parse_qsl(urlsplit(location).query))
        return Browser(back["code"], back["state"], back.get("iss", ""))

    def metadata(self) -> Claims:
        """The discovery document."""
        found = {
            "issuer": self.url.replace("/common/", "/{tenantid}/"),
            "authorization_endpoint": f"{self.url}/authorize?theme=dark",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256", "none"],
            "authorization_response_iss_parameter_supported": self.gives_iss,
        }
        self.spoil_metadata(found)
        return found

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.path.removeprefix(self.path.rstrip("/")).lstrip("/")
        self.fetched.append(path)
        handlers: dict[str, Handler] = {
            "/.well-known/openid-configuration": self._discover,
            "/jwks": self._jwks,
            "/authorize": self._authorize,
            "/token": self.answer_token,
            "/userinfo": self._userinfo,
        }
        return await (self.instead.get(path) or handlers[path])(request)

    async def _discover(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.metadata())

    async def _jwks(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"keys": [key.jwk() for key in self.keys]})

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        asked = dict(request.query)
        assert asked["response_type"] == "code"
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, REDIRECT_URI)
        assert (asked["code_challenge_method"], asked["theme"]) == ("S256", "dark")
        code = secrets.token_urlsafe(24)
        self.grants[code] = Grant(asked, self._coming)
        back = {"code": code, "state": asked["state"]} | ({"iss": self.url} if self.gives_iss else {})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(back)}")

    async def answer_token(self, request: web.Request) -> web.StreamResponse:
        form = {name: values[0] for name, values in parse_qs(await request.text()).items()}
        self.forms.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        if form["grant_type"] == "refresh_token":
            return self._renewed(form["refresh_token"])
        grant = self.grants.pop(form["code"], None)
        verifier = form.get("code_verifier", "")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if grant is None or challenge != grant.asked["code_challenge"] or form["redirect_uri"] != REDIRECT_URI:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(self._answer(grant))

    def _answer(self, grant: Grant) -> Claims:
        access_token, now = secrets.token_urlsafe(24), int(time.time())
        whole = (hashlib.sha512 if self.keys[-1].algorithm == "EdDSA" else hashlib.sha256)(
            access_token.encode()
        ).digest()
        left = whole[: len(whole) // 2]
        claims = {
            "iss": self.named(grant.claims),
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.asked["nonce"],
            "at_hash": base64.urlsafe_b64encode(left).rstrip(b"=").decode(),
            **grant.claims,
        }
        self.spoil_claims(claims)
        answer = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 1800,
            "refresh_token": f"refresh-{claims.get('sub')}",
            "id_token": self.sign(claims),
        }
        self.userinfo.setdefault(access_token, {"sub": claims.get("sub")})
        self.spoil_tokens(answer)
        return answer

    def _renewed(self, refresh_token: str) -> web.StreamResponse:
        answer = {"access_token": secrets.token_urlsafe(24), "token_type": "bearer", "expires_in": 60}
        if not refresh_token.startswith("refresh-"):
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.spoil_tokens(answer)
        return web.json_response(answer)

    async def _userinfo(self, request: web.Request) -> web.StreamResponse:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return web.json_response(self.userinfo[token])


@asynccontextmanager
async def standing(*issuers: Issuer, context: ssl.SSLContext | None = None) -> AsyncIterator[None]:
    """Let issuers answer, each on a port of its own."""
    runners = []
    for issuer in issuers:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", issuer.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        issuer.origin = f"http://127.0.0.1:{port}"
        runners.append(runner)
    yield
    for runner in runners:
        await runner.cleanup()
