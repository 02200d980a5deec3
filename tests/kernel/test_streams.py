"""Streams go through the same checks, with their first message."""

import asyncio

import grpc
import pytest

from server.kernel.ids import decode, new_id
from tests.harness import refusal
from tests.kernel.echo import Ask, stub


async def answers(call):
    return [answer.text async for answer in call]


def asks(*texts, **fields):
    async def stream():
        for text in texts:
            yield Ask(text=text, **fields)

    return stream()


@pytest.fixture
def rpc(echo_server):
    return lambda name: stub(echo_server.channel, name)


async def test_a_stream_of_answers(rpc, member):
    assert await answers(rpc("Watch")(Ask(text="a b c"), metadata=member.metadata)) == ["a", "b", "c"]


async def test_a_stream_of_questions(rpc, member):
    answer = await rpc("Collect")(asks("a", "b", "c"), metadata=member.metadata)

    assert answer.text == "a b c"


async def test_a_conversation(rpc, member):
    call = rpc("Chat")(metadata=member.metadata)
    heard = []
    for text in ("a", "b"):
        await call.write(Ask(text=text))
        heard.append((await call.read()).text)
    await call.done_writing()

    assert heard == ["a", "b"]
    assert await call.code() is grpc.StatusCode.OK


@pytest.mark.parametrize("name", ["Watch", "Collect", "Chat"])
async def test_a_stream_is_refused_like_any_call(rpc, cast, member, name):
    # given
    stranger = await cast.member(new_id("org"))
    unpaid = await cast.member(new_id("org"), feature="basic_features")

    async def refused(metadata, text="hello", **fields):
        request = Ask(text=text, **fields) if name == "Watch" else asks(text, **fields)
        call = rpc(name)(request, metadata=metadata)
        return (await refusal(call if name == "Collect" else answers(call))).reason

    # when
    reasons = [
        await refused(None),
        await refused((("authorization", "Bearer x"),)),
        await refused(stranger.metadata, organization_id=new_id("org")),
        await refused(unpaid.metadata),
        await refused(member.metadata, "x" * 41),
    ]

    # then
    assert reasons == [
        "NOT_AUTHENTICATED",
        "TOKEN_INVALID",
        "NOT_A_MEMBER",
        "FEATURE_REQUIRED",
        "VALIDATION_FAILED",
    ]


@pytest.mark.parametrize("name", ["Watch", "Chat"])
async def test_what_was_answered_before_an_error_arrives_and_the_error_says_nothing(rpc, member, name):
    request = Ask(text="a fail") if name == "Watch" else asks("a", "fail")
    call = rpc(name)(request, metadata=member.metadata)

    heard = await call.read()
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call.read()

    assert heard.text == "a"
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(failed.value.details())


@pytest.mark.parametrize("name", ["Watch", "Chat"])
async def test_a_refusal_in_the_middle_of_a_stream_is_told(rpc, member, name):
    request = Ask(text="a refuse") if name == "Watch" else asks("a", "refuse")

    refused = await refusal(answers(rpc(name)(request, metadata=member.metadata)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "SAID_SO")


async def test_a_later_message_that_cannot_be_read_ends_the_stream(rpc, member):
    async def stream():
        yield Ask(text="a")
        yield b"\xff\xff"

    refused = await refusal(rpc("Collect")(stream(), metadata=member.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")


async def test_an_empty_stream_is_checked_as_an_empty_message(rpc, member):
    answer = await rpc("Collect")(asks(), metadata=member.metadata)
    refused = await refusal(rpc("Collect")(asks()))

    assert answer.text == ""
    assert refused.reason == "NOT_AUTHENTICATED"


async def test_a_stream_ends_with_the_access_of_its_caller(rpc, cast, echo_server):
    # given
    member = await cast.member(new_id("org"))
    call = rpc("Chat")(metadata=member.metadata)
    await call.write(Ask(text="a"))
    assert (await call.read()).text == "a"

    # when
    sql = "UPDATE cast_of_tests.player SET is_live = false WHERE user_id = $1"
    await echo_server.rows(sql, decode("user", member.user_id))
    await asyncio.sleep(1.1)
    await call.write(Ask(text="b"))

    # then
    refused = await refusal(call.read())
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REVOKED")


async def test_a_stream_goes_on_for_whoever_still_may(rpc, member):
    call = rpc("Chat")(metadata=member.metadata)
    heard = []
    for text in ("a", "b"):
        await call.write(Ask(text=text))
        heard.append((await call.read()).text)
        await asyncio.sleep(1.1)

    assert heard == ["a", "b"]
