"""Why organizations refuses."""

from server.kernel import errors


class OrganizationNotFound(errors.NotFound):
    reason = "ORGANIZATION_NOT_FOUND"
    message = "There is no such organization."


class PersonRequired(errors.FailedPrecondition):
    reason = "PERSON_REQUIRED"
    message = "Only persons create organizations."
