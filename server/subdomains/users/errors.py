"""Why users refuses."""

from server.kernel import errors


class UserNotFound(errors.NotFound):
    reason = "USER_NOT_FOUND"
    message = "There is no such user."


class EmailAlreadyRegistered(errors.AlreadyExists):
    reason = "EMAIL_ALREADY_REGISTERED"
    message = "Somebody has registered with this e-mail address already."


class EmailTaken(EmailAlreadyRegistered):
    """Somebody registered with this address at the same moment, and was quicker. Look again: it is registered now."""


class InvitationNotAnonymous(errors.PermissionDenied):
    reason = "INVITATION_NOT_ANONYMOUS"
    message = "Sign out before you accept an invitation."


class InvitationExpired(errors.FailedPrecondition):
    reason = "INVITATION_EXPIRED"
    message = "The invitation has expired. Ask for a new one."


class CannotSuspendSelf(errors.FailedPrecondition):
    reason = "CANNOT_SUSPEND_SELF"
    message = "Nobody suspends themselves. Ask another operator."


class LastOperator(errors.FailedPrecondition):
    reason = "LAST_OPERATOR"
    message = "Without this operator nobody would be left to run the platform."


class LastOwner(errors.FailedPrecondition):
    reason = "LAST_OWNER"
    message = "The organization would have no owner left. Make somebody else an owner first."


class LastBillingAdmin(errors.FailedPrecondition):
    reason = "LAST_BILLING_ADMIN"
    message = "The organization would have no billing admin left. Make somebody else one first."


class PersonalOrganization(errors.FailedPrecondition):
    reason = "PERSONAL_ORGANIZATION"
    message = "A personal organization keeps the one it is for."


class PersonalOrganizationExists(errors.FailedPrecondition):
    reason = "PERSONAL_ORGANIZATION"
    message = "A user has one personal organization, and nobody else joins it."


class NotAPerson(errors.FailedPrecondition):
    reason = "NOT_A_PERSON"
    message = "This is for persons only."


class UserNotRegistered(errors.FailedPrecondition):
    reason = "USER_NOT_REGISTERED"
    message = "The user was invited and has not registered yet."
