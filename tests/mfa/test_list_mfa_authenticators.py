"""ListMfaAuthenticators: somebody looks at what there is to sign in with."""

import grpc
import pytest
from tenantry.mfa.v1 import mfa_service_pb2 as mfa

from tests.harness import refusal
from tests.mfa.factors import EMAIL, RECOVERY, SMS, TOTP, of, with_token


async def test_all_are_listed_in_the_order_of_being_added(factors):
    enrolled = await factors.enrolled(SMS, TOTP)
    await factors.associate(EMAIL, metadata=enrolled.person.metadata)

    for how in (enrolled.person.metadata, with_token(await factors.token(enrolled.person))):
        answer = await factors.service.ListMfaAuthenticators(mfa.ListMfaAuthenticatorsRequest(), metadata=how)
        found = [(each.type, each.is_active) for each in answer.authenticators]
        assert found == [(RECOVERY, True), (SMS, True), (TOTP, True), (EMAIL, False)]
        assert all(set(of(each)) <= {"id", "type", "is_active"} for each in answer.authenticators)
        assert (answer.total_size, answer.next_page_token) == (4, "")


async def test_at_first_there_is_nothing(factors):
    person = await factors.person()

    assert await factors.listed(person.metadata) == []
    assert await factors.listed(with_token(await factors.token(person))) == []


async def test_a_list_is_read_page_by_page(factors):
    enrolled = await factors.enrolled(SMS, TOTP)
    found, token = [], ""

    for size in (1, 1, 1):
        request = mfa.ListMfaAuthenticatorsRequest(page_size=size, page_token=token)
        answer = await factors.service.ListMfaAuthenticators(request, metadata=enrolled.person.metadata)
        assert answer.total_size == 3
        found += [each.type for each in answer.authenticators]
        token = answer.next_page_token

    assert (found, token) == ([RECOVERY, SMS, TOTP], "")


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "nonsense"}, {"page_token": "INVALID_PAGE_TOKEN"}),
    ],
)
async def test_fields_outside_their_rules_are_refused(factors, fields, violations):
    person = await factors.person()
    request = mfa.ListMfaAuthenticatorsRequest(**fields)

    refused = await refusal(factors.service.ListMfaAuthenticators(request, metadata=person.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)


async def test_the_session_counts_and_a_token_beside_it_is_ignored(factors):
    person, other = await factors.enrolled(), await factors.person()

    both = (*other.metadata, *with_token(await factors.token(person.person)))

    assert await factors.listed(both) == []
