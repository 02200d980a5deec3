"""The provider that testing builds have, which asks nobody."""

import base64
import hashlib
import secrets
import time

import grpc
import jwt
import pytest
from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import AuthenticateSingleSignOnRequest

from tests.harness import refusal
from tests.signed_in import new_address
from tests.single_sign_on.traces import accounts_of, counts


def a_code(code="1234567890"):
    return f"{code}-{secrets.token_hex(8)}"


def request_of(code, username, **fields):
    return AuthenticateSingleSignOnRequest(provider="testsso", auth_code=code, username=username, **fields)


@pytest.mark.parametrize("code", ["1234567890", "2345678901"])
async def test_somebody_signs_in_by_a_code_alone(client, server, code):
    code, address, before = a_code(code), new_address(), int(time.time())

    tokens = await client.finish(request_of(code, address.upper()))

    [account] = await accounts_of(server, tokens.user_id)
    subject = base64.b64encode(hashlib.md5(code.encode()).digest()).decode()
    assert (account["provider_name"], account["issuer"], account["subject"]) == (
        "testsso",
        "urn:tenantry:testsso",
        subject,
    )
    assert (account["first_name"], account["last_name"]) == (address[:50], "asurname")
    assert (account["timezone"], account["locale"], account["country_code"]) == (
        "America/Los_Angeles",
        "en-US",
        "USA",
    )
    assert (account["email_address"], account["email_verified"]) == (address, True)
    claims = jwt.decode(tokens.access_token.value, options={"verify_signature": False})
    assert claims["amr"] == ["fed"]
    assert before <= claims["auth_time"] <= int(time.time())


async def test_the_code_is_the_subject(client):
    code = a_code()
    first = await client.finish(request_of(code, new_address()))

    assert (await client.finish(request_of(code, new_address()))).user_id == first.user_id
    assert (await client.finish(request_of(a_code(), new_address()))).user_id != first.user_id


async def test_what_other_providers_need_is_ignored(client):
    fields = {"state": "s" * 43, "code_verifier": "v" * 43, "iss": "https://nobody.example.com"}

    assert (await client.finish(request_of(a_code(), new_address(), **fields))).user_id


async def test_its_name_has_no_case(client):
    request = request_of(a_code(), new_address())
    request.provider = "TestSSO"

    assert (await client.finish(request)).user_id


@pytest.mark.parametrize(
    "code", ["123456789", "1234567890-", "1234567890-" + "a" * 41, "1234567890-ä", "1234567890-a_b", "3456789012"]
)
async def test_other_codes_are_refused(client, server, code):
    before = await counts(server)

    refused = await refusal(client.finish(request_of(code, new_address())))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "SSO_AUTHENTICATION_FAILED")
    assert refused.metadata == {"provider": "testsso"}
    assert await counts(server) == before


async def test_it_needs_to_know_whom(client):
    refused = await refusal(client.finish(request_of(a_code(), "")))

    assert refused.violations == {"username": "INVALID_USERNAME"}
