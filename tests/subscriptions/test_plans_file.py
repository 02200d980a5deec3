"""The file of plans: read at the start, and stopping it when it is not right."""

import pytest

from server.kernel.settings import SettingsError
from server.subdomains.subscriptions.adapters.plans_file import read_catalogue
from server.subdomains.subscriptions.domain.catalogue import BUILT_IN


def _read(tmp_path, content):
    path = tmp_path / "plans.yaml"
    path.write_text(content)
    return read_catalogue(path)


def test_without_a_file_there_is_the_built_in_plan():
    assert read_catalogue(None) is BUILT_IN


def test_json_is_read_too(tmp_path):
    catalogue = _read(tmp_path, '[{"id": "one", "tier": "ENTERPRISE", "starting": true, "cost": 1.5}]')

    assert catalogue.starting.id == catalogue.starting.provider_plan_id == "one"
    assert catalogue.starting.cost.amount == catalogue.starting.cost.amount.from_float(1.5)
    assert catalogue.find("two") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "wrong"),
        ("id: one", "list"),
        ("[]", "exactly one plan is starting"),
        ("[{id: a, tier: STANDARD}]", "exactly one plan is starting"),
        ("[{id: a, tier: STANDARD, starting: true}, {id: b, tier: STANDARD, starting: true}]", "exactly one"),
        ("[{id: a, tier: STANDARD, starting: true}, {id: a, tier: STANDARD}]", "ids of plans are unique"),
        (
            "[{id: a, tier: STANDARD, starting: true}, {id: b, tier: STANDARD, provider_plan_id: a}]",
            "provider_plan_ids of plans are unique",
        ),
        ("[{id: a, tier: UNSUBSCRIBED, starting: true}]", "0.tier"),
        ("[{id: '<a>', tier: STANDARD, starting: true}]", "0.id"),
        ("[{id: a, tier: STANDARD, starting: true, cost: -1}]", "0.cost"),
        ("[{id: a, tier: STANDARD, starting: true, currency: dollars}]", "0.currency"),
        ("[{id: a, tier: STANDARD, starting: true, trial: {frequency: 1, unit: YEAR}}]", "0.trial.unit"),
        ("[{id: a, tier: STANDARD, starting: true, trial: {frequency: 0, unit: DAY}}]", "0.trial.frequency"),
        ("[{id: a, tier: STANDARD, starting: true, price: 1}]", "0.price"),
    ],
)
def test_a_bad_file_stops_the_start_and_says_why(tmp_path, content, said):
    with pytest.raises(SettingsError, match="TENANTRY_BILLING_PLANS_FILE is wrong") as refused:
        _read(tmp_path, content)

    assert said in str(refused.value)


def test_a_missing_file_stops_the_start(tmp_path):
    with pytest.raises(SettingsError, match="TENANTRY_BILLING_PLANS_FILE is wrong"):
        read_catalogue(tmp_path / "nowhere.yaml")
