"""ListCars: the organization's fleet, in pages and in the order that is asked for."""

import grpc
import pytest
from tenantry.cars.v1.car_pb2 import CAR_STATUS_REGISTERED, CAR_STATUS_UNREGISTERED
from tenantry.cars.v1.cars_service_pb2 import ListAvailableCarsRequest, ListCarsRequest

from server.kernel.ids import decode, new_id
from tests.harness import refusal

PLAN = {  # by the letters that the tests name them with
    "a": {"make": "Toyota", "model": "Surf", "year": 2001, "number_plate": "B"},
    "b": {"make": "Honda", "model": "Civic", "year": 2003, "number_plate": "C"},
    "c": {"make": "Honda", "model": "Surf", "year": 2002, "number_plate": "A"},
    "d": {"make": "Toyota", "model": "Civic", "year": 2003, "number_plate": "D"},
}


class Listing:
    """Lists the cars of one member and calls them by their letters."""

    def __init__(self, service, member):
        self.service = service
        self.member = member
        self.letters = {}

    async def page(self, **fields):
        return await self.service.ListCars(ListCarsRequest(**fields), metadata=self.member.metadata)

    async def letters_of(self, **fields):
        return "".join(self.letters[car.id] for car in (await self.page(**fields)).cars)

    async def to_the_end(self, **fields):
        """The letters of each page."""
        pages, token = [], ""
        while True:
            page = await self.page(page_token=token, **fields)
            pages.append("".join(self.letters[car.id] for car in page.cars))
            token = page.next_page_token
            if not token:
                return pages


@pytest.fixture
async def listing(cars_service, cast, fleet, server):
    """Four registered cars, and a fifth, x, of which nothing is known."""
    organization_id = new_id("org")
    found = Listing(cars_service, await cast.member(organization_id))
    for letter, particulars in PLAN.items():
        found.letters[await fleet.car(found.member, **particulars)] = letter
    bare = new_id("car")
    found.letters[bare] = "x"
    await server.rows(
        "INSERT INTO cars.car (organization_id, id, created_at, status, manager_ids, version) "
        "VALUES ($1, $2, clock_timestamp(), 'unregistered', '{}', 1)",
        decode("org", organization_id),
        decode("car", bare),
    )
    return found


async def test_all_cars_come_in_the_order_they_were_registered(listing):
    assert await listing.letters_of() == "abcdx"
    assert (await listing.page()).total_size == 5


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        ("created_at", "abcdx"),
        ("created_at asc", "abcdx"),
        ("created_at desc", "xdcba"),
        ("make", "bcadx"),
        ("make desc", "dacbx"),
        ("model", "bdacx"),
        ("model desc", "cadbx"),
        ("year", "acbdx"),
        ("year desc", "dbcax"),
        ("number_plate", "cabdx"),
        ("number_plate desc", "dbacx"),
    ],
)
@pytest.mark.parametrize("page_size", [1, 2, 5])
async def test_pages_join_up_in_any_order_and_cars_without_a_value_come_last(listing, order_by, found, page_size):
    pages = await listing.to_the_end(order_by=order_by, page_size=page_size)

    assert "".join(pages) == found
    assert len(pages) == -(-5 // page_size)


async def test_several_cars_without_a_value_are_paged_too(listing, server):
    await server.rows(
        "UPDATE cars.car SET make = NULL WHERE organization_id = ("
        "  SELECT organization_id FROM cars.car WHERE id = $1"
        ")",
        decode("car", next(iter(listing.letters))),
    )

    assert await listing.to_the_end(order_by="make", page_size=2) == ["ab", "cd", "x"]
    assert await listing.to_the_end(order_by="make desc", page_size=2) == ["xd", "cb", "a"]


async def test_cars_that_join_meanwhile_disturb_no_page(listing, fleet):
    # given
    first = await listing.page(page_size=2)

    # when
    listing.letters[await fleet.car(listing.member)] = "n"
    second = await listing.page(page_size=2, page_token=first.next_page_token)
    third = await listing.page(page_size=2, page_token=second.next_page_token)

    # then
    pages = ["".join(listing.letters[car.id] for car in page.cars) for page in (first, second, third)]
    assert pages == ["ab", "cd", "xn"]
    assert (first.total_size, third.total_size) == (5, 6)


async def test_cars_are_found_by_status_and_owner(listing):
    assert await listing.letters_of(status=CAR_STATUS_REGISTERED) == "abcd"
    assert await listing.letters_of(status=CAR_STATUS_UNREGISTERED) == "x"
    assert await listing.letters_of(owner_id=listing.member.user_id) == "abcd"
    assert await listing.letters_of(owner_id=new_id("user")) == ""
    assert (await listing.page(status=CAR_STATUS_UNREGISTERED)).total_size == 1


@pytest.mark.parametrize("page_size", [0, 1000, 1001, 2**31 - 1])
async def test_a_page_may_be_as_large_as_anybody_likes(listing, page_size):
    page = await listing.page(page_size=page_size)

    assert (len(page.cars), page.next_page_token) == (5, "")


async def test_a_page_holds_at_most_a_thousand_and_a_hundred_unless_asked(listing, server):
    # given
    await server.rows(
        "INSERT INTO cars.car SELECT organization_id, gen_random_uuid(), created_at, status, year, make, model, "
        "owner_id, manager_ids, jurisdiction, number_plate, version "
        "FROM cars.car, generate_series(1, 1200) WHERE id = $1",
        decode("car", next(iter(listing.letters))),
    )

    # when
    usual, largest = await listing.page(), await listing.page(page_size=1001)
    rest = await listing.page(page_size=1001, page_token=largest.next_page_token)

    # then
    assert (len(usual.cars), len(largest.cars), len(rest.cars)) == (100, 1000, 205)
    assert {usual.total_size, largest.total_size, rest.total_size} == {1205}
    assert len({car.id for car in [*largest.cars, *rest.cars]}) == 1205


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"status": 99}, {"status": "INVALID_STATUS"}),
        ({"owner_id": "me"}, {"owner_id": "INVALID_ID"}),
        ({"order_by": "owner_id"}, {"order_by": "INVALID_ORDER_BY"}),
        ({"order_by": "make sideways"}, {"order_by": "INVALID_ORDER_BY"}),
        ({"order_by": "make, model"}, {"order_by": "INVALID_ORDER_BY"}),
        ({"order_by": "make desc desc"}, {"order_by": "INVALID_ORDER_BY"}),
        ({"page_token": "?"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"page_token": "AAAA"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"page_size": -1, "owner_id": "me"}, {"page_size": "INVALID_PAGE_SIZE", "owner_id": "INVALID_ID"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(cars_service, cast, fields, violations):
    member = await cast.member(new_id("org"))

    refused = await refusal(cars_service.ListCars(ListCarsRequest(**fields), metadata=member.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)


async def test_a_page_token_is_only_good_for_its_own_question(listing, cars_service):
    # given
    token = (await listing.page(page_size=2)).next_page_token
    middle = len(token) // 2
    tampered = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    metadata = listing.member.metadata

    # when
    refusals = [
        await refusal(cars_service.ListCars(request, metadata=metadata))
        for request in (
            ListCarsRequest(page_token=tampered),
            ListCarsRequest(page_token=token[:-4]),
            ListCarsRequest(page_token=token, order_by="created_at desc"),
            ListCarsRequest(page_token=token, status=CAR_STATUS_REGISTERED),
            ListCarsRequest(page_token=token, owner_id=listing.member.user_id),
        )
    ]
    refusals.append(
        await refusal(cars_service.ListAvailableCars(ListAvailableCarsRequest(page_token=token), metadata=metadata))
    )

    # then
    assert [refused.violations for refused in refusals] == [{"page_token": "INVALID_PAGE_TOKEN"}] * 6
    other_size = await listing.page(page_size=3, page_token=token)
    assert len(other_size.cars) == 3


async def test_a_page_token_is_only_good_for_its_own_caller_and_organization(cars_service, cast, fleet):
    # given
    first, second = new_id("org"), new_id("org")
    caller, other = await cast.member(first, second), await cast.member(first)
    for _ in range(3):
        await fleet.car(caller)
    page = await cars_service.ListCars(ListCarsRequest(page_size=2), metadata=caller.metadata)

    # when
    by_other = await refusal(
        cars_service.ListCars(ListCarsRequest(page_token=page.next_page_token), metadata=other.metadata)
    )
    elsewhere = ListCarsRequest(page_token=page.next_page_token, organization_id=second)
    refused = await refusal(cars_service.ListCars(elsewhere, metadata=caller.metadata))

    # then
    assert by_other.violations == refused.violations == {"page_token": "INVALID_PAGE_TOKEN"}


async def test_who_may_not_list_cars(cars_service, cast):
    # given
    organization_id = new_id("org")
    unpaid = await cast.member(organization_id, feature="basic_features")
    without_role = await cast.member(organization_id, roles=())
    stranger = await cast.member(new_id("org"))
    request = ListCarsRequest(organization_id=organization_id)

    # when
    reasons = [
        (await refusal(cars_service.ListCars(request, metadata=metadata))).reason
        for metadata in (None, unpaid.metadata, without_role.metadata, stranger.metadata)
    ]

    # then
    assert reasons == ["NOT_AUTHENTICATED", "FEATURE_REQUIRED", "ROLE_REQUIRED", "NOT_A_MEMBER"]
