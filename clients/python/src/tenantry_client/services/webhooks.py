"""WebhooksService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.webhooks.v1 import webhooks_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

CREATE_WEBHOOK_ENDPOINT = Method(
    "/tenantry.webhooks.v1.WebhooksService/CreateWebhookEndpoint",
    pb.CreateWebhookEndpointRequest,
    pb.CreateWebhookEndpointResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
GET_WEBHOOK_ENDPOINT = Method(
    "/tenantry.webhooks.v1.WebhooksService/GetWebhookEndpoint",
    pb.GetWebhookEndpointRequest,
    pb.GetWebhookEndpointResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
LIST_WEBHOOK_ENDPOINTS = Method(
    "/tenantry.webhooks.v1.WebhooksService/ListWebhookEndpoints",
    pb.ListWebhookEndpointsRequest,
    pb.ListWebhookEndpointsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
UPDATE_WEBHOOK_ENDPOINT = Method(
    "/tenantry.webhooks.v1.WebhooksService/UpdateWebhookEndpoint",
    pb.UpdateWebhookEndpointRequest,
    pb.UpdateWebhookEndpointResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
DELETE_WEBHOOK_ENDPOINT = Method(
    "/tenantry.webhooks.v1.WebhooksService/DeleteWebhookEndpoint",
    pb.DeleteWebhookEndpointRequest,
    pb.DeleteWebhookEndpointResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
ROTATE_WEBHOOK_ENDPOINT_SECRET = Method(
    "/tenantry.webhooks.v1.WebhooksService/RotateWebhookEndpointSecret",
    pb.RotateWebhookEndpointSecretRequest,
    pb.RotateWebhookEndpointSecretResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
LIST_WEBHOOK_ATTEMPTS = Method(
    "/tenantry.webhooks.v1.WebhooksService/ListWebhookAttempts",
    pb.ListWebhookAttemptsRequest,
    pb.ListWebhookAttemptsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
SEND_TEST_WEBHOOK = Method(
    "/tenantry.webhooks.v1.WebhooksService/SendTestWebhook",
    pb.SendTestWebhookRequest,
    pb.SendTestWebhookResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
LIST_WEBHOOK_EVENT_TYPES = Method(
    "/tenantry.webhooks.v1.WebhooksService/ListWebhookEventTypes",
    pb.ListWebhookEventTypesRequest,
    pb.ListWebhookEventTypesResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
DELIVER_WEBHOOKS = Method(
    "/tenantry.webhooks.v1.WebhooksService/DeliverWebhooks",
    pb.DeliverWebhooksRequest,
    pb.DeliverWebhooksResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
REPLAY_WEBHOOK_EVENTS = Method(
    "/tenantry.webhooks.v1.WebhooksService/ReplayWebhookEvents",
    pb.ReplayWebhookEventsRequest,
    pb.ReplayWebhookEventsResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
SEARCH_WEBHOOK_ENDPOINTS = Method(
    "/tenantry.webhooks.v1.WebhooksService/SearchWebhookEndpoints",
    pb.SearchWebhookEndpointsRequest,
    pb.SearchWebhookEndpointsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class WebhooksService:
    """
    Sends the events of an organization to addresses of its own: at least once, in order per thing that they are about,
    signed, tried eight times over about 22 hours.

    Calls of an organization are for its owners (PERMISSION_DENIED ROLE_REQUIRED). To listen is a paid feature; to look,
    change and stop is not.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def CreateWebhookEndpoint(
        self, request: pb.CreateWebhookEndpointRequest, *, timeout: float | None = None
    ) -> pb.CreateWebhookEndpointResponse:
        """
        Creates an endpoint. Its signing secret is in this answer and in no other.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_URL, INVALID_DESCRIPTION, INVALID_EVENT_TYPES, INVALID_START_AT
          (in the future), INVALID_REQUEST_ID.
        - FAILED_PRECONDITION, TOO_MANY_WEBHOOK_ENDPOINTS: the organization has 20 (a setting).
        - FAILED_PRECONDITION, TOO_MANY_WEBHOOK_EVENTS: more than 10,000 events have happened since start_at.
        """
        return await self._call(CREATE_WEBHOOK_ENDPOINT, request, timeout=timeout)

    async def GetWebhookEndpoint(
        self, request: pb.GetWebhookEndpointRequest, *, timeout: float | None = None
    ) -> pb.GetWebhookEndpointResponse:
        """
        Returns one endpoint.

        Errors:
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return await self._call(GET_WEBHOOK_ENDPOINT, request, timeout=timeout)

    async def ListWebhookEndpoints(
        self, request: pb.ListWebhookEndpointsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListWebhookEndpointsResponse:
        """Lists the endpoints of an organization."""
        return await self._call(LIST_WEBHOOK_ENDPOINTS, request, timeout=timeout)

    async def UpdateWebhookEndpoint(
        self, request: pb.UpdateWebhookEndpointRequest, *, timeout: float | None = None
    ) -> pb.UpdateWebhookEndpointResponse:
        """
        Changes what is given of an endpoint. Disabling it drops what still waits to be sent; enabling it begins with
        the next event.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_URL, INVALID_DESCRIPTION, INVALID_EVENT_TYPES.
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return await self._call(UPDATE_WEBHOOK_ENDPOINT, request, timeout=timeout)

    async def DeleteWebhookEndpoint(
        self, request: pb.DeleteWebhookEndpointRequest, *, timeout: float | None = None
    ) -> pb.DeleteWebhookEndpointResponse:
        """
        Deletes an endpoint for good, with its attempts and what still waits to be sent.

        Errors:
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return await self._call(DELETE_WEBHOOK_ENDPOINT, request, timeout=timeout)

    async def RotateWebhookEndpointSecret(
        self, request: pb.RotateWebhookEndpointSecretRequest, *, timeout: float | None = None
    ) -> pb.RotateWebhookEndpointSecretResponse:
        """
        Gives an endpoint a new signing secret, which is in this answer and in no other. For 24 hours every event is
        signed with the old one too; a secret that was replaced before that ends at once.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_REQUEST_ID.
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return await self._call(ROTATE_WEBHOOK_ENDPOINT_SECRET, request, timeout=timeout)

    async def ListWebhookAttempts(
        self, request: pb.ListWebhookAttemptsRequest, *, timeout: float | None = None
    ) -> pb.ListWebhookAttemptsResponse:
        """
        Lists the attempts of the last 30 days to deliver events to an endpoint, the latest first.

        Errors:
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return await self._call(LIST_WEBHOOK_ATTEMPTS, request, timeout=timeout)

    async def SendTestWebhook(
        self, request: pb.SendTestWebhookRequest, *, timeout: float | None = None
    ) -> pb.SendTestWebhookResponse:
        """
        Sends the event webhook.test to an endpoint, whatever its event types are, in the way of any other event. What
        becomes of it is in the list of attempts.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_REQUEST_ID.
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        - FAILED_PRECONDITION, WEBHOOK_ENDPOINT_DISABLED: no events are sent to it.
        """
        return await self._call(SEND_TEST_WEBHOOK, request, timeout=timeout)

    async def ListWebhookEventTypes(
        self, request: pb.ListWebhookEventTypesRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListWebhookEventTypesResponse:
        """Lists the kinds of events that endpoints may listen to, by name."""
        return await self._call(LIST_WEBHOOK_EVENT_TYPES, request, timeout=timeout)

    async def DeliverWebhooks(
        self, request: pb.DeliverWebhooksRequest, *, timeout: float | None = None
    ) -> pb.DeliverWebhooksResponse:
        """
        Sends queued events to their endpoints. Messages are independent of each other; a repeat sends again, with the
        same webhook-id. What is for an endpoint that is deleted or disabled counts as delivered.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member is absent or has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID: the message id is absent, malformed or of another kind.
        - REFUSED, INVALID_TENANT_ID: the organization's id is absent or malformed.
        - RETRY_LATER, WEBHOOK_FAILED: the endpoint cannot be reached, or did not answer 2xx. After 429 and 503 not
          before what its Retry-After says, a day at most.
        - RETRY_LATER, WEBHOOK_PUT_OFF (put off, no attempt): the endpoint rests after a failure, or has its share of
          calls at the moment.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return await self._call(DELIVER_WEBHOOKS, request, timeout=timeout)

    async def ReplayWebhookEvents(
        self, request: pb.ReplayWebhookEventsRequest, *, timeout: float | None = None
    ) -> pb.ReplayWebhookEventsResponse:
        """
        Sends events of the past to an endpoint once more: those of its organization and its event types. Each keeps its
        webhook-id, so that a receiver may drop what it knows.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_SINCE_AT (missing, or not past), INVALID_UNTIL_AT (not after
          since_at), INVALID_REQUEST_ID.
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        - FAILED_PRECONDITION, WEBHOOK_ENDPOINT_DISABLED: no events are sent to it.
        - FAILED_PRECONDITION, TOO_MANY_WEBHOOK_EVENTS: more than 10,000 events; choose a shorter time.
        """
        return await self._call(REPLAY_WEBHOOK_EVENTS, request, timeout=timeout)

    async def SearchWebhookEndpoints(
        self, request: pb.SearchWebhookEndpointsRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchWebhookEndpointsResponse:
        """
        Lists how the endpoints of all organizations do.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID (of the organization).
        """
        return await self._call(SEARCH_WEBHOOK_ENDPOINTS, request, timeout=timeout)


class WebhooksServiceSync:
    """
    Sends the events of an organization to addresses of its own: at least once, in order per thing that they are about,
    signed, tried eight times over about 22 hours.

    Calls of an organization are for its owners (PERMISSION_DENIED ROLE_REQUIRED). To listen is a paid feature; to look,
    change and stop is not.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def CreateWebhookEndpoint(
        self, request: pb.CreateWebhookEndpointRequest, *, timeout: float | None = None
    ) -> pb.CreateWebhookEndpointResponse:
        """
        Creates an endpoint. Its signing secret is in this answer and in no other.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_URL, INVALID_DESCRIPTION, INVALID_EVENT_TYPES, INVALID_START_AT
          (in the future), INVALID_REQUEST_ID.
        - FAILED_PRECONDITION, TOO_MANY_WEBHOOK_ENDPOINTS: the organization has 20 (a setting).
        - FAILED_PRECONDITION, TOO_MANY_WEBHOOK_EVENTS: more than 10,000 events have happened since start_at.
        """
        return self._call(CREATE_WEBHOOK_ENDPOINT, request, timeout=timeout)

    def GetWebhookEndpoint(
        self, request: pb.GetWebhookEndpointRequest, *, timeout: float | None = None
    ) -> pb.GetWebhookEndpointResponse:
        """
        Returns one endpoint.

        Errors:
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return self._call(GET_WEBHOOK_ENDPOINT, request, timeout=timeout)

    def ListWebhookEndpoints(
        self, request: pb.ListWebhookEndpointsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListWebhookEndpointsResponse:
        """Lists the endpoints of an organization."""
        return self._call(LIST_WEBHOOK_ENDPOINTS, request, timeout=timeout)

    def UpdateWebhookEndpoint(
        self, request: pb.UpdateWebhookEndpointRequest, *, timeout: float | None = None
    ) -> pb.UpdateWebhookEndpointResponse:
        """
        Changes what is given of an endpoint. Disabling it drops what still waits to be sent; enabling it begins with
        the next event.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_URL, INVALID_DESCRIPTION, INVALID_EVENT_TYPES.
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return self._call(UPDATE_WEBHOOK_ENDPOINT, request, timeout=timeout)

    def DeleteWebhookEndpoint(
        self, request: pb.DeleteWebhookEndpointRequest, *, timeout: float | None = None
    ) -> pb.DeleteWebhookEndpointResponse:
        """
        Deletes an endpoint for good, with its attempts and what still waits to be sent.

        Errors:
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return self._call(DELETE_WEBHOOK_ENDPOINT, request, timeout=timeout)

    def RotateWebhookEndpointSecret(
        self, request: pb.RotateWebhookEndpointSecretRequest, *, timeout: float | None = None
    ) -> pb.RotateWebhookEndpointSecretResponse:
        """
        Gives an endpoint a new signing secret, which is in this answer and in no other. For 24 hours every event is
        signed with the old one too; a secret that was replaced before that ends at once.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_REQUEST_ID.
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return self._call(ROTATE_WEBHOOK_ENDPOINT_SECRET, request, timeout=timeout)

    def ListWebhookAttempts(
        self, request: pb.ListWebhookAttemptsRequest, *, timeout: float | None = None
    ) -> pb.ListWebhookAttemptsResponse:
        """
        Lists the attempts of the last 30 days to deliver events to an endpoint, the latest first.

        Errors:
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        """
        return self._call(LIST_WEBHOOK_ATTEMPTS, request, timeout=timeout)

    def SendTestWebhook(
        self, request: pb.SendTestWebhookRequest, *, timeout: float | None = None
    ) -> pb.SendTestWebhookResponse:
        """
        Sends the event webhook.test to an endpoint, whatever its event types are, in the way of any other event. What
        becomes of it is in the list of attempts.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_REQUEST_ID.
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        - FAILED_PRECONDITION, WEBHOOK_ENDPOINT_DISABLED: no events are sent to it.
        """
        return self._call(SEND_TEST_WEBHOOK, request, timeout=timeout)

    def ListWebhookEventTypes(
        self, request: pb.ListWebhookEventTypesRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListWebhookEventTypesResponse:
        """Lists the kinds of events that endpoints may listen to, by name."""
        return self._call(LIST_WEBHOOK_EVENT_TYPES, request, timeout=timeout)

    def DeliverWebhooks(
        self, request: pb.DeliverWebhooksRequest, *, timeout: float | None = None
    ) -> pb.DeliverWebhooksResponse:
        """
        Sends queued events to their endpoints. Messages are independent of each other; a repeat sends again, with the
        same webhook-id. What is for an endpoint that is deleted or disabled counts as delivered.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_MESSAGES (none, or more than 100).

        Outcomes, one a message:
        - REFUSED, INVALID_MESSAGE: the text is empty or over 1 MiB.
        - REFUSED, INVALID_QUEUED_MESSAGE: the text is not a JSON object, or a member is absent or has the wrong type.
        - REFUSED, INVALID_MESSAGE_ID: the message id is absent, malformed or of another kind.
        - REFUSED, INVALID_TENANT_ID: the organization's id is absent or malformed.
        - RETRY_LATER, WEBHOOK_FAILED: the endpoint cannot be reached, or did not answer 2xx. After 429 and 503 not
          before what its Retry-After says, a day at most.
        - RETRY_LATER, WEBHOOK_PUT_OFF (put off, no attempt): the endpoint rests after a failure, or has its share of
          calls at the moment.
        - RETRY_LATER, STORE_UNAVAILABLE: the database is away or busy.
        """
        return self._call(DELIVER_WEBHOOKS, request, timeout=timeout)

    def ReplayWebhookEvents(
        self, request: pb.ReplayWebhookEventsRequest, *, timeout: float | None = None
    ) -> pb.ReplayWebhookEventsResponse:
        """
        Sends events of the past to an endpoint once more: those of its organization and its event types. Each keeps its
        webhook-id, so that a receiver may drop what it knows.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_SINCE_AT (missing, or not past), INVALID_UNTIL_AT (not after
          since_at), INVALID_REQUEST_ID.
        - NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND: the organization has no such endpoint.
        - FAILED_PRECONDITION, WEBHOOK_ENDPOINT_DISABLED: no events are sent to it.
        - FAILED_PRECONDITION, TOO_MANY_WEBHOOK_EVENTS: more than 10,000 events; choose a shorter time.
        """
        return self._call(REPLAY_WEBHOOK_EVENTS, request, timeout=timeout)

    def SearchWebhookEndpoints(
        self, request: pb.SearchWebhookEndpointsRequest | None = None, *, timeout: float | None = None
    ) -> pb.SearchWebhookEndpointsResponse:
        """
        Lists how the endpoints of all organizations do.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID (of the organization).
        """
        return self._call(SEARCH_WEBHOOK_ENDPOINTS, request, timeout=timeout)
