"""RegisterCar: a car joins the organization's fleet."""

import asyncio
import json
import uuid
from datetime import UTC, datetime

import grpc
import pytest
from tenantry.cars.v1.car_pb2 import CAR_STATUS_REGISTERED
from tenantry.cars.v1.cars_service_pb2 import GetCarRequest, ListCarsRequest

from server.kernel.ids import new_id
from tests.cars import requests
from tests.harness import Refused, properties_of, refusal


async def test_a_member_registers_a_car_in_the_default_organization(cars_service, cast):
    # given
    member = await cast.member(new_id("org"))

    # when
    answer = await cars_service.RegisterCar(requests.register_car(), metadata=member.metadata)

    # then
    car = answer.car
    assert car.status == CAR_STATUS_REGISTERED
    assert car.owner.id == member.user_id
    assert [manager.id for manager in car.managers] == [member.user_id]
    assert (car.manufacturer.make, car.manufacturer.model, car.manufacturer.year) == ("Honda", "Civic", 2023)
    found = await cars_service.GetCar(GetCarRequest(id=car.id), metadata=member.metadata)
    assert found.car == car


async def test_the_registration_is_published_in_order(cars_service, cast, server):
    member = await cast.member(new_id("org"))

    answer = await cars_service.RegisterCar(requests.register_car(), metadata=member.metadata)

    assert await server.events(answer.car.id) == [
        "cars.car_created.v1",
        "cars.car_manufacturer_changed.v1",
        "cars.car_ownership_changed.v1",
        "cars.car_registration_changed.v1",
    ]


async def test_the_registration_is_recorded_as_a_usage(cars_service, cast, server):
    organization_id = new_id("org")
    member = await cast.member(organization_id)

    answer = await cars_service.RegisterCar(requests.register_car(), metadata=member.metadata)

    [message] = [json.loads(text) for text in await server.queued("usages", answer.car.id)]
    assert message["EventName"] == "Car Registered"
    assert message["ForId"] == member.user_id
    assert message["TenantId"] == organization_id
    assert properties_of(message) == {
        "ResourceId": answer.car.id,
        "TenantId": organization_id,
        "Make": "Honda",
        "Model": "Civic",
        "Year": "2023",
    }


async def test_plates_are_not_unique(cars_service, cast):
    member = await cast.member(new_id("org"))

    first = await cars_service.RegisterCar(requests.register_car(), metadata=member.metadata)
    second = await cars_service.RegisterCar(requests.register_car(), metadata=member.metadata)

    assert first.car.id != second.car.id


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("make", "H", "CAR_INVALID_MAKE"),
        ("make", "honda", "CAR_INVALID_MAKE"),
        ("make", "", "CAR_INVALID_MAKE"),
        ("model", "Corolla", "CAR_INVALID_MODEL"),
        ("year", 1916, "CAR_INVALID_YEAR"),
        ("year", datetime.now(UTC).year + 2, "CAR_INVALID_YEAR"),
        ("jurisdiction", "Atlantis", "CAR_INVALID_JURISDICTION"),
        ("number_plate", "   ", "CAR_INVALID_NUMBER_PLATE"),
        ("number_plate", "ABC-123", "CAR_INVALID_NUMBER_PLATE"),
        ("number_plate", "A" * 16, "CAR_INVALID_NUMBER_PLATE"),
        ("number_plate", "A\x00B", "CAR_INVALID_NUMBER_PLATE"),
        ("request_id", "not a uuid", "INVALID_REQUEST_ID"),
    ],
)
async def test_a_field_outside_its_rule_is_refused(cars_service, cast, field, value, reason):
    member = await cast.member(new_id("org"))

    refused = await refusal(cars_service.RegisterCar(requests.register_car(**{field: value}), metadata=member.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {field: reason}
    listed = await cars_service.ListCars(ListCarsRequest(), metadata=member.metadata)
    assert listed.total_size == 0


async def test_all_bad_fields_are_named_at_once(cars_service, cast):
    member = await cast.member(new_id("org"))
    request = requests.register_car(make="x", model="Corolla", year=1, jurisdiction="?", number_plate="-")

    refused = await refusal(cars_service.RegisterCar(request, metadata=member.metadata))

    assert set(refused.violations) == {"make", "model", "year", "jurisdiction", "number_plate"}


@pytest.mark.parametrize("year", [1917, datetime.now(UTC).year + 1])
async def test_the_first_and_the_last_year_are_taken(cars_service, cast, year):
    member = await cast.member(new_id("org"))

    answer = await cars_service.RegisterCar(requests.register_car(year=year), metadata=member.metadata)

    assert answer.car.manufacturer.year == year


async def test_nobody_who_is_not_signed_in_may(cars_service):
    refused = await refusal(cars_service.RegisterCar(requests.register_car()))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")


async def test_a_member_of_another_organization_may_not(cars_service, cast):
    stranger = await cast.member(new_id("org"))
    request = requests.register_car(organization_id=new_id("org"), make="invalid too")

    refused = await refusal(cars_service.RegisterCar(request, metadata=stranger.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_A_MEMBER")


async def test_a_member_without_the_paid_feature_may_not(cars_service, cast):
    unpaid = await cast.member(new_id("org"), feature="basic_features")

    refused = await refusal(cars_service.RegisterCar(requests.register_car(), metadata=unpaid.metadata))

    assert refused == Refused(
        grpc.StatusCode.PERMISSION_DENIED, "FEATURE_REQUIRED", {"feature": "tenant_paidtrial_features"}, {}
    )


async def test_twenty_equal_calls_at_once_register_one_car(cars_service, cast):
    # given
    member = await cast.member(new_id("org"))
    request = requests.register_car(request_id=str(uuid.uuid4()))

    # when
    answers = await asyncio.gather(*(cars_service.RegisterCar(request, metadata=member.metadata) for _ in range(20)))

    # then
    assert len({answer.SerializeToString() for answer in answers}) == 1
    listed = await cars_service.ListCars(ListCarsRequest(), metadata=member.metadata)
    assert listed.total_size == 1


async def test_a_request_id_is_not_good_for_another_body(cars_service, cast):
    member = await cast.member(new_id("org"))
    request_id = str(uuid.uuid4())
    await cars_service.RegisterCar(requests.register_car(request_id=request_id), metadata=member.metadata)

    refused = await refusal(
        cars_service.RegisterCar(requests.register_car(request_id=request_id, make="Toyota"), metadata=member.metadata)
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")
