"""SuspendUser and ReinstateUser: operators take somebody's access away, and give it back."""

import asyncio
import json

import grpc
import pytest
from tenantry.users.v1.end_user_pb2 import USER_ACCESS_ENABLED, USER_ACCESS_SUSPENDED
from tenantry.users.v1.users_service_pb2 import (
    GetUserRequest,
    ListMembershipsForCallerRequest,
    ReinstateUserRequest,
    SuspendUserRequest,
)

from server.kernel import ids
from server.kernel.ids import new_id
from server.subdomains.users.application.access import AccessApplication
from server.subdomains.users.errors import LastOperator
from server.subdomains.users.operators import add_operator
from tests.harness import Refused, refusal

_BOTH = [("SuspendUser", SuspendUserRequest), ("ReinstateUser", ReinstateUserRequest)]


@pytest.fixture
async def operator(people, server, monkeypatch):
    monkeypatch.setenv("TENANTRY_DATABASE_URL", server.dsn)
    # Earlier tests leave theirs behind, and one of these is about the last.
    await server.rows("UPDATE users.end_user SET roles = '{platform_standard}'")
    person = await people.register()
    await add_operator(person.email)
    return person


def suspend(users_service, operator, user_id):
    return users_service.SuspendUser(SuspendUserRequest(id=user_id), metadata=operator.metadata)


def reinstate(users_service, operator, user_id):
    return users_service.ReinstateUser(ReinstateUserRequest(id=user_id), metadata=operator.metadata)


async def _calls(users_service, person):
    return users_service.ListMembershipsForCaller(ListMembershipsForCallerRequest(), metadata=person.metadata)


async def _audits_of(server, user_id):
    audits = [json.loads(text) for text in await server.queued("audits", f'"AgainstId":"{user_id}"')]
    return [
        (audit["AuditCode"], audit["Arguments"])
        for audit in audits
        if "Suspended" in str(audit) or "Reinst" in str(audit)
    ]


async def test_a_suspended_user_may_not_call(users_service, people, operator):
    person = await people.register()

    answer = await suspend(users_service, operator, person.user_id)

    assert (answer.user.id, answer.user.access) == (person.user_id, USER_ACCESS_SUSPENDED)
    refused = await refusal(await _calls(users_service, person))
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")


async def test_a_suspended_machine_may_not_call(users_service, people, operator):
    machine = await people.machine()

    await suspend(users_service, operator, machine.user_id)

    assert (await refusal(await _calls(users_service, machine))).reason == "ACCOUNT_SUSPENDED"


async def test_the_suspension_is_published_and_audited(users_service, people, operator, server):
    person = await people.register()

    await suspend(users_service, operator, person.user_id)

    assert (await server.events(person.user_id))[-1] == "users.end_user_access_changed.v1"
    [row] = await server.rows(
        "SELECT data FROM kernel.event WHERE aggregate_id = $1 AND name = 'users.end_user_access_changed.v1'",
        ids.decode("user", person.user_id),
    )
    expected = {"user_id": person.user_id, "access": "suspended", "changed_by_id": operator.user_id}
    assert expected.items() <= json.loads(row["data"]).items()
    assert await _audits_of(server, person.user_id) == [("EndUser.Suspended", [operator.user_id, person.user_id])]


async def test_roles_features_and_memberships_stay(users_service, people, operator):
    person = await people.register()
    before = (await users_service.GetUser(GetUserRequest(id=person.user_id))).user

    await suspend(users_service, operator, person.user_id)

    after = (await users_service.GetUser(GetUserRequest(id=person.user_id))).user
    assert after.access == USER_ACCESS_SUSPENDED
    after.access = before.access
    assert after == before


async def test_a_suspended_user_stays_so_without_a_further_trace(users_service, people, operator, server):
    person = await people.register()
    await suspend(users_service, operator, person.user_id)
    events = await server.events(person.user_id)

    answer = await suspend(users_service, operator, person.user_id)

    assert answer.user.access == USER_ACCESS_SUSPENDED
    assert await server.events(person.user_id) == events
    assert len(await _audits_of(server, person.user_id)) == 1


async def test_a_reinstated_user_may_call_again(users_service, people, operator, server):
    person = await people.register()
    await suspend(users_service, operator, person.user_id)

    answer = await reinstate(users_service, operator, person.user_id)

    assert (answer.user.id, answer.user.access) == (person.user_id, USER_ACCESS_ENABLED)
    await (await _calls(users_service, person))
    assert (await server.events(person.user_id))[-1] == "users.end_user_access_changed.v1"
    reinstated = ("EndUser.Reinstated", [operator.user_id, person.user_id])
    assert (await _audits_of(server, person.user_id))[-1] == reinstated


async def test_whoever_is_not_suspended_is_reinstated_without_a_trace(users_service, people, operator, server):
    person = await people.register()
    events = await server.events(person.user_id)

    answer = await reinstate(users_service, operator, person.user_id)

    assert answer.user.access == USER_ACCESS_ENABLED
    assert await server.events(person.user_id) == events
    assert await _audits_of(server, person.user_id) == []


async def test_a_guest_cannot_be_suspended(users_service, people, operator, server):
    guest = await people.invite()

    refused = await refusal(suspend(users_service, operator, guest.user_id))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "USER_NOT_REGISTERED")
    assert (await users_service.GetUser(GetUserRequest(id=guest.user_id))).user.access == USER_ACCESS_ENABLED


async def test_nobody_suspends_themselves(users_service, operator):
    refused = await refusal(suspend(users_service, operator, operator.user_id))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CANNOT_SUSPEND_SELF")
    await (await _calls(users_service, operator))


async def test_of_two_operators_who_suspend_each_other_at_once_one_stays(users_service, people, operator):
    for _ in range(5):
        other = await people.register()
        await add_operator(other.email)

        ends = await asyncio.gather(
            refusal(suspend(users_service, operator, other.user_id)),
            refusal(suspend(users_service, other, operator.user_id)),
            return_exceptions=True,
        )

        refused = [end for end in ends if isinstance(end, Refused)]
        assert len(refused) == 1
        assert refused[0].reason in ("LAST_OPERATOR", "ACCOUNT_SUSPENDED")
        [operator] = [
            each
            for each in (operator, other)
            if (await users_service.GetUser(GetUserRequest(id=each.user_id))).user.access == USER_ACCESS_ENABLED
        ]


async def test_the_last_operator_stays(users_service, people, operator, server):
    # Somebody whose call began as an operator's, and who is none by the time it comes to it.
    former = await people.register()

    with pytest.raises(LastOperator):
        await AccessApplication.of(server.app.platform).suspend_user(
            user_id=operator.user_id, suspended_by_id=former.user_id
        )

    assert (await users_service.GetUser(GetUserRequest(id=operator.user_id))).user.access == USER_ACCESS_ENABLED
    assert await _audits_of(server, operator.user_id) == []


@pytest.mark.parametrize(("name", "request_type"), _BOTH)
@pytest.mark.parametrize("user_id", [new_id("user"), "user_00000000000000000000000001"])
async def test_an_unknown_user_is_not_found(users_service, operator, name, request_type, user_id):
    refused = await refusal(getattr(users_service, name)(request_type(id=user_id), metadata=operator.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")


@pytest.mark.parametrize(("name", "request_type"), _BOTH)
@pytest.mark.parametrize("user_id", ["", "user_", "org_00000000000000000000000000"])
async def test_what_is_no_user_id_is_refused(users_service, operator, name, request_type, user_id):
    refused = await refusal(getattr(users_service, name)(request_type(id=user_id), metadata=operator.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"id": "INVALID_ID"})


@pytest.mark.parametrize(("name", "request_type"), _BOTH)
async def test_only_operators_may(users_service, people, server, name, request_type):
    person, other = await people.register(), await people.register()
    request = request_type(id=other.user_id)

    nobody = await refusal(getattr(users_service, name)(request))
    somebody = await refusal(getattr(users_service, name)(request, metadata=person.metadata))
    service = await refusal(getattr(users_service, name)(request, metadata=server.as_service()))

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    for refused in (somebody, service):
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
    assert (await users_service.GetUser(GetUserRequest(id=other.user_id))).user.access == USER_ACCESS_ENABLED
