"""How recording is put together."""

from tenantry.recording.v1 import recording_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.ancillary.recording.application import RecordingApplication
from server.subdomains.ancillary.recording.servicer import RecordingServicer

_SERVICE = recording_service_pb2.DESCRIPTOR.services_by_name["RecordingService"]


def recording(platform: Platform) -> Subdomain:
    servicer = RecordingServicer(RecordingApplication.of(platform))
    return Subdomain(name="recording", services=[Service(_SERVICE, servicer)])
