"""DeleteCar: a car leaves the fleet for good."""

import asyncio

import grpc
import pytest
from tenantry.cars.v1.cars_service_pb2 import DeleteCarRequest, GetCarRequest

from server.kernel.errors import Refusal
from server.kernel.ids import decode, new_id
from tests.cars import requests
from tests.harness import at, refusal


async def test_its_owner_deletes_a_car_with_its_slots(cars_service, cast, fleet, server):
    # given
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    await fleet.offline(member, car_id, 1, 2)

    # when
    await cars_service.DeleteCar(DeleteCarRequest(id=car_id), metadata=member.metadata)

    # then
    refused = await refusal(cars_service.GetCar(GetCarRequest(id=car_id), metadata=member.metadata))
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "CAR_NOT_FOUND")
    assert await fleet.slots(car_id) == []
    assert (await server.events(car_id))[-1] == "cars.car_deleted.v1"


async def test_who_deleted_it_is_published(cars_service, cast, fleet, server):
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    car_id = await fleet.car(member)

    await cars_service.DeleteCar(DeleteCarRequest(id=car_id), metadata=member.metadata)

    [row] = await server.rows(
        "SELECT data::text AS data, organization_id FROM kernel.event WHERE aggregate_id = $1 AND version = 5",
        decode("car", car_id),
    )
    assert f'"deleted_by_id": "{member.user_id}"' in row["data"]
    assert row["organization_id"] == decode("org", organization_id)


@pytest.mark.parametrize("roles", [("tenant_member",), ("tenant_owner",), ("tenant_billing_admin",)])
async def test_nobody_else_may_not_even_an_owner_of_the_organization(cars_service, cast, fleet, server, roles):
    organization_id = new_id("org")
    car_id = await fleet.car(await cast.member(organization_id))
    other = await cast.member(organization_id, roles=roles)

    refused = await refusal(cars_service.DeleteCar(DeleteCarRequest(id=car_id), metadata=other.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "CAR_NOT_DELETED_BY_OWNER")
    await cars_service.GetCar(GetCarRequest(id=car_id), metadata=other.metadata)
    assert len(await server.events(car_id)) == 4


async def test_a_reserved_car_stays_until_its_last_reservation_has_ended(cars_service, cast, fleet, server):
    # given
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    car_id = await fleet.car(member)
    now = server.clock()
    ends_at = at(0.1, now=now)
    await fleet.reserve(organization_id, car_id, at(0.05, now=now), ends_at)

    # when
    server.clock.stop_at(at(0.099, now=now))
    refused = await refusal(cars_service.DeleteCar(DeleteCarRequest(id=car_id), metadata=member.metadata))
    server.clock.stop_at(ends_at)
    await cars_service.DeleteCar(DeleteCarRequest(id=car_id), metadata=member.metadata)

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CAR_HAS_RESERVATIONS")
    assert (await server.events(car_id))[-2:] == ["cars.car_unavailability_slot_added.v1", "cars.car_deleted.v1"]


async def test_who_is_not_its_owner_is_not_told_that_it_is_reserved(cars_service, cast, fleet):
    organization_id = new_id("org")
    car_id = await fleet.car(await cast.member(organization_id))
    await fleet.reserve(organization_id, car_id)
    other = await cast.member(organization_id)

    refused = await refusal(cars_service.DeleteCar(DeleteCarRequest(id=car_id), metadata=other.metadata))

    assert refused.reason == "CAR_NOT_DELETED_BY_OWNER"


async def test_maintenance_and_time_offline_do_not_keep_a_car(cars_service, cast, fleet):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    await fleet.offline(member, car_id, 1, 2)
    await cars_service.ScheduleCarMaintenance(requests.schedule_car_maintenance(car_id), metadata=member.metadata)

    await cars_service.DeleteCar(DeleteCarRequest(id=car_id), metadata=member.metadata)

    assert await fleet.slots(car_id) == []


async def test_an_unknown_a_deleted_and_another_organizations_car_are_not_found(cars_service, cast, fleet):
    # given
    member, stranger = await cast.member(new_id("org")), await cast.member(new_id("org"))
    deleted, theirs = await fleet.car(member), await fleet.car(stranger)
    await cars_service.DeleteCar(DeleteCarRequest(id=deleted), metadata=member.metadata)

    # when
    refusals = [
        await refusal(cars_service.DeleteCar(DeleteCarRequest(id=id), metadata=member.metadata))
        for id in (new_id("car"), deleted, theirs)
    ]

    # then
    assert {(refused.code, refused.reason) for refused in refusals} == {(grpc.StatusCode.NOT_FOUND, "CAR_NOT_FOUND")}
    await cars_service.GetCar(GetCarRequest(id=theirs), metadata=stranger.metadata)


@pytest.mark.parametrize("id", ["", "car_1", new_id("user"), "CAR_01KABCDEFGHJKMNPQRSTVWXYZ0"])
async def test_a_malformed_id_is_refused(cars_service, cast, id):
    member = await cast.member(new_id("org"))

    refused = await refusal(cars_service.DeleteCar(DeleteCarRequest(id=id), metadata=member.metadata))

    assert refused.violations == {"id": "INVALID_ID"}


async def test_a_car_is_deleted_or_reserved_but_never_both(cars_service, cast, fleet, server):
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    for _ in range(10):
        # given
        car_id = await fleet.car(member)

        # when
        deleted: object
        reserved: object
        deleted, reserved = await asyncio.gather(
            cars_service.DeleteCar(DeleteCarRequest(id=car_id), metadata=member.metadata),
            fleet.reserve(organization_id, car_id),
            return_exceptions=True,
        )

        # then
        left = await server.rows("SELECT id FROM cars.car WHERE id = $1", decode("car", car_id))
        if isinstance(reserved, Refusal):
            assert (reserved.reason, left) == ("CAR_NOT_FOUND", [])
        else:
            assert isinstance(deleted, grpc.aio.AioRpcError)
            assert len(left) == len(await fleet.slots(car_id)) == 1


async def test_who_may_not_delete_cars(cars_service, cast, fleet):
    # given
    organization_id = new_id("org")
    car_id = await fleet.car(await cast.member(organization_id))
    unpaid = await cast.member(organization_id, feature="basic_features")
    stranger = await cast.member(new_id("org"))
    request = DeleteCarRequest(id=car_id, organization_id=organization_id)

    # when
    reasons = [
        (await refusal(cars_service.DeleteCar(request, metadata=metadata))).reason
        for metadata in (None, unpaid.metadata, stranger.metadata)
    ]

    # then
    assert reasons == ["NOT_AUTHENTICATED", "FEATURE_REQUIRED", "NOT_A_MEMBER"]
