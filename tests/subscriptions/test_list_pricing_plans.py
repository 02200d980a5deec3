"""ListPricingPlans: what organizations can subscribe to."""

import grpc
import pytest_asyncio
from tenantry.subscriptions.v1 import billing_period_pb2
from tenantry.subscriptions.v1.subscriptions_service_pb2 import ListPricingPlansRequest
from tenantry.subscriptions.v1.subscriptions_service_pb2_grpc import SubscriptionsServiceStub

from tests.harness import refusal, running
from tests.people import compose

_PLANS = """
- {id: eternal, tier: STANDARD, starting: true}
- {id: month-b, tier: STANDARD, cost: 10, period: {frequency: 1, unit: MONTH}}
- {id: month-a, tier: STANDARD, cost: 10, period: {frequency: 3, unit: MONTH}}
- {id: month-c, tier: STANDARD, cost: 9.5, setup_cost: 0.25, period: {frequency: 1, unit: MONTH}}
- {id: year, tier: ENTERPRISE, cost: 99, period: {frequency: 1, unit: YEAR}, trial: {frequency: 2, unit: WEEK}}
- {id: week, tier: PROFESSIONAL, period: {frequency: 1, unit: WEEK}}
- {id: day, tier: PROFESSIONAL, period: {frequency: 1, unit: DAY}}
"""


@pytest_asyncio.fixture
async def catalogue_service(server, tmp_path, monkeypatch):
    path = tmp_path / "plans.yaml"
    path.write_text(_PLANS)
    monkeypatch.setenv("TENANTRY_BILLING_PLANS_FILE", str(path))
    async with running(server.dsn, compose) as configured:
        yield SubscriptionsServiceStub(configured.channel)


def _ids(plans):
    groups = (plans.annually, plans.monthly, plans.weekly, plans.daily, plans.eternally)
    return [[plan.id for plan in group] for group in groups]


async def test_the_built_in_plan_is_free_for_ever(subscriptions_service):
    answer = await subscriptions_service.ListPricingPlans(ListPricingPlansRequest())

    [plan] = answer.plans.eternally
    assert _ids(answer.plans) == [[], [], [], [], ["_simple_standard"]]
    assert (plan.display_name, plan.description) == ("Free", "For everyone. Forever.")
    assert plan.notes == "This plan cannot be changed, nor canceled."
    assert plan.is_recommended
    assert (plan.cost.currency_code, plan.cost.units, plan.setup_cost.units) == ("USD", 0, 0)
    assert (plan.period.frequency, plan.period.unit) == (1, billing_period_pb2.PERIOD_UNIT_ETERNITY)
    assert (plan.trial.has_trial, plan.trial.frequency) == (False, 0)
    assert plan.trial.unit == billing_period_pb2.PERIOD_UNIT_ETERNITY
    [section] = plan.feature_sections
    assert section.description == ""
    assert [(feature.description, feature.is_included) for feature in section.features] == [("All features", True)]
    assert (answer.total_size, answer.next_page_token) == (1, "")


async def test_plans_are_grouped_by_period_and_ordered_by_cost_then_id(catalogue_service):
    answer = await catalogue_service.ListPricingPlans(ListPricingPlansRequest())

    assert _ids(answer.plans) == [["year"], ["month-c", "month-a", "month-b"], ["week"], ["day"], ["eternal"]]
    assert [plan.period.frequency for plan in (answer.plans.monthly[1], answer.plans.eternally[0])] == [3, 1]
    cheap = answer.plans.monthly[0]
    assert (cheap.cost.units, cheap.cost.nanos) == (9, 500_000_000)
    assert cheap.setup_cost.nanos == 250_000_000
    trial = answer.plans.annually[0].trial
    assert (trial.has_trial, trial.frequency, trial.unit) == (True, 2, billing_period_pb2.PERIOD_UNIT_WEEK)


async def test_the_dearest_first_within_each_group(catalogue_service):
    answer = await catalogue_service.ListPricingPlans(ListPricingPlansRequest(order_by="cost desc"))

    assert _ids(answer.plans) == [["year"], ["month-a", "month-b", "month-c"], ["week"], ["day"], ["eternal"]]


async def test_pages_go_on_through_the_groups(catalogue_service):
    found, token = [], ""
    while True:
        answer = await catalogue_service.ListPricingPlans(ListPricingPlansRequest(page_size=3, page_token=token))
        found.append([plan for group in _ids(answer.plans) for plan in group])
        assert answer.total_size == 7
        token = answer.next_page_token
        if not token:
            break

    assert found == [["year", "month-c", "month-a"], ["month-b", "week", "day"], ["eternal"]]


async def test_bad_list_fields_are_refused(subscriptions_service):
    requests = {
        "page_size": ListPricingPlansRequest(page_size=-1),
        "order_by": ListPricingPlansRequest(order_by="name"),
        "page_token": ListPricingPlansRequest(page_token="x"),
    }

    for field, request in requests.items():
        refused = await refusal(subscriptions_service.ListPricingPlans(request))
        assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
        assert list(refused.violations) == [field]
