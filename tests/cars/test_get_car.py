"""GetCar: what is known of one car."""

import grpc
import pytest
from tenantry.cars.v1.car_pb2 import CAR_STATUS_REGISTERED, CAR_STATUS_UNREGISTERED
from tenantry.cars.v1.cars_service_pb2 import GetCarRequest

from server.kernel.ids import decode, new_id
from tests.harness import refusal


async def test_any_member_inspects_a_car(cars_service, cast, fleet):
    organization_id = new_id("org")
    owner, other = await cast.member(organization_id), await cast.member(organization_id)
    car_id = await fleet.car(owner, make="Toyota", model="Surf", jurisdiction="Australia", number_plate="X 1")

    car = (await cars_service.GetCar(GetCarRequest(id=car_id), metadata=other.metadata)).car

    assert (car.id, car.owner.id, [manager.id for manager in car.managers]) == (
        car_id,
        owner.user_id,
        [owner.user_id],
    )
    assert (car.manufacturer.make, car.manufacturer.model, car.manufacturer.year) == ("Toyota", "Surf", 2023)
    assert (car.plate.jurisdiction, car.plate.number, car.status) == ("Australia", "X 1", CAR_STATUS_REGISTERED)


async def test_a_car_without_particulars_has_none(cars_service, cast, server):
    organization_id, car_id = new_id("org"), new_id("car")
    member = await cast.member(organization_id)
    await server.rows(
        "INSERT INTO cars.car (organization_id, id, created_at, status, manager_ids, version) "
        "VALUES ($1, $2, now(), 'unregistered', '{}', 1)",
        decode("org", organization_id),
        decode("car", car_id),
    )

    car = (await cars_service.GetCar(GetCarRequest(id=car_id), metadata=member.metadata)).car

    assert car.status == CAR_STATUS_UNREGISTERED
    assert not any(car.HasField(name) for name in ("manufacturer", "owner", "plate"))


async def test_an_unknown_and_another_organizations_car_are_not_found(cars_service, cast, fleet):
    member, stranger = await cast.member(new_id("org")), await cast.member(new_id("org"))
    theirs = await fleet.car(stranger)

    refusals = [
        await refusal(cars_service.GetCar(GetCarRequest(id=id), metadata=member.metadata))
        for id in (new_id("car"), theirs)
    ]

    assert {(refused.code, refused.reason) for refused in refusals} == {(grpc.StatusCode.NOT_FOUND, "CAR_NOT_FOUND")}


async def test_the_organization_is_the_named_one(cars_service, cast, fleet):
    first, second = new_id("org"), new_id("org")
    member = await cast.member(first, second)
    car_id = await fleet.car(member, organization_id=second)

    refused = await refusal(cars_service.GetCar(GetCarRequest(id=car_id), metadata=member.metadata))
    found = await cars_service.GetCar(GetCarRequest(id=car_id, organization_id=second), metadata=member.metadata)

    assert (refused.reason, found.car.id) == ("CAR_NOT_FOUND", car_id)


@pytest.mark.parametrize("id", ["", "car", new_id("booking")])
async def test_a_malformed_id_is_refused(cars_service, cast, id):
    member = await cast.member(new_id("org"))

    refused = await refusal(cars_service.GetCar(GetCarRequest(id=id), metadata=member.metadata))

    assert refused.violations == {"id": "INVALID_ID"}


async def test_a_malformed_organization_is_refused_before_membership(cars_service, cast):
    member = await cast.member(new_id("org"))
    request = GetCarRequest(id="car_1", organization_id="org_1")

    refused = await refusal(cars_service.GetCar(request, metadata=member.metadata))

    assert (refused.code, refused.violations) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        {"organization_id": "INVALID_ID"},
    )


async def test_who_may_not_inspect_cars(cars_service, cast, fleet):
    # given
    organization_id = new_id("org")
    car_id = await fleet.car(await cast.member(organization_id))
    unpaid = await cast.member(organization_id, feature="basic_features")
    stranger = await cast.member(new_id("org"))
    request = GetCarRequest(id=car_id, organization_id=organization_id)

    # when
    reasons = [
        (await refusal(cars_service.GetCar(request, metadata=metadata))).reason
        for metadata in (None, unpaid.metadata, stranger.metadata)
    ]

    # then
    assert reasons == ["NOT_AUTHENTICATED", "FEATURE_REQUIRED", "NOT_A_MEMBER"]
