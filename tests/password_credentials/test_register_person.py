"""RegisterPerson: somebody signs up with an address and a password."""

import asyncio
import html
import json
import re
import uuid

import grpc
import pytest
from tenantry.access.v1 import types_pb2
from tenantry.password_credentials.v1.password_credentials_service_pb2 import ConfirmPersonRegistrationRequest
from tenantry.users.v1 import end_user_pb2

from server.kernel import ids
from tests.harness import properties_of, refusal
from tests.password_credentials.resets import mails_to
from tests.signed_in import PASSWORD, new_address, registration

_FRESH = ([types_pb2.PLATFORM_ROLE_STANDARD], [types_pb2.FEATURE_LEVEL_PAID_TRIAL, types_pb2.FEATURE_LEVEL_BASIC])


async def test_a_person_is_registered(people):
    request = registration()

    person = (await people.service.RegisterPerson(request)).person

    assert person.id.startswith("cred_")
    assert not person.is_mfa_enabled
    assert person.user.access == end_user_pb2.USER_ACCESS_ENABLED
    assert person.user.status == end_user_pb2.USER_STATUS_REGISTERED
    assert person.user.classification == types_pb2.USER_CLASSIFICATION_PERSON
    assert (list(person.user.roles), list(person.user.features)) == _FRESH


async def test_the_credential_is_published_without_any_secret(people, server):
    person, _ = await people.register()

    assert await server.events(person.id) == [
        "password_credentials.person_credential_created.v1",
        "password_credentials.person_credential_credentials_changed.v1",
        "password_credentials.person_credential_registration_changed.v1",
        "password_credentials.person_credential_registration_verification_created.v1",
    ]
    token = await people.confirmation_token(person.user.id)
    rows = await server.rows("SELECT data::text FROM kernel.event")
    assert not any(token in row["data"] or PASSWORD in row["data"] or "argon2" in row["data"] for row in rows)


async def test_the_password_and_the_token_are_kept_as_digests_only(people, server):
    person, address = await people.register()

    token = await people.confirmation_token(person.user.id)
    [row] = await server.rows(
        "SELECT * FROM password_credentials.person_credential WHERE id = $1", ids.decode("cred", person.id)
    )
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert token.encode() not in row["verification_token_digest"]
    assert row["email_address"] == address
    [kept] = await server.rows(
        "SELECT * FROM password_credentials_testing.confirmation_token WHERE credential_id = $1",
        ids.decode("cred", person.id),
    )
    assert token.encode() not in kept["sealed_token"]


async def test_a_confirmation_is_mailed_with_the_token_in_the_fragment(people, server):
    person, address = await people.register(first_name="O'Hara & Co")

    [mail] = await mails_to(server, address)
    content = mail["Html"]
    assert mail["Sensitive"] is True
    assert content["Subject"] == "Welcome to Tenantry"
    assert (content["ToDisplayName"], content["Tags"]) == ("O'Hara & Co", ["user", "registration"])
    token = await people.confirmation_token(person.user.id)
    assert f'href="http://localhost:8080/confirm-password-registration#token={token}"' in content["Body"]
    assert "Hello O&#39;Hara &amp; Co," in content["Body"]
    assert token not in json.dumps([mail | {"Html": None}])


async def test_the_address_is_kept_in_normal_form(people, server):
    address = new_address()

    person, _ = await people.register(email_address=f"  {address.upper()} ")

    await people.confirm(person.user.id)
    tokens = await people.sign_in(address.title())
    assert tokens.user_id == person.user.id


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("first_name", "", "INVALID_FIRST_NAME"),
        ("first_name", "A" * 51, "INVALID_FIRST_NAME"),
        ("first_name", "Ana<script>", "INVALID_FIRST_NAME"),
        ("last_name", "Sil\nva", "INVALID_LAST_NAME"),
        ("email_address", "", "INVALID_EMAIL_ADDRESS"),
        ("email_address", "ana.example.com", "INVALID_EMAIL_ADDRESS"),
        ("email_address", "ana@-example.com", "INVALID_EMAIL_ADDRESS"),
        ("email_address", "a" * 309 + "@example.com", "INVALID_EMAIL_ADDRESS"),
        ("password", "", "PASSWORD_TOO_SHORT"),
        ("password", "x" * 201, "PASSWORD_TOO_LONG"),
        ("password", "Password1", "PASSWORD_TOO_COMMON"),
        ("password", "..Tenantry99", "PASSWORD_CONTAINS_NAME"),
        ("invitation_token", "short", "INVALID_INVITATION_TOKEN"),
        ("invitation_token", "ti1_" + "a" * 60, "WRONG_INVITATION_KIND"),
        ("timezone", "Atlantis/Sunken", "INVALID_TIMEZONE"),
        ("locale", "english", "INVALID_LOCALE"),
        ("country_code", "XX", "INVALID_COUNTRY_CODE"),
        ("terms_and_conditions_accepted", False, "TERMS_NOT_ACCEPTED"),
        ("request_id", "no uuid", "INVALID_REQUEST_ID"),
    ],
)
async def test_a_field_outside_its_rule_is_refused(people, server, field, value, reason):
    request = registration(**{field: value})

    refused = await refusal(people.service.RegisterPerson(request))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {field: reason}
    assert await mails_to(server, request.email_address) == []


async def test_all_bad_fields_are_named_at_once(people):
    request = registration(first_name="<", last_name="", email_address="?", password="x", locale="?")

    refused = await refusal(people.service.RegisterPerson(request))

    assert set(refused.violations) == {"first_name", "last_name", "email_address", "password", "locale"}


async def test_an_invitation_that_nobody_knows_is_ignored(people):
    person, address = await people.register(invitation_token="a" * 43)

    await people.confirm(person.user.id)
    assert (await people.sign_in(address)).user_id == person.user.id


async def test_to_register_a_confirmed_address_again_changes_nothing_and_tells_nothing(people, server):
    # given
    first = await people.person()
    before = await server.events(first.credential_id)

    # when
    again, _ = await people.register(
        email_address=first.email_address, password="another harbour", first_name="Eve", last_name="Mallory"
    )

    # then
    assert (again.id, again.user.id) == (first.credential_id, first.user_id)
    assert (list(again.user.roles), list(again.user.features)) == _FRESH
    assert await server.events(first.credential_id) == before
    assert (await people.sign_in(first.email_address)).user_id == first.user_id
    refused = await refusal(people.sign_in(first.email_address, "another harbour"))
    assert refused.reason == "INVALID_CREDENTIALS"
    [_, courtesy] = await mails_to(server, first.email_address)
    assert courtesy["Html"]["Subject"] == "Tenantry Account Registration Attempt"
    assert courtesy["Html"]["ToDisplayName"] == "Ana"
    assert "Sensitive" not in courtesy
    assert "href" not in courtesy["Html"]["Body"]
    [usage] = [
        json.loads(text)
        for text in await server.queued("usages", first.user_id)
        if "User Registration ReAttempted" in text
    ]
    assert properties_of(usage) == {"ResourceId": first.user_id, "EmailAddress": first.email_address}


async def test_the_answer_for_a_suspended_user_is_that_for_a_new_one(people):
    person = await people.person()
    await people.suspend(person.user_id)

    again, _ = await people.register(email_address=person.email_address)

    assert again.user.access == end_user_pb2.USER_ACCESS_ENABLED
    assert (list(again.user.roles), list(again.user.features)) == _FRESH


async def test_to_register_an_unconfirmed_address_again_renews_the_link_and_keeps_the_first_password(people, server):
    # given
    first, address = await people.register()
    old_token = await people.confirmation_token(first.user.id)

    # when
    again, _ = await people.register(email_address=address, password="another harbour")

    # then
    assert (again.id, again.user.id) == (first.id, first.user.id)
    new_token = await people.confirmation_token(first.user.id)
    assert new_token != old_token
    mails = await mails_to(server, address)
    assert [mail["Html"]["Subject"] for mail in mails] == ["Welcome to Tenantry"] * 2
    assert new_token in mails[1]["Html"]["Body"]
    refused = await refusal(people.service.ConfirmPersonRegistration(ConfirmPersonRegistrationRequest(token=old_token)))
    assert refused.reason == "REGISTRATION_TOKEN_NOT_FOUND"
    await people.confirm(first.user.id)
    assert (await people.sign_in(address)).user_id == first.user.id


async def without_credential(people, server):
    """Somebody who came by single sign-on: registered, and without a password."""
    person = await people.person()
    await server.rows(
        "DELETE FROM password_credentials.person_credential WHERE id = $1", ids.decode("cred", person.credential_id)
    )
    return person


async def test_a_stranger_cannot_plant_a_password_on_an_account_without_one(people, server):
    # given
    person = await without_credential(people, server)

    # when
    again, _ = await people.register(email_address=person.email_address, password="planted by eve")

    # then
    assert again.user.id == person.user_id
    assert (list(again.user.roles), list(again.user.features)) == _FRESH
    subjects = [mail["Html"]["Subject"] for mail in await mails_to(server, person.email_address)]
    assert subjects == ["Welcome to Tenantry"] * 2
    await people.confirm(person.user_id)
    refused = await refusal(people.sign_in(person.email_address, "planted by eve"))
    assert refused.reason == "INVALID_CREDENTIALS"
    reset = (await mails_to(server, person.email_address))[-1]
    assert reset["Html"]["Subject"] == "Reset your Tenantry password"
    assert re.search(r"/confirm-password-reset#token=[A-Za-z0-9_-]{43}\"", reset["Html"]["Body"])
    assert reset["Html"]["Tags"] == ["user", "authentication", "credential"]
    assert reset["Sensitive"] is True
    assert any("User Password Forgotten" in text for text in await server.queued("usages", person.user_id))
    events = await server.events(again.id)
    assert "password_credentials.person_credential_credentials_changed.v1" not in events
    assert "password_credentials.person_credential_password_reset_initiated.v1" in events


async def test_the_owner_of_an_account_without_a_password_adds_one(people, server):
    # given
    person = await without_credential(people, server)

    # when
    request = registration(email_address=person.email_address, password="chosen by the owner")
    again = (await people.service.RegisterPerson(request, metadata=person.metadata)).person

    # then
    assert again.user.id == person.user_id
    added = (await mails_to(server, person.email_address))[-1]
    assert "asked to add a password" in html.unescape(added["Html"]["Body"])
    await people.confirm(person.user_id)
    assert (await people.sign_in(person.email_address, "chosen by the owner")).user_id == person.user_id
    assert "Reset" not in (await mails_to(server, person.email_address))[-1]["Html"]["Subject"]


async def test_ten_first_registrations_of_an_address_at_once_make_one_person(people, server):
    address = new_address()

    answers = await asyncio.gather(
        *(people.service.RegisterPerson(registration(email_address=address)) for _ in range(10))
    )

    assert len({(answer.person.id, answer.person.user.id) for answer in answers}) == 1
    [row] = await server.rows(
        "SELECT count(*) AS number FROM password_credentials.person_credential WHERE email_address = $1", address
    )
    assert row["number"] == 1
    assert len(await mails_to(server, address)) == 10
    await people.confirm(answers[0].person.user.id)
    assert (await people.sign_in(address)).user_id == answers[0].person.user.id


async def test_twenty_equal_calls_at_once_register_one_person_once(people, server):
    request = registration(request_id=str(uuid.uuid4()))

    answers = await asyncio.gather(*(people.service.RegisterPerson(request) for _ in range(20)))

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert len(await mails_to(server, request.email_address)) == 1


async def test_a_request_id_is_not_good_for_another_body(people):
    request_id = str(uuid.uuid4())
    await people.register(request_id=request_id)

    refused = await refusal(people.service.RegisterPerson(registration(request_id=request_id)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")


async def test_somebody_who_is_signed_in_may_register_somebody_else(people):
    person = await people.person()

    answer = await people.service.RegisterPerson(registration(), metadata=person.metadata)

    assert answer.person.user.id != person.user_id


async def test_a_bad_credential_fails_the_call(people):
    refused = await refusal(
        people.service.RegisterPerson(registration(), metadata=(("authorization", "Bearer nonsense"),))
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
