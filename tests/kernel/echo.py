"""A service for tests of the pipeline: its contract is written here, and it does what a request's text says."""

import asyncio
from typing import Any

import grpc
from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message
from sqlalchemy import bindparam, func, select
from sqlalchemy.types import Float
from tenantry.access.v1 import types_pb2
from tenantry.options.v1 import access_pb2

from server.kernel.access.caller import current_call
from server.kernel.errors import FailedPrecondition, InvalidArgument, Violation
from server.kernel.subdomain import Platform, Service, Subdomain
from tests.kernel.probe import ADD_NOTE, TAKEN, Note

Access = access_pb2.Access
MEMBER: dict[str, Any] = {
    "tenant_role": types_pb2.TENANT_ROLE_MEMBER,
    "tenant_feature": types_pb2.FEATURE_LEVEL_PAID_TRIAL,
}
RPCS: dict[str, Any] = {
    "Say": Access(caller=types_pb2.CALLER_ANYONE),
    "SayAsMember": Access(caller=types_pb2.CALLER_AUTHENTICATED, **MEMBER),
    "SayInSession": Access(caller=types_pb2.CALLER_SESSION),
    "SayFreshly": Access(caller=types_pb2.CALLER_SESSION, sign_in_max_age_seconds=60),
    "SayAsOperator": Access(caller=types_pb2.CALLER_OPERATOR),
    "SayAsService": Access(caller=types_pb2.CALLER_SERVICE),
    "SayWhoever": Access(caller=types_pb2.CALLER_ANYONE, ignores_credentials=True),
    "Watch": Access(caller=types_pb2.CALLER_AUTHENTICATED, **MEMBER),
    "Collect": Access(caller=types_pb2.CALLER_AUTHENTICATED, **MEMBER),
    "Chat": Access(caller=types_pb2.CALLER_AUTHENTICATED, **MEMBER),
    "Keep": Access(caller=types_pb2.CALLER_AUTHENTICATED, idempotency=access_pb2.IDEMPOTENCY_DAY, **MEMBER),
    "KeepBriefly": Access(caller=types_pb2.CALLER_AUTHENTICATED, idempotency=access_pb2.IDEMPOTENCY_TOKENS, **MEMBER),
}
STREAMS = {"Watch": (False, True), "Collect": (True, False), "Chat": (True, True)}  # of the client, of the server
SLEEP = select(func.pg_sleep(bindparam("seconds", type_=Float())).label("slept"))


def contract(name: str, rpcs: dict[str, Any]) -> Any:
    """A file with a service of these RPCs, in the pool of descriptors."""
    file = descriptor_pb2.FileDescriptorProto(name=f"tests/{name}.proto", package=f"tests.{name}.v1", syntax="proto3")
    file.dependency.extend(["tenantry/options/v1/access.proto", "buf/validate/validate.proto"])
    for message, fields in {
        "Ask": ["organization_id", "text"],
        "KeepAsk": ["organization_id", "text", "request_id"],
        "Answer": ["text"],
    }.items():
        made = file.message_type.add(name=message)
        for number, field in enumerate(fields, 1):
            made.field.add(
                name=field,
                number=number,
                type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
                label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
            )
        if message != "Answer":
            rules = made.field[1].options.Extensions[validate_pb2.field]
            rules.string.max_len = 40
    service = file.service.add(name="EchoService")
    for rpc, access in rpcs.items():
        of_client, of_server = STREAMS.get(rpc, (False, False))
        asks = "KeepAsk" if rpc.startswith("Keep") else "Ask"
        method = service.method.add(
            name=rpc,
            input_type=f".{file.package}.{asks}",
            output_type=f".{file.package}.Answer",
            client_streaming=of_client,
            server_streaming=of_server,
        )
        if access is not None:
            method.options.Extensions[access_pb2.access].CopyFrom(access)
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
    return descriptor_pool.Default().FindServiceByName(f"{file.package}.EchoService")


SERVICE = contract("echo", RPCS)
Ask, KeepAsk, Answer = [
    message_factory.GetMessageClass(SERVICE.file.message_types_by_name[name]) for name in ("Ask", "KeepAsk", "Answer")
]


class Refused(FailedPrecondition):
    reason = "SAID_SO"
    message = "The text said so."


class EchoServicer:
    """Answers with the text, unless the text says otherwise."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.finished: list[str] = []
        self.kept = 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("Say"):
            return self._say
        if name.startswith("check_Say"):
            return self._check
        raise AttributeError(name)

    def _check(self, request: Any) -> list[Violation]:
        return [Violation("text", "INVALID_TEXT", "must not be bad")] if request.text == "bad" else []

    async def _say(self, request: Any, context: Any) -> Message:
        return await self._answer(request.text)

    async def Watch(self, request: Any, context: Any) -> Any:
        for word in request.text.split():
            yield await self._answer(word)

    async def Collect(self, requests: Any, context: Any) -> Message:
        return Answer(text=" ".join([request.text async for request in requests]))

    async def Chat(self, requests: Any, context: Any) -> Any:
        async for request in requests:
            yield await self._answer(request.text)

    async def Keep(self, request: Any, context: Any) -> Message:
        self.kept += 1
        organization_id = current_call().organization
        note = Note.write(organization_id, request.text.removeprefix("write then fail "))
        async with self._platform.begin(organization_id) as uow:
            await uow.write(ADD_NOTE, note.row(), TAKEN)
            await uow.publish(note)
        if request.text.startswith("write then fail"):
            raise RuntimeError
        await asyncio.sleep(0.05)
        return Answer(text=note.id)

    KeepBriefly = Keep

    async def _answer(self, text: str) -> Message:
        if text == "fail":
            raise RuntimeError("secret internal")
        if text == "refuse":
            raise Refused("The text said so: naïve ☃.", hint="fact")
        if text == "many":
            raise InvalidArgument(
                *(Violation(f"items[{number}].name", "INVALID_NAME", "x" * 60) for number in range(200))
            )
        if text == "caller":
            call = current_call()
            return Answer(text=f"{call.caller.user_id} {call.organization_id} {call.request_id}")
        if text == "address":
            return Answer(text=current_call().client_address)
        if text == "query":
            try:
                await self._platform.reader.fetch_one(SLEEP, {"seconds": 20.0})
            finally:
                self.finished.append(text)
        return Answer(text=text)


def stub(channel: grpc.aio.Channel, rpc: str) -> Any:
    """A callable for one RPC."""
    of_client, of_server = STREAMS.get(rpc, (False, False))
    make = {
        (False, False): channel.unary_unary,
        (False, True): channel.unary_stream,
        (True, False): channel.stream_unary,
        (True, True): channel.stream_stream,
    }[of_client, of_server]
    return make(
        f"/{SERVICE.full_name}/{rpc}",
        request_serializer=lambda request: request if isinstance(request, bytes) else request.SerializeToString(),
        response_deserializer=Answer.FromString,
    )


def echo(platform: Platform) -> Subdomain:
    return Subdomain(name="echo", services=[Service(SERVICE, EchoServicer(platform))])
