"""What a call raises when it fails: one class a gRPC status code, with what the server says about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status

_DETAILS_KEY = "grpc-status-details-bin"
_REQUEST_ID_KEY = "x-request-id"

Metadata = Iterable[tuple[str, str | bytes]]


@dataclass(frozen=True)
class FieldViolation:
    """What is wrong with one field of the request."""

    field: str
    """The path of the field, such as ``make``."""
    reason: str
    """What to branch on, such as ``CAR_INVALID_MAKE``."""
    description: str
    """The same for people."""


class TenantryError(Exception):
    """A call that failed. ``reason`` is what to branch on; it does not change, the message may."""

    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN
    """The gRPC status code."""

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode | None = None,
        reason: str = "",
        domain: str = "",
        metadata: Mapping[str, str] | None = None,
        field_violations: Iterable[FieldViolation] = (),
        retry_delay: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.reason = reason
        """Why, in UPPER_SNAKE_CASE. Empty when the answer did not come from the server's own code."""
        self.domain = domain
        """Who gave the reason: ``tenantry``."""
        self.metadata = dict(metadata or {})
        """Facts about the error. May hold a secret, such as ``mfa_token``, so it is never part of the text."""
        self.field_violations = tuple(field_violations)
        """One for every field that breaks a rule, of an ``InvalidArgument``."""
        self.retry_delay = retry_delay
        """After how many seconds the server wants to be asked again."""
        self.request_id = request_id
        """What to name to whoever runs the server."""

    def __str__(self) -> str:
        parts = [f"{self.code.name} {self.reason}".rstrip() + f": {self.message}"]
        parts += [
            f"  {violation.field}: {violation.reason} {violation.description}" for violation in self.field_violations
        ]
        if self.request_id:
            parts.append(f"  request {self.request_id}")
        return "\n".join(parts)


class InvalidArgument(TenantryError):
    """The request breaks a rule; ``field_violations`` says which."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class NotFound(TenantryError):
    """There is no such thing, or it belongs to somebody else."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(TenantryError):
    """There is such a thing already."""

    code = grpc.StatusCode.ALREADY_EXISTS


class PermissionDenied(TenantryError):
    """The caller lacks a role, a feature or the ownership."""

    code = grpc.StatusCode.PERMISSION_DENIED


class MfaRequired(PermissionDenied):
    """The password is right, and a second factor is needed: go on with ``client.second_factor(error)``."""

    @property
    def mfa_token(self) -> str:
        """What the second factor is answered with, within 10 minutes. A secret."""
        return self.metadata["mfa_token"]


class Unauthenticated(TenantryError):
    """There is no credential, or a bad one."""

    code = grpc.StatusCode.UNAUTHENTICATED


class FailedPrecondition(TenantryError):
    """What the call is about is not in the right state."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class Aborted(TenantryError):
    """Somebody else changed the same thing at the same time. Read it again, then decide."""

    code = grpc.StatusCode.ABORTED


class ResourceExhausted(TenantryError):
    """A limit is reached; ``retry_delay`` says when to come back."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class DeadlineExceeded(TenantryError):
    """No answer in time. A write may have been carried out."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class Unavailable(TenantryError):
    """The server, or somebody it needs, cannot be reached."""

    code = grpc.StatusCode.UNAVAILABLE


class Unimplemented(TenantryError):
    """The server does not know the call, or does not offer it here."""

    code = grpc.StatusCode.UNIMPLEMENTED


class InternalError(TenantryError):
    """A bug of the server."""

    code = grpc.StatusCode.INTERNAL


_CLASSES: dict[grpc.StatusCode, type[TenantryError]] = {cls.code: cls for cls in TenantryError.__subclasses__()}
_CLASSES_BY_REASON: dict[str, type[TenantryError]] = {"MFA_REQUIRED": MfaRequired}


class FailedCall(Protocol):
    """What both grpc and grpc.aio raise."""

    def code(self) -> grpc.StatusCode: ...
    def details(self) -> str | None: ...
    def initial_metadata(self) -> Metadata: ...
    def trailing_metadata(self) -> Metadata: ...


class _Details:
    """The error details of an answer, AIP-193."""

    def __init__(self, packed: bytes) -> None:
        self.info = ErrorInfo()
        self.bad_request = BadRequest()
        self.retry: RetryInfo | None = None
        self.request = RequestInfo()
        for detail in Status.FromString(packed).details:
            if detail.Is(ErrorInfo.DESCRIPTOR):
                detail.Unpack(self.info)
            elif detail.Is(BadRequest.DESCRIPTOR):
                detail.Unpack(self.bad_request)
            elif detail.Is(RetryInfo.DESCRIPTOR):
                self.retry = RetryInfo()
                detail.Unpack(self.retry)
            elif detail.Is(RequestInfo.DESCRIPTOR):
                detail.Unpack(self.request)


def error_of(failed: FailedCall) -> TenantryError:
    """Return what to raise for a failed call."""
    trailing = dict(failed.trailing_metadata() or ())
    packed = trailing.get(_DETAILS_KEY, b"")
    details = _Details(packed if isinstance(packed, bytes) else b"")
    request_id = details.request.request_id or trailing.get(_REQUEST_ID_KEY)
    request_id = request_id or dict(failed.initial_metadata() or ()).get(_REQUEST_ID_KEY)
    kind = _CLASSES_BY_REASON.get(details.info.reason) or _CLASSES.get(failed.code(), TenantryError)
    return kind(
        failed.details() or failed.code().name,
        code=failed.code(),
        reason=details.info.reason,
        domain=details.info.domain,
        metadata=details.info.metadata,
        field_violations=[
            FieldViolation(violation.field, violation.reason, violation.description)
            for violation in details.bad_request.field_violations
        ],
        retry_delay=details.retry.retry_delay.ToTimedelta().total_seconds() if details.retry else None,
        request_id=str(request_id) if request_id else None,
    )
