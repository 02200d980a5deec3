"""What other subdomains may ask of recording: the recorder."""

from server.subdomains.ancillary.recording.domain import TraceLevel
from server.subdomains.ancillary.recording.recorder import Recorder

__all__ = ["Recorder", "TraceLevel"]
