"""RegisterPerson and AuthenticateCredential in a production build: the limits are on, and no plain token is kept."""

import json
import os
import re
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from tenantry.password_credentials.v1.password_credentials_service_pb2 import ConfirmPersonRegistrationRequest

from tests.harness import refusal
from tests.password_credentials.attempts import fail
from tests.signed_in import People, new_address, whole_server


@pytest_asyncio.fixture(scope="module")
async def production(server, postgres, database_name):
    # Production must be given every secret: here those that the server of the other tests has made for itself.
    given = {"TENANTRY_ENV": "production"}
    for file in (Path(os.environ["TENANTRY_DATA"]) / "secrets").iterdir():
        given[f"TENANTRY_{file.name.upper()}"] = file.read_text()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        async with whole_server(postgres, f"{database_name}_production") as found:
            yield found


async def mails_to(server, address):
    return [json.loads(text) for text in await server.queued("emails", f'"ToEmailAddress":"{address}"')]


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
