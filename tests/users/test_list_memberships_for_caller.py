"""ListMembershipsForCaller: the organizations that the caller belongs to."""

import grpc
from tenantry.access.v1 import types_pb2
from tenantry.users.v1.users_service_pb2 import ListMembershipsForCallerRequest

from tests.harness import refusal


def _organizations(answer):
    return [membership.organization_id for membership in answer.memberships]


async def test_the_personal_organization_comes_first(users_service, people):
    # given
    person = await people.register()
    shared = await people.create_organization(person)

    # when
    answer = await users_service.ListMembershipsForCaller(ListMembershipsForCallerRequest(), metadata=person.metadata)

    # then
    assert _organizations(answer) == [person.organization_id, shared]
    assert [membership.is_default for membership in answer.memberships] == [False, True]
    assert (answer.total_size, answer.next_page_token) == (2, "")


async def test_pages_go_on_in_either_order(users_service, people):
    # given
    person = await people.register()
    expected = [person.organization_id, *[await people.create_organization(person) for _ in range(4)]]

    for order_by, wanted in (("created_at", expected), ("created_at desc", expected[::-1])):
        # when
        found, token = [], ""
        while True:
            answer = await users_service.ListMembershipsForCaller(
                ListMembershipsForCallerRequest(page_size=2, page_token=token, order_by=order_by),
                metadata=person.metadata,
            )
            found += _organizations(answer)
            token = answer.next_page_token
            if not token:
                break

        # then
        assert found == wanted
        assert answer.total_size == len(expected)


async def test_only_those_of_an_ownership_when_asked(users_service, people):
    person = await people.register()
    shared = await people.create_organization(person)

    answers = [
        await users_service.ListMembershipsForCaller(
            ListMembershipsForCallerRequest(ownership=ownership), metadata=person.metadata
        )
        for ownership in (types_pb2.ORGANIZATION_OWNERSHIP_PERSONAL, types_pb2.ORGANIZATION_OWNERSHIP_SHARED)
    ]

    assert [_organizations(answer) for answer in answers] == [[person.organization_id], [shared]]


async def test_a_machine_sees_its_own(users_service, people):
    machine = await people.machine(is_anonymous=True)

    answer = await users_service.ListMembershipsForCaller(ListMembershipsForCallerRequest(), metadata=machine.metadata)

    assert _organizations(answer) == [machine.organization_id]


async def test_a_service_account_has_none(users_service, server):
    answer = await users_service.ListMembershipsForCaller(
        ListMembershipsForCallerRequest(), metadata=server.as_service()
    )

    assert answer.total_size == 0


async def test_bad_list_fields_are_refused(users_service, people):
    person = await people.register()
    requests = {
        "page_size": ListMembershipsForCallerRequest(page_size=-1),
        "order_by": ListMembershipsForCallerRequest(order_by="name"),
        "page_token": ListMembershipsForCallerRequest(page_token="x"),
        "ownership": ListMembershipsForCallerRequest(ownership=types_pb2.OrganizationOwnership.ValueType(7)),
    }

    for field, request in requests.items():
        refused = await refusal(users_service.ListMembershipsForCaller(request, metadata=person.metadata))
        assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
        assert list(refused.violations) == [field]


async def test_nobody_lists_without_signing_in(users_service):
    refused = await refusal(users_service.ListMembershipsForCaller(ListMembershipsForCallerRequest()))

    assert refused.code == grpc.StatusCode.UNAUTHENTICATED
