"""Registrations, sign-ins and resets in a production build: the limits are on, and no plain token is kept."""

import re
from datetime import timedelta

import grpc
import pytest_asyncio
from tenantry.password_credentials.v1.password_credentials_service_pb2 import ConfirmPersonRegistrationRequest

from tests.harness import refusal
from tests.password_credentials.attempts import fail
from tests.password_credentials.production import production_server
from tests.password_credentials.resets import initiate, mails_to, resend, reset_token, verify
from tests.signed_in import People, new_address


@pytest_asyncio.fixture(scope="module")
async def production(server, postgres, database_name):
    async with production_server(postgres, f"{database_name}_production") as found:
        yield found


async def test_a_person_signs_up_and_in_by_the_mail_alone(production):
    people = People(production)
    person, address = await people.register()
    [mail] = await mails_to(production, address)
    token = re.search(r"#token=([A-Za-z0-9_-]{43})", mail["Html"]["Body"])
    assert token is not None

    await people.service.ConfirmPersonRegistration(ConfirmPersonRegistrationRequest(token=token[1]))

    assert (await people.sign_in(address)).user_id == person.user.id


async def test_the_plain_token_is_kept_nowhere_and_cannot_be_asked_for(production):
    people = People(production)
    person, _ = await people.register()

    refused = await refusal(people.confirmation_token(person.user.id))

    assert refused.code is grpc.StatusCode.UNIMPLEMENTED
    [row] = await production.rows("SELECT to_regnamespace('password_credentials_testing') AS schema")
    assert row["schema"] is None


async def test_repeated_registrations_send_five_mails_an_hour_and_say_nothing_of_it(production):
    # given
    people, address = People(production), new_address()
    person, _ = await people.register(email_address=address)

    # when
    for _ in range(8):
        again, _ = await people.register(email_address=address)
        assert again.id == person.id

    # then
    mails = await mails_to(production, address)
    assert len(mails) == 6
    token = re.search(r"#token=([A-Za-z0-9_-]{43})", mails[-1]["Html"]["Body"])
    assert token is not None
    production.clock.advance(timedelta(minutes=61))
    await people.register(email_address=address)
    assert len(await mails_to(production, address)) == 7
    production.clock.run()


async def test_each_address_has_its_own_count(production):
    people = People(production)
    addresses = [new_address() for _ in range(2)]

    for address in addresses * 3:
        await people.register(email_address=address)

    assert [len(await mails_to(production, address)) for address in addresses] == [3, 3]


async def test_a_name_stays_locked_for_ten_minutes(production):
    people, address = People(production), new_address()
    await fail(people, address, 5)

    production.clock.advance(timedelta(seconds=590))
    assert (await refusal(people.sign_in(address))).reason == "ACCOUNT_LOCKED"
    production.clock.advance(timedelta(seconds=11))
    await fail(people, address, 1)

    production.clock.run()


async def test_resets_send_five_mails_an_hour_to_any_address_and_say_nothing_of_it(production):
    # given
    people = People(production)
    production.clock.stop_at(production.clock())
    unconfirmed = (await people.register())[1]
    addresses = {new_address(): 5, unconfirmed: 6}

    for address, most in addresses.items():
        # when
        for _ in range(4):
            await initiate(people, address)
            await initiate(people, address.upper())
        await register_again(people, address)

        # then
        assert len(await mails_to(production, address)) == most + 1  # registrations are counted by themselves
        production.clock.advance(timedelta(minutes=61))
        await initiate(people, address)
        assert len(await mails_to(production, address)) == most + 2
    production.clock.run()


async def register_again(people, address):
    await people.register(email_address=address)


async def confirmed(production):
    """Somebody who has confirmed by the mail."""
    people = People(production)
    _, address = await people.register()
    [mail] = await mails_to(production, address)
    [token] = re.findall(r"#token=([A-Za-z0-9_-]{43})", mail["Html"]["Body"])
    await people.service.ConfirmPersonRegistration(ConfirmPersonRegistrationRequest(token=token))
    return people, address


async def test_beyond_the_limit_the_last_token_stays_good(production):
    # given
    production.clock.advance(timedelta(hours=2))
    people, address = await confirmed(production)
    for _ in range(4):
        await initiate(people, address)
    await resend(people, await reset_token(production, address))
    last = await reset_token(production, address)

    # when
    await initiate(people, address)
    await resend(people, last)
    await resend(people, last)

    # then
    assert len(await mails_to(production, address)) == 6
    await verify(people, last)
    production.clock.run()


async def test_a_client_address_may_ask_for_twenty_resets_an_hour(production):
    # given
    production.clock.advance(timedelta(hours=4))
    people = People(production)
    for _ in range(20):
        await initiate(people, new_address())
    address = new_address()

    # when
    refused = await refusal(initiate(people, address))

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
    assert await mails_to(production, address) == []
    production.clock.advance(timedelta(minutes=61))
    await initiate(people, address)
    assert len(await mails_to(production, address)) == 1
    production.clock.run()
