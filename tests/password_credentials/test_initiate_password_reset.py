"""InitiatePasswordReset: whoever owns an address gets a mail, and whoever asked learns nothing."""

import asyncio
import json
import re
import uuid
from datetime import timedelta

import grpc
import pytest

from tests.harness import properties_of, refusal
from tests.password_credentials.attempts import fail
from tests.password_credentials.resets import (
    CREDENTIAL,
    NEW_PASSWORD,
    begin,
    complete,
    initiate,
    mails_to,
    reset_token,
    row_of,
    verify,
)
from tests.signed_in import PASSWORD, new_address


async def usages_of(server, user_id, name):
    return [json.loads(text) for text in await server.queued("usages", user_id) if f'"{name}"' in text]


async def test_a_link_is_mailed_to_the_registered_address(people, server):
    person = await people.person(first_name="O'Hara & Co")

    await initiate(people, f"  {person.email_address.upper()} ")

    mail = (await mails_to(server, person.email_address))[-1]
    content = mail["Html"]
    assert mail["Sensitive"] is True
    assert content["Subject"] == "Reset your Tenantry password"
    assert (content["ToDisplayName"], content["Tags"]) == ("O'Hara & Co", ["user", "authentication", "credential"])
    token = await reset_token(server, person.email_address)
    assert f'href="http://localhost:8080/confirm-password-reset#token={token}"' in content["Body"]
    assert "Hello O&#39;Hara &amp; Co," in content["Body"]


async def test_only_a_digest_of_the_token_is_kept(people, server):
    person = await people.person()

    token = await begin(people, server, person)

    row = await row_of(server, person.credential_id)
    assert len(row["reset_token_digest"]) == 32
    assert token not in str(row)
    assert all(token not in found["data"] for found in await server.rows("SELECT data::text FROM kernel.event"))


async def test_a_reset_is_published_and_recorded(people, server):
    person = await people.person()

    await initiate(people, person.email_address)

    assert (await server.events(person.credential_id))[-1] == f"{CREDENTIAL}password_reset_initiated.v1"
    [usage] = await usages_of(server, person.user_id, "User Password Forgotten")
    assert properties_of(usage) == {"Id": person.user_id}


async def test_a_later_token_replaces_an_earlier_one(people, server):
    person = await people.person()
    earlier = await begin(people, server, person)

    later = await begin(people, server, person)

    assert (await refusal(verify(people, earlier))).reason == "RESET_TOKEN_NOT_FOUND"
    await verify(people, later)


async def test_the_old_password_works_while_a_reset_is_pending(people, server):
    person = await people.person()

    await begin(people, server, person)

    assert (await people.sign_in(person.email_address, PASSWORD)).user_id == person.user_id


async def test_a_locked_person_may_reset(people, server):
    person = await people.person()
    await fail(people, person.email_address, 5)

    token = await begin(people, server, person)

    await verify(people, token)


async def test_an_address_that_nobody_has_gets_a_mail_that_says_so_and_nothing_is_stored(people, server):
    # given
    address = new_address()
    tables = ("password_credentials.person_credential", "kernel.event", "users.end_user")
    counts = [f"SELECT count(*) AS number FROM {table}" for table in tables]
    before = [(await server.rows(sql))[0]["number"] for sql in counts]
    usages = len(await server.queued("usages", "User Password Forgotten"))

    # when
    await initiate(people, address)

    # then
    [mail] = await mails_to(server, address)
    assert mail["Html"]["Subject"] == "Tenantry Account Registration Attempt"
    assert mail["Html"]["ToDisplayName"] == address
    assert mail["Html"]["Tags"] == ["user", "authentication", "credential"]
    assert "Sensitive" not in mail
    assert "href" not in mail["Html"]["Body"]
    assert [(await server.rows(sql))[0]["number"] for sql in counts] == before
    assert len(await server.queued("usages", "User Password Forgotten")) == usages


async def test_an_unconfirmed_registration_is_asked_to_confirm_once_more(people, server):
    # given
    person, address = await people.register()
    old_token = await people.confirmation_token(person.user.id)

    # when
    await initiate(people, address)

    # then
    [_, mail] = await mails_to(server, address)
    assert mail["Html"]["Subject"] == "Welcome to Tenantry"
    new_token = await people.confirmation_token(person.user.id)
    assert new_token != old_token
    assert f"/confirm-password-registration#token={new_token}" in mail["Html"]["Body"]
    assert (await row_of(server, person.id))["reset_token_digest"] is None
    assert (await server.events(person.id))[-1] == f"{CREDENTIAL}registration_verification_created.v1"
    assert len(await usages_of(server, person.user.id, "User Registration ReAttempted")) == 1
    await people.confirm(person.user.id)
    assert (await people.sign_in(address)).user_id == person.user.id


async def test_a_repeat_with_its_request_id_sends_nothing_again(people, server):
    person = await people.person()
    request_id = str(uuid.uuid4())

    await asyncio.gather(*(initiate(people, person.email_address, request_id=request_id) for _ in range(10)))

    mails = await mails_to(server, person.email_address)
    assert [mail["Html"]["Subject"] for mail in mails].count("Reset your Tenantry password") == 1


async def test_a_request_id_is_not_good_for_another_address(people):
    request_id = str(uuid.uuid4())
    await initiate(people, new_address(), request_id=request_id)

    refused = await refusal(initiate(people, new_address(), request_id=request_id))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")


async def test_of_ten_resets_at_once_one_token_is_good(people, server):
    person = await people.person()

    await asyncio.gather(*(initiate(people, person.email_address) for _ in range(10)))

    bodies = [mail["Html"]["Body"] for mail in await mails_to(server, person.email_address)]
    tokens = [found[1] for body in bodies if (found := re.search(r"password-reset#token=([A-Za-z0-9_-]{43})", body))]
    answers = await asyncio.gather(*(verify(people, token) for token in tokens), return_exceptions=True)
    assert len(tokens) == 10
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"email_address": ""}, {"email_address": "INVALID_EMAIL_ADDRESS"}),
        ({"email_address": "ana.example.com"}, {"email_address": "INVALID_EMAIL_ADDRESS"}),
        ({"email_address": "a" * 309 + "@example.com"}, {"email_address": "INVALID_EMAIL_ADDRESS"}),
        (
            {"email_address": "?", "request_id": "no uuid"},
            {"email_address": "INVALID_EMAIL_ADDRESS", "request_id": "INVALID_REQUEST_ID"},
        ),
    ],
)
async def test_a_field_outside_its_rule_is_refused(people, fields, violations):
    address = fields.pop("email_address")

    refused = await refusal(initiate(people, address, **fields))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_the_way_to_the_end(people, server):
    person = await people.person()
    token = await begin(people, server, person)
    server.clock.advance(timedelta(hours=1))

    await complete(people, token)

    assert (await people.sign_in(person.email_address, NEW_PASSWORD)).user_id == person.user_id
