"""What the client knows about an RPC, and how a request is made ready for it."""

import uuid
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from google.protobuf.message import Message

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


@dataclass(frozen=True)
class Method(Generic[Request, Response]):
    """One RPC."""

    path: str
    """Such as ``/tenantry.cars.v1.CarsService/GetCar``."""
    request_type: type[Request]
    response_type: type[Response]
    is_read: bool
    """It has no side effects."""
    takes_request_id: bool
    """A repeat with the same request_id does nothing again (AIP-155)."""
    shows_credential: bool
    """It is sent with the client's credential. The others carry their proof in the request."""

    @property
    def may_be_repeated(self) -> bool:
        """Whether it can be sent again when nobody knows if it was carried out."""
        return self.is_read or self.takes_request_id

    def ready(self, request: Request | None) -> Request:
        """
        Return the request as it is sent, with a request_id if the RPC takes one and the caller gave none.

        The caller's message stays as it is: to send it twice is to mean two calls.
        """
        if request is None:
            request = self.request_type()
        if not self.takes_request_id or getattr(request, "request_id"):  # noqa: B009 (mypy knows only Message)
            return request
        copy = self.request_type()
        copy.CopyFrom(request)
        setattr(copy, "request_id", str(uuid.uuid4()))  # noqa: B010
        return copy


class Call(Protocol):
    """Carries out an RPC, asynchronously."""

    async def __call__(
        self, method: Method[Request, Response], request: Request | None, *, timeout: float | None
    ) -> Response:
        """Return the answer, or raise a ``TenantryError``. The timeout is in seconds; ``None`` means the client's."""
        ...


class CallSync(Protocol):
    """Carries out an RPC and waits for it."""

    def __call__(
        self, method: Method[Request, Response], request: Request | None, *, timeout: float | None
    ) -> Response:
        """Return the answer, or raise a ``TenantryError``. The timeout is in seconds; ``None`` means the client's."""
        ...
