"""Why an audit is not stored."""

from server.kernel.errors import FailedPrecondition


class AuditMissingCode(FailedPrecondition):
    """It does not say what happened."""

    reason = "AUDIT_MISSING_CODE"
    message = "AuditCode must have a value."
