"""Requests that break rules."""

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.everything.operations import Operation


def spoiled_but_for_the_organization(operation: Operation, organization_id: str) -> Message:
    """A request whose every field is wrong, for an organization that is right."""
    request = operation.request()
    for field in request.DESCRIPTOR.fields:
        if field.name == operation.organization_field:
            setattr(request, field.name, organization_id)
        elif field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
            setattr(request, field.name, "\x00" * 5000)
        elif field.type == FieldDescriptor.TYPE_INT32:
            setattr(request, field.name, -1)
    return request
