"""What a client without a session shows: an API key, or a service token."""

from collections.abc import Callable
from dataclasses import dataclass, field

Metadata = tuple[tuple[str, str], ...]


def bearer(token: str) -> Metadata:
    """Show a token."""
    return (("authorization", f"Bearer {token}"),)


@dataclass(frozen=True)
class Key:
    """The one credential of a client that does not sign in, or none."""

    api_key: str | None = field(default=None, repr=False)
    service_token: str | Callable[[], str] | None = field(default=None, repr=False)
    """A function gives a fresh one for every call: service tokens live for five minutes at most."""

    def __post_init__(self) -> None:
        if self.api_key and self.service_token:
            raise ValueError("give an API key or a service token, not both")

    def __bool__(self) -> bool:
        return bool(self.api_key or self.service_token)

    def metadata(self) -> Metadata:
        """Return what is sent with a call."""
        if self.api_key:
            return (("x-api-key", self.api_key),)
        if self.service_token:
            return bearer(self.service_token() if callable(self.service_token) else self.service_token)
        return ()

    def refuse_session(self) -> None:
        """Raise when a session is to be opened beside it: the server takes one credential a call."""
        if self:
            raise ValueError("a client with an API key or a service token cannot sign in; make another client")
