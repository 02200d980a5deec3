"""RecordingService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.recording.v1 import recording_service_pb2, recording_service_pb2_grpc

from server.kernel.errors import Violation
from server.kernel.rpc.context import Context
from server.subdomains.ancillary.recording.additional import texts, violations
from server.subdomains.ancillary.recording.application import RecordingApplication


class RecordingServicer(recording_service_pb2_grpc.RecordingServiceServicer):
    """Answers RecordingService. A ``check_`` method says what of a request is wrong besides what the contract says."""

    def __init__(self, application: RecordingApplication) -> None:
        self._recording = application

    def check_RecordMeasurement(self, request: recording_service_pb2.RecordMeasurementRequest) -> Iterator[Violation]:
        yield from violations(request.additional)

    async def RecordMeasurement(
        self, request: recording_service_pb2.RecordMeasurementRequest, context: Context
    ) -> recording_service_pb2.RecordMeasurementResponse:
        await self._recording.record_measurement(event_name=request.event_name, additional=texts(request.additional))
        return recording_service_pb2.RecordMeasurementResponse()

    def check_RecordUsage(self, request: recording_service_pb2.RecordUsageRequest) -> Iterator[Violation]:
        yield from violations(request.additional)

    async def RecordUsage(
        self, request: recording_service_pb2.RecordUsageRequest, context: Context
    ) -> recording_service_pb2.RecordUsageResponse:
        await self._recording.record_usage(event_name=request.event_name, additional=texts(request.additional))
        return recording_service_pb2.RecordUsageResponse()
