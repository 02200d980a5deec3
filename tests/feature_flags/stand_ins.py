"""Flag systems on loopback: flagd by its gRPC protocol, Flagsmith by its HTTP API. Both can fail, and make wait."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2

ENVIRONMENT_KEY = "environment-key-of-tests"  # not a secret: the stand-in's


@dataclass
class StandIn:
    """What a test tells a flag system to do, and what it was asked."""

    flags: dict[str, Any]
    port: int = 0
    failures: int = 0
    """How many of the next requests fail."""
    waits: float = 0.0
    """How many seconds each answer takes."""
    requests: list[dict[str, Any]] = field(default_factory=list)

    def takes(self, request: dict[str, Any]) -> bool:
        """Note a request, and say whether it is to succeed."""
        self.requests.append(request)
        self.failures -= 1
        return self.failures < 0


class _Flagd:
    """Evaluates as flagd does: by its own evaluator."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def ResolveAll(self, request: Any, context: Any) -> Any:
        asked = MessageToDict(request.context)
        if not self._stand_in.takes(dict(asked)):
            await context.abort(grpc.StatusCode.UNAVAILABLE, "flagd is told to fail")
        await asyncio.sleep(self._stand_in.waits)
        core = FlagdCore()
        core.set_flags(json.dumps(self._stand_in.flags))
        subject = EvaluationContext(asked.pop("targetingKey", None), asked)
        answer = evaluation_pb2.ResolveAllResponse()
        for name, flag in self._stand_in.flags["flags"].items():
            if flag["state"] != "ENABLED":
                continue  # flagd leaves them out
            if all(isinstance(value, bool) for value in flag["variants"].values()):
                resolved = core.resolve_boolean_value(name, False, subject)
                answer.flags[name].bool_value = resolved.value
            elif all(isinstance(value, str) for value in flag["variants"].values()):
                answer.flags[name].string_value = core.resolve_string_value(name, "", subject).value
            else:
                answer.flags[name].object_value.CopyFrom(Struct())
        return answer


@asynccontextmanager
async def flagd(flags: dict[str, Any], port: int = 0) -> AsyncIterator[StandIn]:
    """A flagd."""
    stand_in = StandIn(flags)
    server = grpc.aio.server()
    resolve_all = grpc.unary_unary_rpc_method_handler(
        _Flagd(stand_in).ResolveAll,
        request_deserializer=evaluation_pb2.ResolveAllRequest.FromString,
        response_serializer=evaluation_pb2.ResolveAllResponse.SerializeToString,
    )
    service = grpc.method_handlers_generic_handler("flagd.evaluation.v1.Service", {"ResolveAll": resolve_all})
    server.add_generic_rpc_handlers((service,))
    stand_in.port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    yield stand_in
    await server.stop(None)


class _FlagsmithHandler(BaseHTTPRequestHandler):
    """Two operations of Flagsmith's API: the flags of the environment, and those of an identity with its traits."""

    stand_in: StandIn

    def do_GET(self) -> None:
        self._answer(is_known=self.path == "/api/v1/flags/", asked={}, identity={})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(is_known=self.path == "/api/v1/identities/", asked=asked, identity=asked)

    def _answer(self, *, is_known: bool, asked: dict[str, Any], identity: dict[str, Any]) -> None:
        if self.headers["X-Environment-Key"] != ENVIRONMENT_KEY:
            self._send(401, {"detail": "Authentication credentials were not provided."})
        elif not is_known:
            self._send(404, {})
        elif not self.stand_in.takes(asked):
            self._send(502, {"detail": "told to fail"})
        else:
            threading.Event().wait(self.stand_in.waits)
            traits = {trait["trait_key"]: trait["trait_value"] for trait in identity.get("traits", [])}
            flags = [_feature_state(name, rule(identity, traits)) for name, rule in self.stand_in.flags.items()]
            self._send(200, {"flags": flags, "traits": identity["traits"]} if identity else flags)

    def _send(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Tests need no log of it."""


def _feature_state(name: str, is_enabled: bool) -> dict[str, Any]:
    feature = {"id": 1, "name": name, "type": "STANDARD"}
    return {"id": 1, "feature": feature, "feature_state_value": None, "enabled": is_enabled}


@contextmanager
def flagsmith(flags: dict[str, Any]) -> Iterator[StandIn]:
    """A Flagsmith. Each flag is a rule: given the identity and its traits, whether it is on."""
    stand_in = StandIn(flags)
    handler = type("Handler", (_FlagsmithHandler,), {"stand_in": stand_in})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    stand_in.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield stand_in
    server.shutdown()
    server.server_close()
    thread.join()
