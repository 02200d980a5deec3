"""Where the server is and how to get there: addresses, TLS and channel options."""

import ipaddress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

import grpc

_SCHEMES = {"http": False, "https": True}


@dataclass(frozen=True)
class Target:
    """An address as gRPC takes it, and whether to encrypt."""

    address: str
    tls: bool

    @classmethod
    def parsed(cls, text: str, *, tls: bool | None) -> "Target":
        """
        Read ``https://api.example.com``, ``http://localhost:8080``, ``api.example.com:443`` or ``unix:/run/t.sock``.

        Without a word about it everything but this machine is reached by TLS. Passwords and tokens are sent, so plain
        text to another machine has to be asked for by ``tls=False``.
        """
        if text.startswith("unix:"):
            return cls(text, tls=bool(tls))
        scheme, separator, _ = text.partition("://")
        parts = urlsplit(text if separator else f"//{text}")
        if separator and scheme not in _SCHEMES:
            raise ValueError(f"{text!r} is neither an http(s) URL nor an address")
        if not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
            raise ValueError(f"{text!r} must name a host and maybe a port, nothing else")
        is_local = _is_local(parts.hostname)
        encrypted = tls if tls is not None else _SCHEMES.get(scheme if separator else "", not is_local)
        if not encrypted and not is_local and tls is None:
            raise ValueError(f"{text!r} would send secrets in plain text; pass tls=False if that is meant")
        port = parts.port or (443 if encrypted else 80)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(f"{host}:{port}", encrypted)


def channel_options() -> list[tuple[str, str]]:
    """Say who is calling."""
    return [("grpc.primary_user_agent", f"tenantry-python/{_version()}")]


def channel_credentials(root_certificates: bytes | None) -> grpc.ChannelCredentials:
    """Trust the given certificates, or gRPC's usual ones."""
    return grpc.ssl_channel_credentials(root_certificates)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _version() -> str:
    try:
        return version("tenantry-client")
    except PackageNotFoundError:  # Run from the repository.
        return "0"
