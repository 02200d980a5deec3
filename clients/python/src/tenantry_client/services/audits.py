"""AuditsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.audits.v1 import audits_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

DELIVER_AUDITS = Method(
    "/tenantry.audits.v1.AuditsService/DeliverAudits",
    pb.DeliverAuditsRequest,
    pb.DeliverAuditsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
LIST_AUDITS = Method(
    "/tenantry.audits.v1.AuditsService/ListAudits",
    pb.ListAuditsRequest,
    pb.ListAuditsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
DELIVER_ALL_AUDITS = Method(
    "/tenantry.audits.v1.AuditsService/DeliverAllAudits",
    pb.DeliverAllAuditsRequest,
    pb.DeliverAllAuditsResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
SEARCH_AUDITS = Method(
    "/tenantry.audits.v1.AuditsService/SearchAudits",
    pb.SearchAuditsRequest,
    pb.SearchAuditsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class AuditsService:
    """The record of who did what. Use cases queue audits in their own transaction; the worker has them stored here."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def DeliverAudits(
        self, request: pb.DeliverAuditsRequest, *, timeout: float | None = None
    ) -> pb.DeliverAuditsResponse:
        """
        Stores queued audits. Messages are independent of each other. A message that was stored before is answered as
        delivered and not stored again.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID, INVALID_TENANT_ID: the id is malformed or of another kind.
        - REFUSED, AUDIT_MISSING_CODE: there is no AuditCode.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return await self._call(DELIVER_AUDITS, request, timeout=timeout)

    async def ListAudits(
        self, request: pb.ListAuditsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListAuditsResponse:
        """
        Lists the stored audits of all organizations. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_ID (of
          the organization).
        """
        return await self._call(LIST_AUDITS, request, timeout=timeout)

    async def DeliverAllAudits(
        self, request: pb.DeliverAllAuditsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllAuditsResponse:
        """
        Carries out everything pending of the queue of audits, each message once, and answers when nothing is pending
        except what failed. Testing builds only.
        """
        return await self._call(DELIVER_ALL_AUDITS, request, timeout=timeout)

    async def SearchAudits(
        self, request: pb.SearchAuditsRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchAuditsResponse:
        """
        Finds audits of all organizations, for operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_UNTIL
          (until_at is not after since_at), INVALID_ID (of the organization).
        """
        return await self._call(SEARCH_AUDITS, request, timeout=timeout)


class AuditsServiceSync:
    """The record of who did what. Use cases queue audits in their own transaction; the worker has them stored here."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def DeliverAudits(
        self, request: pb.DeliverAuditsRequest, *, timeout: float | None = None
    ) -> pb.DeliverAuditsResponse:
        """
        Stores queued audits. Messages are independent of each other. A message that was stored before is answered as
        delivered and not stored again.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID, INVALID_TENANT_ID: the id is malformed or of another kind.
        - REFUSED, AUDIT_MISSING_CODE: there is no AuditCode.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return self._call(DELIVER_AUDITS, request, timeout=timeout)

    def ListAudits(
        self, request: pb.ListAuditsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListAuditsResponse:
        """
        Lists the stored audits of all organizations. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_ID (of
          the organization).
        """
        return self._call(LIST_AUDITS, request, timeout=timeout)

    def DeliverAllAudits(
        self, request: pb.DeliverAllAuditsRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllAuditsResponse:
        """
        Carries out everything pending of the queue of audits, each message once, and answers when nothing is pending
        except what failed. Testing builds only.
        """
        return self._call(DELIVER_ALL_AUDITS, request, timeout=timeout)

    def SearchAudits(
        self, request: pb.SearchAuditsRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchAuditsResponse:
        """
        Finds audits of all organizations, for operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_UNTIL
          (until_at is not after since_at), INVALID_ID (of the organization).
        """
        return self._call(SEARCH_AUDITS, request, timeout=timeout)
