"""The errors of an operation: what its comment lists, and the one form that every error has."""

import re
from typing import Any

from tooling.contracts.contract import Operation

Schema = dict[str, Any]

# As the gateway translates them.
_HTTP_STATUS = {
    "CANCELLED": 499,
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_STATUS = "google.rpc.Status"
_ITEM = re.compile(r"^- (?P<code>[A-Z_]+), (?P<text>.*(?:\n  .*)*)", re.MULTILINE)

STATUS_SCHEMAS: dict[str, Schema] = {
    _STATUS: {
        "type": "object",
        "description": "Every error. The first detail is always a google.rpc.ErrorInfo, whose reason tells what went "
        "wrong; a google.rpc.BadRequest names each field that is wrong, a google.rpc.RetryInfo when to try again.",
        "properties": {
            "code": {"type": "integer", "format": "int32", "description": "The gRPC status code (google.rpc.Code)."},
            "message": {"type": "string", "description": "What went wrong, for people."},
            "details": {
                "type": "array",
                "description": "What went wrong, for programs.",
                "items": {
                    "type": "object",
                    "properties": {
                        "@type": {"type": "string"},
                        "reason": {"type": "string", "description": "Of an ErrorInfo: in UPPER_SNAKE_CASE."},
                        "domain": {"type": "string", "description": "Of an ErrorInfo: always tenantry."},
                        "metadata": {
                            "type": "object",
                            "description": "Of an ErrorInfo: the facts in the message.",
                            "additionalProperties": {"type": "string"},
                        },
                        "fieldViolations": {
                            "type": "array",
                            "description": "Of a BadRequest: one for each field that is wrong.",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "field": {"type": "string"},
                                    "reason": {"type": "string"},
                                    "description": {"type": "string"},
                                },
                                "additionalProperties": True,
                            },
                        },
                        "retryDelay": {"type": "string", "description": "Of a RetryInfo: a duration such as 3s."},
                    },
                    "required": ["@type"],
                    "additionalProperties": True,
                },
            },
        },
        "required": ["code", "message"],
    }
}


def error_responses(operation: Operation) -> dict[str, Schema]:
    """Return the errors that the operation's comment lists, by HTTP status, and any other."""
    listed: dict[int, list[str]] = {}
    _, _, errors = operation.comment.partition("Errors:\n")
    errors, _, _ = errors.partition("\n\n")
    for item in _ITEM.finditer(errors):
        code = item["code"]
        if code not in _HTTP_STATUS:
            raise ValueError(f"The comment of {operation.path} lists an error {code}, which is no status code.")
        text = " ".join(item["text"].split())
        listed.setdefault(_HTTP_STATUS[code], []).append(f"- {code}, {text}")
    responses = {str(status): _error("\n".join(lines)) for status, lines in sorted(listed.items())}
    return responses | {"default": _error("Any other error.")}


def _error(description: str) -> Schema:
    schema = {"$ref": f"#/components/schemas/{_STATUS}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
