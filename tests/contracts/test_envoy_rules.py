"""Which calls the gateway answers with 404, as made from the contracts."""

import re
from typing import Any

import pytest
import yaml
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tooling.contracts.contract import Contract
from tooling.contracts.envoy_rules import development_config, production_config
from tooling.contracts.http_rules import Route

TEMPLATE = """\
intro: here
admin:
  not_found: &not_found 404
  headers:
    # generated: begin headers
    # generated: end
  transcoder:
    # generated: begin services
    old: stale
    # generated: end
  routes:
    - first
    # generated: begin routes
    # generated: end
    - last
  long:
    # generated: begin streams
    # generated: end
"""


def decided(config: str, verb: str, path: str) -> bool | None:
    """Whether the first rule that matches a call closes it; None where no rule speaks of it."""
    for rule in yaml.safe_load(config)["admin"]["routes"]:
        if not isinstance(rule, dict):
            continue
        match: dict[str, Any] = rule["match"]
        verbs = [header["string_match"]["exact"] for header in match.get("headers", [])]
        by_path = match.get("path") == path
        by_pattern = "safe_regex" in match and re.fullmatch(match["safe_regex"]["regex"], path)
        if (by_path or by_pattern) and verbs in ([], [verb]):
            return "direct_response" in rule
    return None


def test_what_is_for_services_is_closed_natively_and_by_rest(strange: Contract) -> None:
    config = development_config(TEMPLATE, strange)

    assert decided(config, "POST", "/tenantry.strange.v1.StrangeService/Serve")
    assert decided(config, "GET", "/files/a")
    assert decided(config, "GET", "/files/a/")
    assert decided(config, "GET", "/files/a/b") is None
    assert decided(config, "POST", "/files/a") is None
    assert decided(config, "GET", "/tests/a") is None


def test_what_takes_bytes_says_so_in_its_route(strange: Contract) -> None:
    rules = [
        rule for rule in yaml.safe_load(development_config(TEMPLATE, strange))["admin"]["routes"] if "metadata" in rule
    ]

    [rule] = rules
    assert re.fullmatch(rule["match"]["safe_regex"]["regex"], "/things/a/bytes")
    assert rule["match"]["headers"][0]["string_match"] == {"exact": "PUT"}
    assert rule["metadata"] == {"filter_metadata": {"envoy.filters.http.lua": {"takes_any_body": True}}}
    assert "direct_response" not in rule


def test_production_closes_what_is_for_testing_too(strange: Contract) -> None:
    config = production_config(TEMPLATE, strange)

    assert decided(config, "GET", "/tests/a")
    assert decided(config, "POST", "/tenantry.strange.v1.StrangeService/Test")
    assert "public.binpb" in config
    assert "strict-transport-security" in config
    assert "intro" not in config


def test_what_streams_its_answers_is_known_by_its_path(strange: Contract) -> None:
    for config in (development_config(TEMPLATE, strange), production_config(TEMPLATE, strange)):
        pattern = yaml.safe_load(config)["admin"]["long"]["safe_regex"]["regex"]

        assert re.fullmatch(pattern, "/tenantry.strange.v1.StrangeService/Watch")
        assert re.fullmatch(pattern, "/tenantry.strange.v1.StrangeService/Download")
        assert not re.fullmatch(pattern, "/tenantry.strange.v1.StrangeService/Upload")


def test_where_nothing_streams_no_path_matches(strange: Contract) -> None:
    bare = Contract((), strange.messages, strange.enums, strange.comments)

    pattern = yaml.safe_load(development_config(TEMPLATE, bare))["admin"]["long"]["safe_regex"]["regex"]

    assert not re.fullmatch(pattern, "/tenantry.strange.v1.StrangeService/Watch")


def test_the_generated_parts_are_replaced_and_nothing_else(strange: Contract) -> None:
    once = development_config(TEMPLATE, strange)

    assert development_config(once, strange) == once
    assert "stale" not in once
    assert [rule for rule in yaml.safe_load(once)["admin"]["routes"] if isinstance(rule, str)] == ["first", "last"]


def test_a_route_that_is_open_and_closed_at_once_is_refused(strange_descriptors: FileDescriptorSet) -> None:
    descriptors = FileDescriptorSet()
    descriptors.CopyFrom(strange_descriptors)
    contract = Contract.of(descriptors)
    serve = next(each for each in contract.operations if each.method.name == "Serve")
    twin = next(each for each in contract.operations if each.method.name == "Find")
    object.__setattr__(twin, "routes", serve.routes)

    with pytest.raises(ValueError, match="is open, and closed as"):
        development_config(TEMPLATE, contract)


@pytest.mark.parametrize(
    ("path", "matching", "other"),
    [
        ("/cars/{id}", ["/cars/a", "/cars/a/", "/cars/export"], ["/cars", "/cars/a/b", "/xcars/a"]),
        ("/pages/{path=**}", ["/pages/a", "/pages/a/b.css"], ["/pages"]),
        ("/.well-known/jwks.json", ["/.well-known/jwks.json"], ["/xwell-known/jwksxjson"]),
        ("/a/{b=c/*}/d", ["/a/c/x/d"], ["/a/x/d", "/a/c/x/y/d"]),
    ],
)
def test_a_path_template_matches_what_envoy_takes_for_it(path: str, matching: list[str], other: list[str]) -> None:
    pattern = Route(verb="GET", path=path, body="", response_body="").pattern

    assert [each for each in matching if not re.fullmatch(pattern, each)] == []
    assert [each for each in other if re.fullmatch(pattern, each)] == []
