"""The use cases of recording: one public method each, in the order of the contract."""

from collections.abc import Mapping

from server.kernel.database import OpenUnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.recording.recorder import Recorder


class RecordingApplication:
    """What a trusted host can record."""

    def __init__(self, *, begin: OpenUnitOfWork, recorder: Recorder) -> None:
        self._begin = begin
        self._recorder = recorder

    @classmethod
    def of(cls, platform: Platform) -> "RecordingApplication":
        return cls(begin=platform.begin, recorder=Recorder.of(platform))

    async def record_measurement(self, *, event_name: str, additional: Mapping[str, str]) -> None:
        """Count something, for the calling service account."""
        async with self._begin() as uow:
            self._recorder.measure(uow, event_name, additional)

    async def record_usage(self, *, event_name: str, additional: Mapping[str, str]) -> None:
        """Queue a usage of the calling service account."""
        async with self._begin() as uow:
            self._recorder.use(uow, event_name, additional)
