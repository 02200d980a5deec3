"""Whoever forges access tokens: changes one thing of a good token, and can do more than anybody out there could."""

import base64
import hmac
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from server.kernel.access.caller import MAINTENANCE
from tests.harness import Running
from tests.signed_in import Person

ISSUER = "http://localhost:8080"
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def text(value: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def part(value: object) -> str:
    """A part of a token."""
    return text(value if isinstance(value, bytes) else json.dumps(value).encode())


class Forger:
    """Forges with a good token of somebody and, where that makes the forgery better, with our own signing key."""

    def __init__(self, server: Running, person: Person, victim: Person) -> None:
        self.platform_tokens = server.app.platform.tokens
        self.current = self.platform_tokens.keys.current
        self.victim = victim
        self.good = person.tokens.access_token.value
        self.head, self.body, self.signature = self.good.split(".")
        self.claims: dict[str, Any] = jwt.decode(self.good, options={"verify_signature": False})
        self.header = {"typ": "at+jwt", "kid": self.current.kid}

    def sign(self, *, key: Any = None, header: dict[str, Any] | None = None, without: str = "", **claims: Any) -> str:
        """The good token with other claims or headers; with our key unless told otherwise."""
        content = {name: value for name, value in (self.claims | claims).items() if name != without}
        return self.sign_raw({"alg": "ES256"} | self.header | (header or {}), content, key)

    def sign_raw(self, header: object, claims: object, key: Any = None) -> str:
        """Sign whatever stands there, which need not even be JSON."""
        content = f"{part(header)}.{part(claims)}"
        signature = (key or self.current.private).sign(content.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(signature)
        return f"{content}.{text(r.to_bytes(32) + s.to_bytes(32))}"

    def unsigned(self, algorithm: str, signature: str = "") -> str:
        """Signed with nothing."""
        return f"{part(self.header | {'alg': algorithm})}.{self.body}.{signature}"

    def with_public_key_as_secret(self) -> str:
        """Signed with what everybody knows, by an algorithm that takes it for a secret."""
        form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        content = f"{part(self.header | {'alg': 'HS256'})}.{self.body}"
        return f"{content}.{text(hmac.digest(self.current.public.public_bytes(*form), content.encode(), 'sha256'))}"

    def by_rsa(self, algorithm: str = "RS256", **header: Any) -> str:
        """Signed with a key of another kind."""
        return jwt.encode(self.claims, RSA_KEY, algorithm, headers=self.header | header)

    def with_key_in_header(self, **header: Any) -> str:
        """Signed with a key that the token brings along."""
        jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(OTHER_KEY.public_key()))
        return self.sign(key=OTHER_KEY, header={"jwk": jwk} | header)

    def as_der(self) -> str:
        """The same signature as other standards write it."""
        r, s = self._numbers()
        return f"{self.head}.{self.body}.{text(encode_dss_signature(r, s))}"

    def with_signature_numbers(self, r: int, s: int) -> str:
        """With the two numbers of a signature, whatever they are."""
        return f"{self.head}.{self.body}.{text(r.to_bytes(32) + s.to_bytes(32))}"

    def mirrored(self) -> str:
        """The other form that every ECDSA signature has: it is as good, and says the same."""
        r, s = self._numbers()
        return self.with_signature_numbers(r, _P256_ORDER - s)

    def service(self, typ: str) -> str:
        """A good service token under another type."""
        token = self.platform_tokens.issue_service_token(MAINTENANCE)
        claims = jwt.decode(token, options={"verify_signature": False})
        header = {"alg": "ES256", "typ": typ, "kid": jwt.get_unverified_header(token)["kid"]}
        return self.sign_raw(header, claims, self.platform_tokens._service_keys.current.private)

    def _numbers(self) -> tuple[int, int]:
        raw = base64.urlsafe_b64decode(self.signature + "==")
        return int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
