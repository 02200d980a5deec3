"""What is called, and what came of it: the two values that pass between the bench and its load generator."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Target:
    """One call, to be repeated: the same bytes each time, so that the generator has nothing to compute."""

    protocol: Literal["grpc", "rest"]
    port: int
    path: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    connections: int = 4
    streams: int = 8  # calls in flight on each connection; HTTP/1.1 has one
    answer_bytes: int = 0  # of a good gRPC answer: h2load cannot see grpc-status, but a refusal carries no message

    @property
    def in_flight(self) -> int:
        return self.connections * self.streams

    def with_in_flight(self, calls: int) -> "Target":
        """The same call, kept in flight *calls* times: one connection for every eight streams of HTTP/2."""
        if self.protocol == "rest":
            return replace(self, connections=calls, streams=1)
        connections = max(1, calls // 8)
        return replace(self, connections=connections, streams=calls // connections)

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "headers": dict(self.headers), "body": self.body.hex()})

    @classmethod
    def from_json(cls, text: str) -> "Target":
        fields = json.loads(text)
        return cls(**{**fields, "body": bytes.fromhex(fields["body"])})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one spell of load came to."""

    answered: int
    refused: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return (self.answered - self.refused) / self.seconds


def outcome_of(latencies_ms: Sequence[float], refused: int, seconds: float) -> Outcome:
    """Sum up the latencies of all answers of a spell that lasted *seconds*."""
    if not latencies_ms:
        raise RuntimeError("no call was answered")
    ordered = sorted(latencies_ms)
    return Outcome(
        answered=len(ordered),
        refused=refused,
        seconds=seconds,
        p50_ms=ordered[len(ordered) // 2],
        p99_ms=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
    )


def grpc_target(port: int, path: str, message: bytes, headers: Mapping[str, str], answer: bytes) -> Target:
    """A unary call of *path* with the encoded *message*, 32 in flight. *answer* is the encoded good answer."""
    return Target(
        protocol="grpc",
        port=port,
        path=path,
        headers={"content-type": "application/grpc", "te": "trailers", **headers},
        body=b"\0" + len(message).to_bytes(4, "big") + message,
        answer_bytes=5 + len(answer),
    )


def rest_target(port: int, method: str, path: str, headers: Mapping[str, str], body: object = None) -> Target:
    """A JSON request over HTTP/1.1, 32 connections."""
    content = b"" if body is None else json.dumps(body).encode()
    typed = {"content-type": "application/json", **headers} if content else headers
    return Target("rest", port, path, method, typed, content, connections=32, streams=1)
