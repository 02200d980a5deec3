"""A provider for tests, which asks nobody. Testing builds only."""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta

from server.kernel import values
from server.kernel.clock import Clock
from server.kernel.security.secrets import random_token
from server.subdomains.identity.single_sign_on.adapters.presets import reduced_name
from server.subdomains.identity.single_sign_on.domain.provider_tokens import ProviderToken, TokenType
from server.subdomains.identity.single_sign_on.ports import (
    Account,
    AuthorizationRequest,
    Exchange,
    ProviderRefused,
    ProviderUnavailable,
)
from server.subdomains.identity.single_sign_on.settings import TESTSSO

_ISSUER = "urn:tenantry:testsso"
_CODE = re.compile(r"(1234567890|2345678901)(-[A-Za-z0-9]{1,40})?")
_LIFETIME = timedelta(minutes=15)


class TestSso:
    """Signs in whoever gives one of its codes, under any name."""

    name = TESTSSO
    has_authorization = False

    def __init__(self, now: Clock) -> None:
        self._now = now

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        raise ProviderUnavailable("it has no page to sign in at")

    async def authenticate(self, exchange: Exchange) -> Account:
        code, email_address = exchange.auth_code, values.email(exchange.username or "")
        if _CODE.fullmatch(code) is None or email_address is None:
            raise ProviderRefused("the code is not one of those for tests, or there is no username")
        now = self._now()
        # Not a secret: whoever knows the code has the account. So it is the same in every test.
        subject = base64.b64encode(hashlib.md5(code.encode(), usedforsecurity=False).digest()).decode()
        return Account(
            issuer=_ISSUER,
            subject=subject,
            auth_time=now,
            email_address=email_address,
            email_verified=True,
            first_name=reduced_name(email_address),
            last_name="asurname",
            timezone="America/Los_Angeles",
            locale="en-US",
            country_code="USA",
            tokens=[ProviderToken(TokenType.ACCESS, random_token(), now + _LIFETIME)],
        )

    async def refresh(self, refresh_token: str, *, issuer: str, subject: str) -> Sequence[ProviderToken]:
        raise ProviderRefused("it gives no refresh tokens")
