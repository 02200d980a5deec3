"""Why a provisioning is not carried out."""

from server.kernel.errors import FailedPrecondition, Unavailable


class ProvisioningMissingTenantId(FailedPrecondition):
    """It does not say for which organization."""

    reason = "PROVISIONING_MISSING_TENANT_ID"
    message = "TenantId must have a value."


class ProvisioningMissingSettings(FailedPrecondition):
    """It brings nothing."""

    reason = "PROVISIONING_MISSING_SETTINGS"
    message = "Settings must have at least one setting."


class OrganizationNotFound(Unavailable):
    """There is no such organization yet: tools that provision may be quicker than we are."""

    reason = "ORGANIZATION_NOT_FOUND"
    message = "There is no such organization yet."
