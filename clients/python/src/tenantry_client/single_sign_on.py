"""Signing in with an account elsewhere (OpenID Connect): what is kept until the browser comes back."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import (
    AuthenticateSingleSignOnRequest,
    StartSingleSignOnResponse,
)


class SignOnFailed(Exception):
    """The browser came back without what a sign-in needs: the person declined, or it is not this sign-in."""


@dataclass(frozen=True)
class StartedSignOn:
    """
    A sign-in that was started: send the browser to ``authorization_url``, and keep the rest for when it comes back.

    Keep it with the person's browser session, where nobody else can read it: ``code_verifier`` proves that whoever
    finishes the sign-in is who started it.
    """

    provider: str
    authorization_url: str = field(repr=False)
    state: str = field(repr=False)
    code_verifier: str = field(repr=False)

    @classmethod
    def of(cls, provider: str, code_verifier: str, answer: StartSingleSignOnResponse) -> "StartedSignOn":
        """Put together what was sent and what came back."""
        return cls(provider, answer.authorization_url, answer.state, code_verifier)

    def answered(self, address: str) -> AuthenticateSingleSignOnRequest:
        """
        Return the request that finishes it, from the address that the browser was sent back to.

        Raises ``SignOnFailed``.
        """
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if not hmac.compare_digest(query.get("state", "").encode(), self.state.encode()):
            raise SignOnFailed("the state is not that of this sign-in")
        if "error" in query:
            raise SignOnFailed(f"the provider says {query['error']}")
        if not query.get("code"):
            raise SignOnFailed("there is no code")
        return AuthenticateSingleSignOnRequest(
            provider=self.provider,
            auth_code=query["code"],
            state=self.state,
            code_verifier=self.code_verifier,
            iss=query.get("iss", ""),
        )


def new_code_verifier() -> str:
    """Return 256 random bits in 43 characters."""
    return secrets.token_urlsafe(32)


def code_challenge(code_verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
