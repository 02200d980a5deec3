"""ResendPasswordReset: one more mail for a reset that is pending."""

import asyncio
import json
import uuid
from datetime import timedelta

import grpc
import pytest

from tests.harness import refusal
from tests.password_credentials.resets import (
    CREDENTIAL,
    NEW_PASSWORD,
    begin,
    complete,
    mails_to,
    resend,
    reset_token,
    row_of,
    verify,
)


async def test_a_new_token_is_mailed_and_the_old_one_is_unknown(people, server):
    # given
    person = await people.person()
    old = await begin(people, server, person)

    # when
    await resend(people, old)

    # then
    new = await reset_token(server, person.email_address)
    [first, second] = (await mails_to(server, person.email_address))[-2:]
    assert second["Sensitive"] is True
    assert {**second["Html"], "Body": ""} == {**first["Html"], "Body": ""}
    assert (await refusal(verify(people, old))).reason == "RESET_TOKEN_NOT_FOUND"
    await complete(people, new)
    assert (await people.sign_in(person.email_address, NEW_PASSWORD)).user_id == person.user_id


async def test_it_is_published_and_no_usage_is_recorded(people, server):
    person = await people.person()
    token = await begin(people, server, person)

    await resend(people, token)

    initiated = f"{CREDENTIAL}password_reset_initiated.v1"
    assert (await server.events(person.credential_id))[-2:] == [initiated] * 2
    usages = [json.loads(text)["EventName"] for text in await server.queued("usages", person.user_id)]
    assert usages.count("User Password Forgotten") == 1


async def test_an_expired_token_is_good_for_one_more_mail_and_two_more_hours(people, server):
    # given
    person = await people.person()
    old = await begin(people, server, person)
    server.clock.advance(timedelta(hours=3))
    assert (await refusal(verify(people, old))).reason == "RESET_TOKEN_EXPIRED"

    # when
    await resend(people, old)

    # then
    new = await reset_token(server, person.email_address)
    server.clock.advance(timedelta(hours=1, minutes=59))
    await verify(people, new)


async def test_of_ten_resends_at_once_one_succeeds(people, server):
    person = await people.person()
    token = await begin(people, server, person)
    before = len(await mails_to(server, person.email_address))

    answers = await asyncio.gather(*(resend(people, token) for _ in range(10)), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert len(await mails_to(server, person.email_address)) == before + 1


async def test_a_repeat_with_its_request_id_sends_nothing_again(people, server):
    person = await people.person()
    token = await begin(people, server, person)
    before = len(await mails_to(server, person.email_address))
    request_id = str(uuid.uuid4())

    for _ in range(3):
        await resend(people, token, request_id=request_id)

    assert len(await mails_to(server, person.email_address)) == before + 1


async def test_a_request_id_is_not_good_for_another_token(people, server):
    person = await people.person()
    token, request_id = await begin(people, server, person), str(uuid.uuid4())
    await resend(people, token, request_id=request_id)

    refused = await refusal(resend(people, "a" * 43, request_id=request_id))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")


async def test_a_token_that_is_unknown_replaced_or_used_is_not_found(people, server):
    # given
    person = await people.person()
    replaced = await begin(people, server, person)
    used = await begin(people, server, person)
    await complete(people, used)
    before = await row_of(server, person.credential_id)

    # when
    refusals = [await refusal(resend(people, token)) for token in ("a" * 43, replaced, used)]

    # then
    assert {(each.code, each.reason) for each in refusals} == {(grpc.StatusCode.NOT_FOUND, "RESET_TOKEN_NOT_FOUND")}
    assert await row_of(server, person.credential_id) == before


@pytest.mark.parametrize("token", ["", "short", "a" * 44, "!" * 43])
async def test_a_malformed_token_is_refused(people, token):
    refused = await refusal(resend(people, token))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"token": "INVALID_TOKEN"})
