"""How many codes are sent: for one token, to one person, to one number or address."""

from datetime import timedelta

import grpc
import pytest
from tenantry.mfa.v1 import mfa_service_pb2 as mfa

from server import composition
from tests.harness import refusal, running
from tests.mfa.factors import EMAIL, PHONE, SMS, Factors

LIMIT = (grpc.StatusCode.RESOURCE_EXHAUSTED, "MFA_SEND_LIMIT")


async def told(call):
    refused = await refusal(call)
    return refused.code, refused.reason


async def test_five_codes_are_sent_for_one_token_whatever_they_are_for(factors):
    enrolled = await factors.enrolled(SMS, EMAIL)
    token, id = await factors.token(enrolled.person), await factors.id_of(enrolled.person, SMS)
    mail = await factors.id_of(enrolled.person, EMAIL)
    for each in (id, mail, id, mail, id):
        await factors.challenge(token, each)
    before = await factors.sent("sms", PHONE)

    assert await told(factors.challenge(token, id)) == LIMIT

    assert await factors.sent("sms", PHONE) == before
    code = await factors.sent_code(enrolled.person, SMS)
    assert code, "and the last one is still good"
    await factors.challenge(await factors.token(enrolled.person), id)


async def test_associations_count_too(factors):
    person = await factors.person()
    token = await factors.token(person)
    for _ in range(5):
        last = await factors.associate(SMS, token)

    assert await told(factors.associate(EMAIL, token)) == LIMIT

    assert await factors.state(person, "oob_email") is None
    await factors.confirm(SMS, await factors.sent_code(person, SMS), token, oob_code=last.oob_code)


async def test_somebody_signed_in_is_sent_five_codes_within_ten_minutes(factors, server):
    # given
    person = await factors.person()
    server.clock.stop_at(server.clock())
    for _ in range(5):
        await factors.associate(EMAIL, metadata=person.metadata)

    # when, then
    server.clock.advance(timedelta(seconds=599))
    assert await told(factors.associate(EMAIL, metadata=person.metadata)) == LIMIT
    server.clock.advance(timedelta(seconds=1))
    await factors.associate(EMAIL, metadata=person.metadata)


async def test_a_limit_says_when_to_come_back(factors):
    person = await factors.person()
    for _ in range(5):
        await factors.associate(EMAIL, metadata=person.metadata)
    request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=EMAIL)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await factors.service.AssociateMfaAuthenticator(request, metadata=person.metadata)

    assert dict(refused.value.trailing_metadata())["retry-after"] == "600"


async def test_one_number_gets_so_many_codes_an_hour_whoever_asks(server, monkeypatch):
    monkeypatch.setenv("TENANTRY_MFA_CODES_PER_HOUR", "6")
    number, most = "+6421300036", 6
    async with running(server.dsn, composition.compose) as limited:
        factors = Factors(limited)
        people = [await factors.person() for _ in range(3)]
        tokens = [await factors.token(person) for person in people]
        for time in range(most):
            await factors.associate(SMS, tokens[time % 3], phone_number=number)

        refused = await told(factors.associate(SMS, tokens[0], phone_number=number))

        assert refused == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
        assert len(await factors.sent("sms", number)) == most
        assert (await factors.row(people[0]))["sends"] == 2, "what is refused counts nowhere"
        await factors.associate(SMS, tokens[0], phone_number="+6421300037")
        limited.clock.advance(timedelta(minutes=60))
        await factors.associate(SMS, await factors.token(people[0]), phone_number=number)
