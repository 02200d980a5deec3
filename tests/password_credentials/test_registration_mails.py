"""How many mails repeated registrations send, where that is limited."""

import json
import os
from datetime import timedelta

import pytest_asyncio

from tests.signed_in import People, new_address, whole_server


@pytest_asyncio.fixture(scope="module")
async def limited(postgres, database_name):
    os.environ["TENANTRY_REGISTRATION_MAILS_PER_HOUR"] = "5"
    try:
        async with whole_server(postgres, f"{database_name}_registration_mails") as found:
            yield found
    finally:
        del os.environ["TENANTRY_REGISTRATION_MAILS_PER_HOUR"]


async def mails_to(server, address):
    return [json.loads(text) for text in await server.queued("emails", f'"ToEmailAddress": "{address}"')]


async def test_repeated_registrations_send_five_mails_an_hour_and_say_nothing_of_it(limited):
    # given
    people, address = People(limited), new_address()
    person, _ = await people.register(email_address=address)

    # when
    for _ in range(8):
        again, _ = await people.register(email_address=address)
        assert again.id == person.id

    # then
    assert len(await mails_to(limited, address)) == 6
    token = await people.confirmation_token(person.user.id)
    assert token in (await mails_to(limited, address))[-1]["Html"]["Body"]
    limited.clock.advance(timedelta(minutes=61))
    await people.register(email_address=address)
    assert len(await mails_to(limited, address)) == 7


async def test_each_address_has_its_own_count(limited):
    people = People(limited)
    addresses = [new_address() for _ in range(3)]

    for address in addresses * 3:
        await people.register(email_address=address)

    assert [len(await mails_to(limited, address)) for address in addresses] == [3, 3, 3]
