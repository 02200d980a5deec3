"""UsagesService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.usages.v1 import usages_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

DELIVER_USAGES = Method(
    "/tenantry.usages.v1.UsagesService/DeliverUsages",
    pb.DeliverUsagesRequest,
    pb.DeliverUsagesResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
DELIVER_ALL_USAGES = Method(
    "/tenantry.usages.v1.UsagesService/DeliverAllUsages",
    pb.DeliverAllUsagesRequest,
    pb.DeliverAllUsagesResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
SEARCH_USAGES = Method(
    "/tenantry.usages.v1.UsagesService/SearchUsages",
    pb.SearchUsagesRequest,
    pb.SearchUsagesResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class UsagesService:
    """
    What people do with the product, for its analytics. Use cases queue usages in their own transaction; the worker has
    them handed to the analytics service here.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def DeliverUsages(
        self, request: pb.DeliverUsagesRequest, *, timeout: float | None = None
    ) -> pb.DeliverUsagesResponse:
        """
        Hands queued usages to the analytics service. Messages are independent of each other. A message that was
        delivered before is answered as delivered and has no second effect.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID, INVALID_TENANT_ID: the id is malformed or of another kind.
        - REFUSED, USAGE_MISSING_FOR_ID: there is no ForId.
        - REFUSED, USAGE_MISSING_EVENT_NAME: there is no EventName.
        - REFUSED, USAGE_GATEWAY_REFUSED: the analytics service refused it for good.
        - RETRY_LATER, USAGE_GATEWAY_FAILED: the analytics service is away or busy.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return await self._call(DELIVER_USAGES, request, timeout=timeout)

    async def DeliverAllUsages(
        self, request: pb.DeliverAllUsagesRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllUsagesResponse:
        """
        Carries out everything pending of the queue of usages, each message once, and answers when nothing is pending
        except what failed. Testing builds only.
        """
        return await self._call(DELIVER_ALL_USAGES, request, timeout=timeout)

    async def SearchUsages(
        self, request: pb.SearchUsagesRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchUsagesResponse:
        """
        Finds usages in the local store, for operators. With another analytics service there are none here.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_UNTIL
          (until_at is not after since_at), INVALID_ID (of the organization).
        """
        return await self._call(SEARCH_USAGES, request, timeout=timeout)


class UsagesServiceSync:
    """
    What people do with the product, for its analytics. Use cases queue usages in their own transaction; the worker has
    them handed to the analytics service here.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def DeliverUsages(
        self, request: pb.DeliverUsagesRequest, *, timeout: float | None = None
    ) -> pb.DeliverUsagesResponse:
        """
        Hands queued usages to the analytics service. Messages are independent of each other. A message that was
        delivered before is answered as delivered and has no second effect.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID, INVALID_TENANT_ID: the id is malformed or of another kind.
        - REFUSED, USAGE_MISSING_FOR_ID: there is no ForId.
        - REFUSED, USAGE_MISSING_EVENT_NAME: there is no EventName.
        - REFUSED, USAGE_GATEWAY_REFUSED: the analytics service refused it for good.
        - RETRY_LATER, USAGE_GATEWAY_FAILED: the analytics service is away or busy.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return self._call(DELIVER_USAGES, request, timeout=timeout)

    def DeliverAllUsages(
        self, request: pb.DeliverAllUsagesRequest | None = None, *, timeout: float | None = None
    ) -> pb.DeliverAllUsagesResponse:
        """
        Carries out everything pending of the queue of usages, each message once, and answers when nothing is pending
        except what failed. Testing builds only.
        """
        return self._call(DELIVER_ALL_USAGES, request, timeout=timeout)

    def SearchUsages(
        self, request: pb.SearchUsagesRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchUsagesResponse:
        """
        Finds usages in the local store, for operators. With another analytics service there are none here.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: SINCE_TOO_FUTURE (since_at is an hour or more from now), INVALID_UNTIL
          (until_at is not after since_at), INVALID_ID (of the organization).
        """
        return self._call(SEARCH_USAGES, request, timeout=timeout)
