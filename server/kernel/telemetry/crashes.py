"""What should not have happened: logged as critical, noted in the span of the call, and counted."""

import logging

from server.kernel import ids
from server.kernel.access.caller import find_current_call
from server.kernel.telemetry.metrics import Counter

log = logging.getLogger("tenantry.crash")

EXCEPTIONS = Counter("tenantry.exceptions", "What should not have happened, by where it did.", "{exception}")


def crash(site: str, message: str, error: BaseException | None = None) -> str:
    """
    Report a crash at *site*, a name from the program, and return the incident id that its log record bears.

    Neither what was thrown nor *message* may hold a secret: both are logged.
    """
    incident_id = ids.new_id("incident")
    log.critical(message, exc_info=error, extra={"site": site, "incident_id": incident_id})
    call = find_current_call()
    if call is not None and call.span is not None and error is not None:
        call.span.note(error)
    EXCEPTIONS.add(name=f"Exceptions: {site}")
    return incident_id
