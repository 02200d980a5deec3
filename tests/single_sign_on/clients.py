"""A client of the product, which sends persons to providers and takes them back."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from tenantry.auth_tokens.v1.tokens_pb2 import Tokens
from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import (
    AuthenticateSingleSignOnRequest,
    StartSingleSignOnRequest,
    StartSingleSignOnResponse,
)
from tenantry.single_sign_on.v1.single_sign_on_service_pb2_grpc import SingleSignOnServiceStub

from tests.harness import Metadata, Running
from tests.signed_in import new_address
from tests.single_sign_on.issuer import Issuer


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a code verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def claims_of(**changes: Any) -> dict[str, Any]:
    """What a provider says about somebody new whose address it has verified."""
    claims = {
        "sub": secrets.token_hex(8),
        "email": new_address(),
        "email_verified": True,
        "given_name": "Ada",
        "family_name": "Lovelace",
        "locale": "en-GB",
        "zoneinfo": "Europe/London",
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


@dataclass(frozen=True)
class Started:
    """A sign-in that a client has started."""

    provider: str
    verifier: str
    answer: StartSingleSignOnResponse


@dataclass
class SsoClient:
    """Signs persons in by a provider."""

    server: Running
    provider: str
    issuer: Issuer | None = None
    service: SingleSignOnServiceStub = field(init=False)

    def __post_init__(self) -> None:
        self.service = SingleSignOnServiceStub(self.server.channel)

    async def start(self, metadata: Metadata = (), **fields: Any) -> Started:
        """Begin."""
        verifier = secrets.token_urlsafe(32)
        request = StartSingleSignOnRequest(provider=self.provider, code_challenge=challenge_of(verifier))
        request.MergeFrom(StartSingleSignOnRequest(**fields))
        return Started(request.provider, verifier, await self.service.StartSingleSignOn(request, metadata=metadata))

    async def come_back(self, started: Started | None = None, **claims: Any) -> AuthenticateSingleSignOnRequest:
        """Somebody signs in at the provider: what the client asks for then."""
        assert self.issuer is not None
        started = started or await self.start()
        browser = await self.issuer.visit(started.answer.authorization_url, **claims_of(**claims))
        assert browser.state == started.answer.state
        return AuthenticateSingleSignOnRequest(
            provider=started.provider,
            auth_code=browser.code,
            state=browser.state,
            code_verifier=started.verifier,
            iss=browser.iss,
        )

    async def finish(self, request: AuthenticateSingleSignOnRequest, metadata: Metadata = ()) -> Tokens:
        """Exchange what came back for tokens."""
        return (await self.service.AuthenticateSingleSignOn(request, metadata=metadata)).tokens

    async def sign_in(self, **claims: Any) -> Tokens:
        """The whole way."""
        return await self.finish(await self.come_back(**claims))

    def at(self, provider: str, issuer: Issuer) -> "SsoClient":
        """The same client at another provider."""
        return replace(self, provider=provider, issuer=issuer)
