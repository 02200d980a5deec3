"""
The two descriptor sets that a running product needs: for production, and for builds with testing switched on.

Both hold all imports and the details that error answers carry: Envoy can turn an error into JSON only when it knows
every type in it. The RPCs that are for testing only are not in the one for production.
"""

from collections.abc import Iterable

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from tenantry.options.v1 import access_pb2


def testing_descriptor_set(everything: FileDescriptorSet) -> bytes:
    """Return all contracts without their comments."""
    return _serialized(_without_comments(file) for file in everything.file)


def public_descriptor_set(everything: FileDescriptorSet) -> bytes:
    """Return the contracts of production, without their comments."""
    return _serialized(_without_testing_only(_without_comments(file)) for file in everything.file)


def _without_comments(file: FileDescriptorProto) -> FileDescriptorProto:
    copy = FileDescriptorProto()
    copy.CopyFrom(file)
    copy.ClearField("source_code_info")
    return copy


def _without_testing_only(file: FileDescriptorProto) -> FileDescriptorProto:
    for service in file.service:
        kept = [method for method in service.method if not method.options.Extensions[access_pb2.access].testing_only]
        del service.method[:]
        service.method.extend(kept)
    kept_services = [service for service in file.service if service.method]
    del file.service[:]
    file.service.extend(kept_services)
    return file


def _serialized(files: Iterable[FileDescriptorProto]) -> bytes:
    return FileDescriptorSet(file=files).SerializeToString(deterministic=True)
