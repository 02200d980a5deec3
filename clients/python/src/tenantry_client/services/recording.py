"""RecordingService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.recording.v1 import recording_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

RECORD_MEASUREMENT = Method(
    "/tenantry.recording.v1.RecordingService/RecordMeasurement",
    pb.RecordMeasurementRequest,
    pb.RecordMeasurementResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
RECORD_USAGE = Method(
    "/tenantry.recording.v1.RecordingService/RecordUsage",
    pb.RecordUsageRequest,
    pb.RecordUsageResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)


class RecordingService:
    """Lets a trusted host, such as that of a frontend, record what it sees as our own code does."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def RecordMeasurement(
        self, request: pb.RecordMeasurementRequest, *, timeout: float | None = None
    ) -> pb.RecordMeasurementResponse:
        """
        Counts something: adds one to its measure, and queues the usage "Measured" with the property Metric, which is
        the name in lower case. At most 1000 different names are counted in a process; further ones count as "other".

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_EVENT_NAME, TOO_MANY_ADDITIONAL, INVALID_ADDITIONAL_NAME,
          INVALID_ADDITIONAL_VALUE, INVALID_REQUEST_ID.
        - FAILED_PRECONDITION, REQUEST_ID_REUSED: the request_id came before with another body.
        """
        return await self._call(RECORD_MEASUREMENT, request, timeout=timeout)

    async def RecordUsage(
        self, request: pb.RecordUsageRequest, *, timeout: float | None = None
    ) -> pb.RecordUsageResponse:
        """
        Queues a usage of the calling service account.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_EVENT_NAME, TOO_MANY_ADDITIONAL, INVALID_ADDITIONAL_NAME,
          INVALID_ADDITIONAL_VALUE, INVALID_REQUEST_ID.
        - FAILED_PRECONDITION, REQUEST_ID_REUSED: the request_id came before with another body.
        """
        return await self._call(RECORD_USAGE, request, timeout=timeout)


class RecordingServiceSync:
    """Lets a trusted host, such as that of a frontend, record what it sees as our own code does."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def RecordMeasurement(
        self, request: pb.RecordMeasurementRequest, *, timeout: float | None = None
    ) -> pb.RecordMeasurementResponse:
        """
        Counts something: adds one to its measure, and queues the usage "Measured" with the property Metric, which is
        the name in lower case. At most 1000 different names are counted in a process; further ones count as "other".

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_EVENT_NAME, TOO_MANY_ADDITIONAL, INVALID_ADDITIONAL_NAME,
          INVALID_ADDITIONAL_VALUE, INVALID_REQUEST_ID.
        - FAILED_PRECONDITION, REQUEST_ID_REUSED: the request_id came before with another body.
        """
        return self._call(RECORD_MEASUREMENT, request, timeout=timeout)

    def RecordUsage(self, request: pb.RecordUsageRequest, *, timeout: float | None = None) -> pb.RecordUsageResponse:
        """
        Queues a usage of the calling service account.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_EVENT_NAME, TOO_MANY_ADDITIONAL, INVALID_ADDITIONAL_NAME,
          INVALID_ADDITIONAL_VALUE, INVALID_REQUEST_ID.
        - FAILED_PRECONDITION, REQUEST_ID_REUSED: the request_id came before with another body.
        """
        return self._call(RECORD_USAGE, request, timeout=timeout)
