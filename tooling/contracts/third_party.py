"""
Write the foreign protos that ours import into ``protos/google`` and ``protos/buf``.

They are committed: whoever clones the repository compiles the contracts with buf or protoc, in any language, without
Python and without a network. They are rewritten on every run from the installed packages, so they never lag behind.
"""

import re
import shutil
from importlib.metadata import distribution
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from protovalidate._gen.buf.validate import validate_pb

from tooling.contracts.paths import OWN_PROTOS, PROTOS
from tooling.contracts.proto_printer import print_proto

_GOOGLE_PROTOS = "googleapis-common-protos"
_VALIDATE_PROTO = "buf/validate/validate.proto"
# Nobody imports them, yet every error answer holds them.
ERROR_PROTOS = ("google/rpc/error_details.proto", "google/rpc/status.proto")
_IMPORT = re.compile(r'^import (?:public )?"(?P<name>[^"]+)";', re.MULTILINE)

_VALIDATE_HEADER = """\
// Copyright 2023-2026 Buf Technologies, Inc.
//
// Licensed under the Apache License, Version 2.0 (the "License"); see protos/buf/LICENSE.
//
// Printed from the descriptor inside the Python package protovalidate {version}, which carries out the rules, so that
// the two cannot differ. Comments and options of the original are left out.
"""


def write_third_party() -> None:
    """Replace the foreign protos by those that ours import now, with their licence, which is the same for both."""
    for folder in ("google", "buf"):
        shutil.rmtree(PROTOS / folder, ignore_errors=True)
    google = distribution(_GOOGLE_PROTOS)
    for name in _needed_google_protos():
        _write(name, Path(str(google.locate_file(name))).read_text())
    _write(_VALIDATE_PROTO, _validate_proto())
    licence = next(file for file in google.files or [] if file.name == "LICENSE")
    for folder in ("google", "buf"):
        _write(f"{folder}/LICENSE", Path(str(google.locate_file(licence))).read_text())


def _needed_google_protos() -> list[str]:
    """Follow imports from our files, since only what is needed should stand in the repository."""
    google = distribution(_GOOGLE_PROTOS)
    waiting = list(ERROR_PROTOS)
    for path in OWN_PROTOS.rglob("*.proto"):
        waiting += _IMPORT.findall(path.read_text())
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        # google/protobuf/* comes with every protobuf compiler.
        if name in needed or not name.startswith("google/") or name.startswith("google/protobuf/"):
            continue
        needed.add(name)
        waiting += _IMPORT.findall(Path(str(google.locate_file(name))).read_text())
    return sorted(needed)


def _validate_proto() -> str:
    file = FileDescriptorProto.FromString(validate_pb._DESC.proto.to_binary())
    header = _VALIDATE_HEADER.format(version=distribution("protovalidate").version)
    return f"{header}{print_proto(file)}"


def _write(name: str, text: str) -> None:
    path = PROTOS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
