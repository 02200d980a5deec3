"""The recorder: everything that can be said while a use case runs, each in the way it is kept."""

import logging
from collections.abc import Mapping

from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.kernel.telemetry.crashes import crash
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.recording.domain import TraceLevel, fill
from server.subdomains.ancillary.recording.measures import MEASURES
from server.subdomains.ancillary.usages.api import UsagesApi

log = logging.getLogger("tenantry.recorded")

_LEVELS = {
    TraceLevel.DEBUG: logging.DEBUG,
    TraceLevel.INFORMATION: logging.INFO,
    TraceLevel.WARNING: logging.WARNING,
    TraceLevel.ERROR: logging.ERROR,
}


class Recorder:
    """Records for the caller, or for whom it is told. A name without a letter is ignored; nothing may be a secret."""

    def __init__(self, usages: UsagesApi, audits: AuditsApi) -> None:
        self._usages = usages
        self._audits = audits

    @classmethod
    def of(cls, platform: Platform) -> "Recorder":
        return cls(UsagesApi.of(platform), AuditsApi.of(platform))

    def trace(self, level: TraceLevel, template: str, *arguments: str) -> None:
        """Write a line to the log, *arguments* in the places of the template. Best effort."""
        log.log(_LEVELS[level], "%s", fill(template, arguments))

    def crash(self, site: str, message: str, error: BaseException | None = None) -> str:
        """
        Report, at once, what should not have happened, and return its incident id.

        *site* is a name from the program, such as the use case.
        """
        return crash(site, fill(message, ()), error)

    def measure(
        self, uow: UnitOfWork, name: str, additional: Mapping[str, str] | None = None, *, for_id: str | None = None
    ) -> None:
        """Count one of *name* now, and queue the usage ``Measured``."""
        if not name.strip():
            return
        MEASURES.add(name)
        self._usages.record_all(uow, "Measured", {**(additional or {}), "Metric": name.lower()}, for_id=for_id)

    def use(
        self,
        uow: UnitOfWork,
        event_name: str,
        additional: Mapping[str, str] | None = None,
        *,
        for_id: str | None = None,
    ) -> None:
        """Queue a usage."""
        if event_name.strip():
            self._usages.record_all(uow, event_name, additional or {}, for_id=for_id)

    def audit(self, uow: UnitOfWork, code: str, template: str, *arguments: str, against: str | None = None) -> None:
        """Queue an audit, and the usage ``Audited``."""
        self._audits.record(uow, code, template, *arguments, against=against)
