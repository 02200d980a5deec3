"""Why subscriptions refuses."""

from server.kernel import errors


class SubscriptionNotFound(errors.NotFound):
    reason = "SUBSCRIPTION_NOT_FOUND"
    message = "There is no such subscription."


class NotBuyerNorBillingAdmin(errors.PermissionDenied):
    reason = "NOT_BUYER_NOR_BILLING_ADMIN"
    message = "Only the buyer and billing admins may see the subscription."
