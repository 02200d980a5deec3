"""What other subdomains ask of flags."""

import pytest

from server.subdomains.ancillary.feature_flags.api import FlagsApi
from server.subdomains.ancillary.feature_flags.errors import FlagNotFound
from tests.feature_flags.flags import BOOLEAN, ON_FOR_NOBODY, SOMEBODY, SOMEWHERE, flag, flags


@pytest.fixture
def api(server):
    return FlagsApi.of(server.app.platform)


async def test_a_flag_is_on_or_off_for_a_user_within_an_organization(api):
    assert await api.is_enabled("on")
    assert not await api.is_enabled("off")
    assert await api.is_enabled("for_somebody", user_id=SOMEBODY)
    assert await api.is_enabled("for_somewhere", user_id=SOMEBODY, organization_id=SOMEWHERE)
    assert not await api.is_enabled("for_somewhere", user_id=SOMEBODY)


async def test_an_unknown_flag_is_off(api):
    assert not await api.is_enabled("unknown")
    assert not await api.is_enabled("colour")


@pytest.mark.parametrize(
    ("name", "reason", "status"),
    [
        ("on", "STATIC", "resolved"),
        ("for_users", "TARGETING_MATCH", "resolved"),
        ("for_somewhere", "DEFAULT", "resolved"),
        ("disabled", "DISABLED", "resolved"),
        ("unknown", "FLAG_NOT_FOUND", "unknown"),
    ],
)
async def test_the_reason_is_told(api, name, reason, status):
    evaluation = await api.evaluate(name, user_id=SOMEBODY)

    assert (evaluation.reason, evaluation.status) == (reason, status)


async def test_a_flag_whose_rules_fail_is_off_and_says_so(serve, write):
    broken = flag("on", targeting={"if": [True, "nowhere", None]})
    async with serve(flags_file=write(flags(broken=broken))) as server:
        evaluation = await FlagsApi.of(server.app.platform).evaluate("broken")

    assert (evaluation.is_enabled, evaluation.reason, evaluation.status) == (False, "GENERAL", "failed")


async def test_flags_are_got_and_listed(api):
    assert (await api.get("for_users", user_id=SOMEBODY)).is_enabled
    with pytest.raises(FlagNotFound):
        await api.get("unknown")
    listed = await api.list()
    assert [found.name for found in listed] == BOOLEAN
    assert {found.name for found in listed if found.is_enabled} == ON_FOR_NOBODY


async def test_without_any_flags_every_flag_is_off(serve):
    async with serve() as server:
        api = FlagsApi.of(server.app.platform)

        assert not await api.is_enabled("on", user_id=SOMEBODY)
        assert await api.list() == []
