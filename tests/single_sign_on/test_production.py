"""Single sign-on in a production build: nothing for tests, nothing in plain text, and the limit is on."""

import asyncio
import json
import os
from pathlib import Path

import grpc
import pytest
from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import (
    AuthenticateSingleSignOnRequest,
    StartSingleSignOnRequest,
)
from tenantry.single_sign_on.v1.single_sign_on_service_pb2_grpc import SingleSignOnServiceStub

from server.composition import compose
from server.kernel.settings import SettingsError
from tests.harness import refusal, running
from tests.signed_in import new_address
from tests.single_sign_on.clients import challenge_of
from tests.single_sign_on.conftest import entry

_CHALLENGE = challenge_of("v" * 43)


@pytest.fixture
def in_production(server, monkeypatch):
    """A function that runs a production server with these providers."""
    monkeypatch.setenv("TENANTRY_ENV", "production")
    # It must be given every secret: here those that the server of the other tests has made for itself.
    for file in (Path(os.environ["TENANTRY_DATA"]) / "secrets").iterdir():
        monkeypatch.setenv(f"TENANTRY_{file.name.upper()}", file.read_text())

    def run(*providers):
        monkeypatch.setenv("TENANTRY_SSO_PROVIDERS", json.dumps(providers))
        return running(server.dsn, compose)

    return run


async def test_there_is_no_testsso(in_production):
    async with in_production() as found:
        service = SingleSignOnServiceStub(found.channel)
        request = AuthenticateSingleSignOnRequest(provider="testsso", auth_code="1234567890", username=new_address())
        unbound = await refusal(service.AuthenticateSingleSignOn(request))
        request.state, request.code_verifier = "s" * 43, "v" * 43
        refused = await refusal(service.AuthenticateSingleSignOn(request))

    assert unbound.violations == {"state": "INVALID_STATE", "code_verifier": "INVALID_CODE_VERIFIER"}
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "SSO_AUTHENTICATION_FAILED")


async def test_a_provider_without_encryption_stops_the_start(in_production):
    with pytest.raises(SettingsError, match="TENANTRY_SSO_PROVIDERS is wrong: provider plain: the issuer"):
        async with in_production(entry("plain", "http://127.0.0.1:1")):
            pass


async def test_an_address_may_start_sixty_sign_ins_in_a_minute(in_production):
    async with in_production(entry("away", "https://127.0.0.1:1")) as found:
        service = SingleSignOnServiceStub(found.channel)
        request = StartSingleSignOnRequest(provider="away", code_challenge=_CHALLENGE)
        here = (("x-envoy-external-address", "203.0.113.60"),)

        calls = [refusal(service.StartSingleSignOn(request, metadata=here)) for _ in range(61)]
        reasons = [refused.reason for refused in await asyncio.gather(*calls)]

    assert sorted(reasons) == ["RATE_LIMITED"] + ["SSO_PROVIDER_UNAVAILABLE"] * 60
