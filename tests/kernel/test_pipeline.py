"""What happens to a call before and after its handler: the checks in their order, and answers that say no more."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RequestInfo
from google.rpc.status_pb2 import Status

from server.kernel.access.caller import ANONYMOUS, MAINTENANCE
from server.kernel.ids import new_id
from server.kernel.security.tokens import AccessTokenContent
from tests.harness import refusal
from tests.kernel.echo import Ask, stub

DENIED, INVALID = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def say(echo_server):
    def call(rpc="Say", request=None, metadata=None, **fields):
        return stub(echo_server.channel, rpc)(Ask(**fields) if request is None else request, metadata=metadata)

    return call


@pytest.fixture(autouse=True)
def _running_clock(echo_server):
    yield
    echo_server.clock.run()


async def test_anybody_may_call_what_is_for_anybody(say, member):
    nobody = await say(text="caller")
    known = await say(text="caller", metadata=member.metadata)

    assert nobody.text.split()[:2] == [ANONYMOUS, "None"]
    assert known.text.split()[0] == member.user_id


async def test_the_checks_come_in_their_order(say, cast, echo_server):
    """Each call breaks everything from its own check on, and is refused for the first of them."""
    # given
    organization_id = new_id("org")
    bad = "x" * 41
    stranger = await cast.member(new_id("org"))
    without_role = await cast.member(organization_id, roles=(), feature="basic_features")
    unpaid = await cast.member(organization_id, feature="basic_features")
    right = await cast.member(organization_id)
    forged = (("authorization", "Bearer forged"),)

    # when
    refusals = [
        await refusal(say("SayAsMember", organization_id=named, text=text, metadata=metadata))
        for metadata, named, text in (
            (None, "org_1", bad),
            (forged, "org_1", bad),
            (stranger.metadata, "org_1", bad),
            (stranger.metadata, organization_id, bad),
            (without_role.metadata, organization_id, bad),
            (unpaid.metadata, organization_id, bad),
            (right.metadata, organization_id, bad),
            (right.metadata, organization_id, "refuse"),
        )
    ]

    # then
    assert [(refused.code.name, refused.reason) for refused in refusals] == [
        ("UNAUTHENTICATED", "NOT_AUTHENTICATED"),
        ("UNAUTHENTICATED", "TOKEN_INVALID"),
        ("INVALID_ARGUMENT", "VALIDATION_FAILED"),
        ("PERMISSION_DENIED", "NOT_A_MEMBER"),
        ("PERMISSION_DENIED", "ROLE_REQUIRED"),
        ("PERMISSION_DENIED", "FEATURE_REQUIRED"),
        ("INVALID_ARGUMENT", "VALIDATION_FAILED"),
        ("FAILED_PRECONDITION", "SAID_SO"),
    ]
    assert refusals[2].violations == {"organization_id": "INVALID_ID"}
    assert refusals[6].violations == {"text": "INVALID_TEXT"}


async def test_the_organization_is_the_default_one_unless_named(say, cast):
    first, second = new_id("org"), new_id("org")
    member = await cast.member(first, second)

    default = await say("SayAsMember", text="caller", metadata=member.metadata)
    named = await say("SayAsMember", text="caller", organization_id=second, metadata=member.metadata)

    assert [answer.text.split()[1] for answer in (default, named)] == [first, second]


async def test_who_has_no_organization_must_name_one(say, cast, echo_server):
    homeless = await cast.member()

    for metadata in (homeless.metadata, echo_server.as_service()):
        refused = await refusal(say("SayAsMember", metadata=metadata))
        assert refused.violations == {"organization_id": "INVALID_ID"}


async def test_a_service_account_passes_membership_role_and_feature(say, echo_server):
    organization_id = new_id("org")

    answer = await say("SayAsMember", text="caller", organization_id=organization_id, metadata=echo_server.as_service())

    assert answer.text.split()[:2] == [MAINTENANCE, organization_id]


async def test_each_kind_of_caller_may_call_what_is_for_it(say, cast, member, echo_server):
    # given
    operator = await cast.member(new_id("org"), platform_roles=("platform_operations",))
    callers = {
        "nobody": None,
        "user": member.metadata,
        "operator": operator.metadata,
        "service": echo_server.as_service(),
    }

    # when
    seen = {}
    for rpc in ("SayInSession", "SayAsOperator", "SayAsService"):
        for name, metadata in callers.items():
            try:
                await say(rpc, metadata=metadata)
                seen[rpc, name] = "may"
            except grpc.aio.AioRpcError as error:
                seen[rpc, name] = (await refusal(_raise(error))).reason

    # then
    assert [seen["SayInSession", name] for name in callers] == [
        "NOT_AUTHENTICATED",
        "may",
        "may",
        "INTERACTIVE_SESSION_REQUIRED",
    ]
    assert [seen["SayAsOperator", name] for name in callers] == [
        "NOT_AUTHENTICATED",
        "ROLE_REQUIRED",
        "may",
        "ROLE_REQUIRED",
    ]
    assert [seen["SayAsService", name] for name in callers] == [
        "NOT_AUTHENTICATED",
        "ROLE_REQUIRED",
        "ROLE_REQUIRED",
        "may",
    ]


async def test_a_sign_in_must_be_fresh_where_the_contract_says_so(say, member, echo_server):
    echo_server.clock.stop_at(now := echo_server.clock().replace(microsecond=0))
    metadata = echo_server.as_user(member.user_id, member.session_id)

    echo_server.clock.stop_at(now + timedelta(seconds=60))
    await say("SayFreshly", metadata=metadata)
    echo_server.clock.stop_at(now + timedelta(seconds=61))
    refused = await refusal(say("SayFreshly", metadata=metadata))

    assert (refused.code, refused.reason, refused.metadata) == (DENIED, "STEP_UP_REQUIRED", {"max_age_seconds": "60"})


async def test_a_sign_in_of_nobody_knows_when_is_never_fresh(say, member, echo_server):
    unknown, now = datetime.fromtimestamp(0, UTC), echo_server.clock()
    content = AccessTokenContent(member.user_id, member.session_id, unknown, ("fed",), (), ())
    token = echo_server.app.platform.tokens.issue_access_token(content, now=now, expires_at=now + timedelta(minutes=1))
    metadata = (("authorization", f"Bearer {token}"),)

    await say("SayInSession", metadata=metadata)
    refused = await refusal(say("SayFreshly", metadata=metadata))

    assert (refused.code, refused.reason) == (DENIED, "STEP_UP_REQUIRED")


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ((("authorization", "Bearer x"),), "TOKEN_INVALID"),
        ((("authorization", "Basic x"),), "TOKEN_INVALID"),
        ((("authorization", ""),), "TOKEN_INVALID"),
        ((("x-api-key", "x"),), "API_KEY_INVALID"),
        ((("authorization", "Bearer x"), ("x-api-key", "x")), "CREDENTIALS_AMBIGUOUS"),
    ],
)
async def test_a_bad_credential_is_refused_even_where_none_is_needed(say, metadata, reason):
    refused = await refusal(say(metadata=metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, reason)
    assert (await say("SayWhoever", text="hello", metadata=metadata)).text == "hello"


async def test_a_user_who_may_no_longer_is_refused(say, cast, echo_server):
    suspended = await cast.member(new_id("org"), access="suspended")
    unregistered = await cast.member(new_id("org"), status="unregistered")
    unknown = echo_server.as_user(new_id("user"), new_id("session"))

    refusals = [await refusal(say(metadata=who)) for who in (suspended.metadata, unregistered.metadata, unknown)]

    assert [refused.reason for refused in refusals] == ["ACCOUNT_SUSPENDED", "TOKEN_INVALID", "TOKEN_INVALID"]


async def test_bytes_that_are_no_request_are_the_clients_fault(say):
    for body in (b"\xff\xff\xff", b"\x12\x05abc", b"\x12\x02\xff\xfe"):
        refused = await refusal(say(request=body))
        assert (refused.code, refused.reason) == (INVALID, "VALIDATION_FAILED")


async def test_every_broken_rule_is_named_also_those_the_contract_cannot_say(say):
    bad = await refusal(say(text="bad"))
    null = await refusal(say(text="a\x00b"))

    assert (bad.violations, null.violations) == ({"text": "INVALID_TEXT"}, {"text": "INVALID_TEXT"})


async def test_an_unexpected_error_says_nothing_but_an_incident(say, caplog):
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await say(text="fail")

    error = failed.value
    status = Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    incident = info.metadata["incident_id"]
    assert (error.code(), info.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert error.details() == f"Something went wrong here. Incident {incident}."
    assert "secret internal" not in f"{error.details()}{error.trailing_metadata()}{status}"
    [record] = [record for record in caplog.records if getattr(record, "incident_id", "") == incident]
    assert "secret internal" in record.exc_text


async def test_a_refusal_says_why_in_words_and_for_programs(say):
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await say(text="refuse")

    refused = await refusal(_raise(failed.value))
    assert failed.value.details() == "The text said so: naïve ☃."
    assert (refused.code, refused.reason, refused.metadata) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "SAID_SO",
        {"hint": "fact"},
    )


async def test_a_refusal_with_very_many_violations_still_arrives(say):
    refused = await refusal(say(text="many"))

    assert (refused.code, refused.reason) == (INVALID, "VALIDATION_FAILED")
    assert refused.violations["items[0].name"] == "INVALID_NAME"


async def test_a_request_id_is_taken_over_and_comes_back_with_a_refusal(say):
    metadata = (("x-request-id", "my-request-17"),)

    answer = await say(text="caller", metadata=metadata)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await say(text="refuse", metadata=metadata)

    trailing = dict(failed.value.trailing_metadata())
    told = RequestInfo()
    assert Status.FromString(trailing["grpc-status-details-bin"]).details[-1].Unpack(told)
    assert answer.text.split()[2] == trailing["x-request-id"] == told.request_id == "my-request-17"


@pytest.mark.parametrize("given", ["short", "x" * 129, "with space", "semi;colon"])
async def test_a_request_id_that_could_do_harm_in_a_log_is_replaced(say, given):
    answer = await say(text="caller", metadata=(("x-request-id", given),))
    another = await say(text="caller", metadata=(("x-request-id", given),))

    made = answer.text.split()[2]
    assert made != given
    assert made != another.text.split()[2]


async def test_the_gateway_says_where_a_call_comes_from(say):
    direct = await say(text="address")
    through_gateway = await say(text="address", metadata=(("x-envoy-external-address", "203.0.113.7"),))

    assert (direct.text, through_gateway.text) == ("127.0.0.1", "203.0.113.7")


async def test_an_unknown_method_is_unimplemented(echo_server):
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await echo_server.channel.unary_unary("/tests.echo.v1.EchoService/Shout")(b"")

    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def _raise(error):
    raise error
