"""What the contract says of each RPC: a server with an RPC that says too little is not built."""

import pytest
from tenantry.access.v1 import types_pb2
from tenantry.options.v1 import access_pb2

from server.kernel.rpc.methods import BadContract, read_methods, without_testing
from server.kernel.rpc.server import Server
from server.kernel.subdomain import Service
from tests.kernel.echo import SERVICE, STREAMS, Access, contract

AUTHENTICATED = types_pb2.CALLER_AUTHENTICATED


def server_of(echo_server, descriptor, servicer):
    return Server(echo_server.app.pipeline, [Service(descriptor, servicer)], is_testing=True, reflects=False)


class Answers:
    """Has an answer to everything."""

    def __getattr__(self, name):
        if name.startswith("check_"):
            raise AttributeError(name)
        return lambda request, context: None


@pytest.mark.parametrize(
    ("name", "rpc", "access", "said"),
    [
        ("without_option", "Say", None, "does not say who may call it"),
        ("without_caller", "Say", Access(), "does not say who may call it"),
        (
            "no_organization",
            "Say",
            Access(
                caller=AUTHENTICATED, tenant_role=types_pb2.TENANT_ROLE_MEMBER, organization_field="organisation_id"
            ),
            "does not name",
        ),
        (
            "feature_only",
            "Say",
            Access(caller=AUTHENTICATED, tenant_feature=types_pb2.FEATURE_LEVEL_PAID_TRIAL),
            "no role in it",
        ),
        ("unkept", "Keep", Access(caller=AUTHENTICATED), "go together"),
        (
            "kept_without_id",
            "Say",
            Access(caller=AUTHENTICATED, idempotency=access_pb2.IDEMPOTENCY_DAY),
            "go together",
        ),
    ],
)
async def test_a_contract_that_says_too_little_stops_the_server_from_being_built(echo_server, name, rpc, access, said):
    descriptor = contract(name, {rpc: access})

    with pytest.raises(BadContract, match=said):
        server_of(echo_server, descriptor, Answers())


async def test_a_stream_cannot_be_kept(echo_server, monkeypatch):
    monkeypatch.setitem(STREAMS, "KeepAll", (True, False))
    descriptor = contract(
        "kept_stream", {"KeepAll": Access(caller=AUTHENTICATED, idempotency=access_pb2.IDEMPOTENCY_DAY)}
    )

    with pytest.raises(BadContract, match="stream cannot be kept"):
        server_of(echo_server, descriptor, Answers())


async def test_an_rpc_that_nobody_answers_stops_the_server_from_being_built(echo_server):
    descriptor = contract("unanswered", {"Say": Access(caller=AUTHENTICATED)})

    with pytest.raises(BadContract, match="nothing answers"):
        server_of(echo_server, descriptor, object())


def test_the_rules_of_each_rpc_are_read():
    methods = {method.name: method for method in read_methods(SERVICE)}

    assert methods["SayAsMember"].is_tenanted
    assert methods["SayAsMember"].organization_field == "organization_id"
    assert methods["SayFreshly"].sign_in_max_age_seconds == 60
    assert methods["SayWhoever"].ignores_credentials
    assert (methods["Chat"].is_client_streaming, methods["Chat"].is_server_streaming) == (True, True)
    assert not methods["Say"].is_tenanted


def test_testing_rpcs_exist_in_testing_builds_only():
    descriptor = contract(
        "sometimes",
        {"Say": Access(caller=AUTHENTICATED), "SayInTests": Access(caller=AUTHENTICATED, testing_only=True)},
    )
    methods = read_methods(descriptor)

    assert [method.name for method in without_testing(methods, is_testing=True)] == ["Say", "SayInTests"]
    assert [method.name for method in without_testing(methods, is_testing=False)] == ["Say"]
