"""SubscriptionsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.subscriptions.v1 import subscriptions_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

GET_SUBSCRIPTION = Method(
    "/tenantry.subscriptions.v1.SubscriptionsService/GetSubscription",
    pb.GetSubscriptionRequest,
    pb.GetSubscriptionResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
LIST_PRICING_PLANS = Method(
    "/tenantry.subscriptions.v1.SubscriptionsService/ListPricingPlans",
    pb.ListPricingPlansRequest,
    pb.ListPricingPlansResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class SubscriptionsService:
    """
    What organizations pay for. The tier of an organization's subscription decides the features of all its members.

    A subscription is named by the id of its organization, of which the caller must be a billing admin.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def GetSubscription(
        self, request: pb.GetSubscriptionRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetSubscriptionResponse:
        """
        Returns the subscription of an organization, as it is stored: the billing provider is not asked.

        Errors:
        - PERMISSION_DENIED, NOT_A_MEMBER: the caller is not a member, or there is no such organization (any more).
        - PERMISSION_DENIED, ROLE_REQUIRED: the caller is not a billing admin of it.
        - PERMISSION_DENIED, NOT_BUYER_NOR_BILLING_ADMIN: the caller has lost that role since the call began.
        - NOT_FOUND, SUBSCRIPTION_NOT_FOUND: there is no such organization, and the caller is a service account.
        """
        return await self._call(GET_SUBSCRIPTION, request, timeout=timeout)

    async def ListPricingPlans(
        self, request: pb.ListPricingPlansRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListPricingPlansResponse:
        """
        Lists the plans on offer. Paged as one list in the order of the groups, then grouped; the default page holds
        every usual catalogue.

        Errors:
        - UNAVAILABLE, BILLING_PROVIDER_UNAVAILABLE: the billing provider is away, and its plans are not known yet.
        """
        return await self._call(LIST_PRICING_PLANS, request, timeout=timeout)


class SubscriptionsServiceSync:
    """
    What organizations pay for. The tier of an organization's subscription decides the features of all its members.

    A subscription is named by the id of its organization, of which the caller must be a billing admin.
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def GetSubscription(
        self, request: pb.GetSubscriptionRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetSubscriptionResponse:
        """
        Returns the subscription of an organization, as it is stored: the billing provider is not asked.

        Errors:
        - PERMISSION_DENIED, NOT_A_MEMBER: the caller is not a member, or there is no such organization (any more).
        - PERMISSION_DENIED, ROLE_REQUIRED: the caller is not a billing admin of it.
        - PERMISSION_DENIED, NOT_BUYER_NOR_BILLING_ADMIN: the caller has lost that role since the call began.
        - NOT_FOUND, SUBSCRIPTION_NOT_FOUND: there is no such organization, and the caller is a service account.
        """
        return self._call(GET_SUBSCRIPTION, request, timeout=timeout)

    def ListPricingPlans(
        self, request: pb.ListPricingPlansRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListPricingPlansResponse:
        """
        Lists the plans on offer. Paged as one list in the order of the groups, then grouped; the default page holds
        every usual catalogue.

        Errors:
        - UNAVAILABLE, BILLING_PROVIDER_UNAVAILABLE: the billing provider is away, and its plans are not known yet.
        """
        return self._call(LIST_PRICING_PLANS, request, timeout=timeout)
