"""Are the ports free that a run is to listen on? Asked before anything starts, answered by the variable's name."""

import errno
import socket

from server.kernel.settings import PlatformSettings
from server.launch.errors import LaunchError


def problems(settings: PlatformSettings) -> list[str]:
    """One sentence for each port that cannot be listened on."""
    wanted = [
        ("TENANTRY_HTTP_PORT", settings.http_port, settings.http_host),
        ("TENANTRY_INTERNAL_HTTP_PORT", settings.internal_http_port, "127.0.0.1"),
        ("TENANTRY_GRPC_PORT", settings.grpc_port, settings.grpc_host),
    ]
    found = []
    seen: dict[int, str] = {}
    for variable, port, host in wanted:
        if port in seen:
            found.append(f"{variable} and {seen[port]} are both {port}. Give them different ports.")
        elif why := _why_not(host, port):
            found.append(f"Port {port} {why}. Free it, or choose another by {variable}.")
        seen[port] = variable
    return found


def insist_on_free(settings: PlatformSettings) -> None:
    """
    Raises:
        LaunchError: naming every port that is not to be had, with its variable.
    """
    if found := problems(settings):
        raise LaunchError("\n".join(found))


def _why_not(host: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As a server would: waiting connections of the last run are no hindrance, a listener is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            match error.errno:
                case errno.EADDRINUSE:
                    return "is in use by another program"
                case errno.EACCES:
                    return "may only be used by root"
                case _:
                    return f"of {host} cannot be listened on ({error.strerror})"
    return None
