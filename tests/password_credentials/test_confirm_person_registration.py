"""ConfirmPersonRegistration: the owner of an address shows the token that was sent to it."""

import asyncio
import json
from datetime import timedelta

import grpc
import pytest
from tenantry.password_credentials.v1.password_credentials_service_pb2 import ConfirmPersonRegistrationRequest

from tests.harness import properties_of, refusal


def confirm(people, token):
    return people.service.ConfirmPersonRegistration(ConfirmPersonRegistrationRequest(token=token))


async def test_a_confirmed_person_can_sign_in(people, server):
    person, address = await people.register()
    token = await people.confirmation_token(person.user.id)

    await confirm(people, token)

    assert (await people.sign_in(address)).user_id == person.user.id
    events = await server.events(person.id)
    assert "password_credentials.person_credential_registration_verification_verified.v1" in events
    [usage] = [
        json.loads(text) for text in await server.queued("usages", person.user.id) if '"User Registered"' in text
    ]
    assert properties_of(usage) == {"Id": person.user.id}


async def test_a_token_is_good_once(people):
    person, _ = await people.register()
    token = await people.confirmation_token(person.user.id)
    await confirm(people, token)

    refused = await refusal(confirm(people, token))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "REGISTRATION_TOKEN_NOT_FOUND")


async def test_of_ten_confirmations_at_once_one_succeeds(people, server):
    person, _ = await people.register()
    token = await people.confirmation_token(person.user.id)

    answers = await asyncio.gather(*(confirm(people, token) for _ in range(10)), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    verified = "password_credentials.person_credential_registration_verification_verified.v1"
    assert (await server.events(person.id)).count(verified) == 1


async def test_a_token_that_nobody_has_is_not_found(people):
    refused = await refusal(confirm(people, "a" * 43))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "REGISTRATION_TOKEN_NOT_FOUND")


async def test_a_token_is_good_for_24_hours(people, server):
    person, address = await people.register()
    token = await people.confirmation_token(person.user.id)
    late = server.clock() + timedelta(hours=24, seconds=1)

    server.clock.stop_at(late)
    refused = await refusal(confirm(people, token))
    server.clock.stop_at(late - timedelta(seconds=30))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REGISTRATION_TOKEN_EXPIRED")
    await confirm(people, token)
    assert (await people.sign_in(address)).user_id == person.user.id


@pytest.mark.parametrize("token", ["", "short", "a" * 44, "!" * 43])
async def test_a_malformed_token_is_refused(people, token):
    refused = await refusal(confirm(people, token))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"token": "INVALID_TOKEN"})
