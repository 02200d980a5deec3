"""The REST routes of an RPC, from its ``google.api.http`` option."""

import re
from dataclasses import dataclass
from functools import cached_property

from google.api.annotations_pb2 import http as http_option
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor_pb2 import MethodDescriptorProto

_VARIABLE = re.compile(r"\{(?P<field>[a-z0-9_.]+)(?:=(?P<pattern>[^}]+))?\}")


@dataclass(frozen=True)
class Route:
    """One verb and path that reach an RPC."""

    verb: str
    path: str
    body: str
    """The request field that the body fills: ``*`` for all that the path does not, empty for a call without body."""
    response_body: str

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The request fields that the path fills."""
        return tuple(match["field"] for match in _VARIABLE.finditer(self.path))

    @cached_property
    def plain_path(self) -> str:
        """The path with plain placeholders: ``/pages/{path}`` for ``/pages/{path=**}``."""
        return _VARIABLE.sub(lambda match: f"{{{match['field']}}}", self.path)

    @cached_property
    def sample(self) -> str:
        """One path that reaches the RPC and has no meaning elsewhere."""
        filled = _VARIABLE.sub(lambda match: match["pattern"] or "*", self.path)
        return filled.replace("**", "@/@").replace("*", "@")

    @cached_property
    def pattern(self) -> str:
        """A regular expression for the paths that reach the RPC, with or without a slash at the end."""
        parts, end = [], 0
        for match in _VARIABLE.finditer(self.path):
            parts += [_literal(self.path[end : match.start()]), _wildcards(match["pattern"] or "*")]
            end = match.end()
        parts.append(_literal(self.path[end:]))
        return "".join(parts) + "/?"


def _wildcards(pattern: str) -> str:
    pieces = re.split(r"(\*\*|\*)", pattern)
    return "".join({"*": "[^/]+", "**": ".*"}.get(piece, _literal(piece)) for piece in pieces)


def _literal(text: str) -> str:
    # A dash needs no escape outside of brackets, and reads better without.
    return re.escape(text).replace(r"\-", "-")


def routes_of(method: MethodDescriptorProto) -> tuple[Route, ...]:
    """Return the route of the RPC and its additional ones."""
    if not method.options.HasExtension(http_option):
        return ()
    rule = method.options.Extensions[http_option]
    return tuple(_route(each) for each in [rule, *rule.additional_bindings])


def _route(rule: HttpRule) -> Route:
    kind = rule.WhichOneof("pattern")
    if kind is None:
        raise ValueError("An http option names no path.")
    if kind == "custom":
        verb, path = rule.custom.kind, rule.custom.path
    else:
        verb, path = kind.upper(), getattr(rule, kind)
    return Route(verb=verb, path=path, body=rule.body, response_body=rule.response_body)
