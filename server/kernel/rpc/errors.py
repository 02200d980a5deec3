"""How a refusal looks on the wire (AIP-193): the only place that knows gRPC codes."""

from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

from server.kernel import errors

DOMAIN = "tenantry"
# A refusal travels in trailers, of which clients take 8 KiB: what is longer would look like a broken connection.
_LONGEST_MESSAGE = 600
_LONGEST_TEXT = 1_000
_MOST_OF_VIOLATIONS = 3_000
_DETAILS = "grpc-status-details-bin"
_CODES: dict[type[errors.Refusal], grpc.StatusCode] = {
    errors.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Aborted: grpc.StatusCode.ABORTED,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
}


def code_of(refusal: errors.Refusal) -> grpc.StatusCode:
    """The gRPC code of a refusal."""
    return next(code for kind, code in _CODES.items() if isinstance(refusal, kind))


async def refuse(context: Any, refusal: errors.Refusal, request_id: str) -> None:
    """End the call with *refusal*."""
    code = code_of(refusal)
    details: list[Any] = [
        error_details_pb2.ErrorInfo(
            reason=refusal.reason,
            domain=DOMAIN,
            metadata={name: _cut(value, _LONGEST_TEXT) for name, value in refusal.metadata.items()},
        ),
    ]
    trailing: list[tuple[str, str | bytes]] = []
    if isinstance(refusal, errors.InvalidArgument) and refusal.violations:
        details.append(_bad_request(refusal))
    if isinstance(refusal, errors.ResourceExhausted):
        delay = Duration()
        delay.FromMilliseconds(int(refusal.retry_after * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        trailing.append(("retry-after", str(max(1, round(refusal.retry_after)))))
    message = _cut(str(refusal), _LONGEST_MESSAGE)
    await _abort(context, code, message, details=details, request_id=request_id, trailing=trailing)


async def fail(context: Any, incident_id: str, request_id: str) -> None:
    """End the call with INTERNAL and nothing but an incident id."""
    info = error_details_pb2.ErrorInfo(reason="INTERNAL", domain=DOMAIN, metadata={"incident_id": incident_id})
    message = f"Something went wrong here. Incident {incident_id}."
    await _abort(context, grpc.StatusCode.INTERNAL, message, details=[info], request_id=request_id, trailing=[])


async def expire(context: Any, request_id: str) -> None:
    """End the call because its deadline has passed."""
    info = error_details_pb2.ErrorInfo(reason="DEADLINE_EXCEEDED", domain=DOMAIN)
    code = grpc.StatusCode.DEADLINE_EXCEEDED
    await _abort(context, code, "The call took too long.", details=[info], request_id=request_id, trailing=[])


def _bad_request(refusal: errors.InvalidArgument) -> error_details_pb2.BadRequest:
    """All violations, or as many of the first as there is room for."""
    found = error_details_pb2.BadRequest()
    room = _MOST_OF_VIOLATIONS
    for violation in refusal.violations:
        said = error_details_pb2.BadRequest.FieldViolation(
            field=_cut(violation.field, _LONGEST_TEXT),
            reason=violation.reason,
            description=_cut(violation.description, _LONGEST_TEXT),
        )
        room -= said.ByteSize()
        if room < 0:
            break
        found.field_violations.append(said)
    return found


def _cut(text: str, longest: int) -> str:
    """The beginning of *text*: at most *longest* bytes."""
    encoded = text.encode()
    return text if len(encoded) <= longest else encoded[: longest - 3].decode(errors="ignore") + "…"


async def _abort(
    context: Any,
    code: grpc.StatusCode,
    message: str,
    *,
    details: list[Any],
    request_id: str,
    trailing: list[tuple[str, str | bytes]],
) -> None:
    status = Status(code=code.value[0], message=message)
    for detail in [*details, error_details_pb2.RequestInfo(request_id=request_id)]:
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    metadata = ((_DETAILS, status.SerializeToString()), ("x-request-id", request_id), *trailing)
    await context.abort(code, message, metadata)
