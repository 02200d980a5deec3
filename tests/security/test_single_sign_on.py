"""Who somebody is at one provider says nothing of who it is at another, nor of whose account it is here."""

import secrets

import pytest

from tests.harness import Running, refusal
from tests.signed_in import People
from tests.single_sign_on.clients import SsoClient
from tests.single_sign_on.issuer import Issuer


@pytest.fixture
def client(server: Running, issuers: dict[str, Issuer]) -> SsoClient:
    return SsoClient(server, "acme", issuers["acme"])


async def test_the_same_subject_at_another_provider_is_another_person(client: SsoClient, issuers: dict[str, Issuer]):
    subject = secrets.token_hex(8)

    here = await client.sign_in(sub=subject)
    there = await client.at("other", issuers["other"]).sign_in(sub=subject)

    assert here.user_id != there.user_id
    assert (await client.sign_in(sub=subject)).user_id == here.user_id


async def test_an_address_that_changes_hands_at_a_provider_gives_no_account_away(client: SsoClient):
    address = f"{secrets.token_hex(8)}@example.org"
    owner = await client.sign_in(email=address)

    heir = await refusal(client.finish(await client.come_back(email=address)))

    assert heir.reason == "SSO_AUTHENTICATION_FAILED"
    assert owner.user_id


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_an_address_that_is_not_verified_links_no_account(people: People, client: SsoClient, verified: object):
    person = await people.person()

    request = await client.come_back(email=person.email_address, email_verified=verified)

    assert (await refusal(client.finish(request))).reason == "SSO_AUTHENTICATION_FAILED"
