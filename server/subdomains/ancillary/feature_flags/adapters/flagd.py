"""Asks flagd, by its evaluation protocol (gRPC), for all flags of somebody."""

from collections.abc import Mapping

import grpc
from google.protobuf.struct_pb2 import Struct
from openfeature.evaluation_context import EvaluationContext
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2, evaluation_pb2_grpc

# A flagd that comes back is noticed at the next call, not after the two minutes that gRPC would take at worst.
_OPTIONS = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000))


class Flagd:
    """A connection to flagd, made when it is first used."""

    def __init__(self, host: str, port: int) -> None:
        self._target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._service: evaluation_pb2_grpc.ServiceAsyncStub | None = None

    async def fetch(self, context: EvaluationContext) -> Mapping[str, bool]:
        """The boolean flags of a context, by name."""
        if self._service is None:
            channel = grpc.aio.insecure_channel(self._target, options=_OPTIONS)
            self._service = evaluation_pb2_grpc.ServiceStub(channel)
        request = evaluation_pb2.ResolveAllRequest(context=_struct(context))
        answer = await self._service.ResolveAll(request, wait_for_ready=True)
        return {
            name: flag.bool_value for name, flag in answer.flags.items() if flag.WhichOneof("value") == "bool_value"
        }


def _struct(context: EvaluationContext) -> Struct:
    struct = Struct()
    struct.update({name: str(value) for name, value in context.attributes.items()})
    if context.targeting_key is not None:
        struct["targetingKey"] = context.targeting_key
    return struct
