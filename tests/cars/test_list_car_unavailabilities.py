"""ListCarUnavailabilities: when a car is not available, and why. For tests of products, in testing builds only."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.cars.v1.car_pb2 import (
    UNAVAILABILITY_REASON_MAINTENANCE,
    UNAVAILABILITY_REASON_OFFLINE,
    UNAVAILABILITY_REASON_RESERVATION,
)
from tenantry.cars.v1.cars_service_pb2 import ListCarsRequest, ListCarUnavailabilitiesRequest
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel.ids import new_id
from server.kernel.rpc.server import Server
from tests.cars import requests
from tests.harness import refusal

NOON = datetime(2040, 5, 1, 12, tzinfo=UTC)


def noon(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


@pytest.fixture
async def withdrawn(cars_service, cast, fleet):
    """A car with three slots, added in the order of reservation, maintenance, offline."""
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    car_id = await fleet.car(member)
    await fleet.reserve(organization_id, car_id, noon(4), noon(8), reference="a booking")
    maintenance = requests.schedule_car_maintenance(car_id, noon(0), noon(4))
    await cars_service.ScheduleCarMaintenance(maintenance, metadata=member.metadata)
    await fleet.offline(member, car_id, noon(2000), noon(2001))
    return member, car_id


async def test_every_slot_says_when_and_why(cars_service, withdrawn):
    member, car_id = withdrawn

    found = await cars_service.ListCarUnavailabilities(
        ListCarUnavailabilitiesRequest(id=car_id), metadata=member.metadata
    )

    assert [
        (item.caused_by_reason, item.starts_at.ToDatetime(UTC), item.ends_at.ToDatetime(UTC))
        for item in found.unavailabilities
    ] == [
        (UNAVAILABILITY_REASON_RESERVATION, noon(4), noon(8)),
        (UNAVAILABILITY_REASON_MAINTENANCE, noon(0), noon(4)),
        (UNAVAILABILITY_REASON_OFFLINE, noon(2000), noon(2001)),
    ]
    assert {item.car_id for item in found.unavailabilities} == {car_id}
    assert all(item.id.startswith("unavail_") for item in found.unavailabilities)
    reserved, maintained, _ = found.unavailabilities
    assert (reserved.caused_by_reference, maintained.HasField("caused_by_reference")) == ("a booking", False)
    assert found.total_size == 3


@pytest.mark.parametrize(
    ("order_by", "hours"),
    [
        ("created_at", [4, 0, 2000]),
        ("created_at desc", [2000, 0, 4]),
        ("starts_at", [0, 4, 2000]),
        ("starts_at desc", [2000, 4, 0]),
    ],
)
async def test_slots_are_ordered_and_paged_to_the_end(cars_service, withdrawn, order_by, hours):
    member, car_id = withdrawn
    found, token = [], ""

    while True:
        request = ListCarUnavailabilitiesRequest(id=car_id, order_by=order_by, page_size=1, page_token=token)
        page = await cars_service.ListCarUnavailabilities(request, metadata=member.metadata)
        found += [item.starts_at.ToDatetime(UTC) for item in page.unavailabilities]
        token = page.next_page_token
        if not token:
            break

    assert found == [noon(hour) for hour in hours]


async def test_an_unknown_and_another_organizations_car_have_none(cars_service, cast, withdrawn):
    _, theirs = withdrawn
    stranger = await cast.member(new_id("org"))

    for car_id in (new_id("car"), theirs):
        found = await cars_service.ListCarUnavailabilities(
            ListCarUnavailabilitiesRequest(id=car_id), metadata=stranger.metadata
        )
        assert (list(found.unavailabilities), found.total_size) == ([], 0)


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"id": "car_1"}, {"id": "INVALID_ID"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"order_by": "ends_at"}, {"order_by": "INVALID_ORDER_BY"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(cars_service, cast, fields, violations):
    member = await cast.member(new_id("org"))
    request = ListCarUnavailabilitiesRequest(**({"id": new_id("car")} | fields))

    refused = await refusal(cars_service.ListCarUnavailabilities(request, metadata=member.metadata))

    assert refused.violations == violations


async def test_a_page_token_is_not_good_for_another_car(cars_service, withdrawn):
    member, car_id = withdrawn
    request = ListCarUnavailabilitiesRequest(id=car_id, page_size=1)
    page = await cars_service.ListCarUnavailabilities(request, metadata=member.metadata)

    other = ListCarUnavailabilitiesRequest(id=new_id("car"), page_token=page.next_page_token)
    refused = await refusal(cars_service.ListCarUnavailabilities(other, metadata=member.metadata))

    assert refused.violations == {"page_token": "INVALID_PAGE_TOKEN"}


async def test_a_member_may_whatever_was_paid_for_and_nobody_else(cars_service, cast):
    # given
    organization_id = new_id("org")
    unpaid = await cast.member(organization_id, feature="basic_features")
    without_role = await cast.member(organization_id, roles=())
    stranger = await cast.member(new_id("org"))
    request = ListCarUnavailabilitiesRequest(id=new_id("car"), organization_id=organization_id)

    # when
    await cars_service.ListCarUnavailabilities(request, metadata=unpaid.metadata)
    reasons = [
        (await refusal(cars_service.ListCarUnavailabilities(request, metadata=metadata))).reason
        for metadata in (None, without_role.metadata, stranger.metadata)
    ]

    # then
    assert reasons == ["NOT_AUTHENTICATED", "ROLE_REQUIRED", "NOT_A_MEMBER"]


async def test_it_does_not_exist_in_a_production_build(server, cast):
    # given
    member = await cast.member(new_id("org"))
    services = [service for subdomain in server.app.subdomains for service in subdomain.services]
    production = Server(server.app.pipeline, services, is_testing=False, reflects=False)
    [port] = production.listen(["127.0.0.1:0"])
    await production.start()

    # when
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = CarsServiceStub(channel)
        await stub.ListCars(ListCarsRequest(), metadata=member.metadata)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListCarUnavailabilities(ListCarUnavailabilitiesRequest(id="x"), metadata=member.metadata)
    await production.drain(notice_seconds=0, grace_seconds=0)

    # then
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
