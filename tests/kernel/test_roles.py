"""Roles and features: which include which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.access.roles import (
    FEATURES_OF_TIER,
    FeatureLevel,
    PlatformRole,
    SubscriptionTier,
    TenantRole,
    expand,
    has,
    highest,
    normalize,
    without,
)

BASIC, TRIAL, PAID2, PAID3 = FeatureLevel
MEMBER, OWNER, BILLING = TenantRole.MEMBER, TenantRole.OWNER, TenantRole.BILLING_ADMIN
levels = st.lists(st.sampled_from(list(FeatureLevel)))


@pytest.mark.parametrize(
    ("given_levels", "expanded"),
    [
        ([], []),
        ([MEMBER], [MEMBER]),
        ([OWNER], [OWNER, MEMBER]),
        ([BILLING], [BILLING, OWNER, MEMBER]),
        ([MEMBER, BILLING], [MEMBER, BILLING, OWNER]),
        ([PAID3], [PAID3, PAID2, TRIAL, BASIC]),
        ([PlatformRole.OPERATIONS], [PlatformRole.OPERATIONS, PlatformRole.STANDARD]),
        ([PlatformRole.INTERNAL_SERVICE], [PlatformRole.INTERNAL_SERVICE]),
    ],
)
def test_a_level_brings_those_it_includes(given_levels, expanded):
    assert expand(given_levels) == expanded


@pytest.mark.parametrize(
    ("given_levels", "normal"),
    [
        ([], []),
        ([MEMBER, OWNER], [OWNER]),
        ([OWNER, MEMBER, OWNER], [OWNER]),
        ([MEMBER, BILLING, OWNER], [BILLING]),
        ([BASIC, PAID2, TRIAL], [PAID2]),
    ],
)
def test_only_the_topmost_levels_are_kept(given_levels, normal):
    assert normalize(given_levels) == normal


@pytest.mark.parametrize(
    ("given_levels", "removed", "left"),
    [
        ([OWNER], OWNER, [MEMBER]),
        ([BILLING], BILLING, [OWNER]),
        ([BILLING], OWNER, [BILLING]),
        ([OWNER, BILLING], BILLING, [OWNER]),
        ([MEMBER], MEMBER, []),
        ([], OWNER, []),
        ([PAID3], PAID3, [PAID2]),
    ],
)
def test_taking_a_level_away_leaves_its_direct_children(given_levels, removed, left):
    assert without(given_levels, removed) == left


def test_a_level_is_had_when_it_is_included():
    assert has([BILLING], MEMBER)
    assert has([PAID2], BASIC)
    assert not has([OWNER], BILLING)
    assert not has([], BASIC)


@given(levels)
def test_normal_form_changes_nothing_that_anybody_may_do(given_levels):
    normal = normalize(given_levels)

    assert set(expand(normal)) == set(expand(given_levels))
    assert normalize(normal) == normal
    assert normalize(expand(given_levels)) == normalize(sorted(normal, key=expand(given_levels).index))


@given(levels)
def test_the_highest_feature_includes_all_others(given_levels):
    assert set(expand(given_levels)) <= set(expand([highest(given_levels)]))


def test_without_any_feature_the_highest_is_basic():
    assert highest([]) is BASIC


def test_every_tier_brings_a_feature_of_its_own():
    assert list(FEATURES_OF_TIER) == list(SubscriptionTier)
    assert list(FEATURES_OF_TIER.values()) == list(FeatureLevel)
