"""Structured logs: one line an event, readable for people or JSON for tools, with the request id and no secret."""

import logging
import sys
from typing import Any

import structlog
from structlog.types import EventDict, WrappedLogger

from server.kernel.access.caller import find_current_call

_SECRET_WORDS = ("password", "token", "secret", "authorization", "api_key", "cookie", "code_verifier")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def start_logging(*, as_json: bool, level: str) -> None:
    """Send every log line of this process to standard output."""
    last: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    shared: list[Any] = [
        _with_extra,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_call,
        _without_secrets,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            last,
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("alembic", "httpx"):  # the latter would log the address of every call, whatever stands in it
        logging.getLogger(chatty).setLevel(logging.WARNING)


def facts_of(record: logging.LogRecord) -> EventDict:
    """What a record says besides its text, without secrets: for those who write it elsewhere."""
    logger = logging.getLogger(record.name)
    event = _without_secrets(logger, "", _with_call(logger, "", _with_extra(logger, "", {"_record": record})))
    del event["_record"]
    return event


def _with_extra(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    if record is not None:
        event.update({key: value for key, value in vars(record).items() if key not in _OWN and value not in (None, "")})
    return event


def _with_call(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    call = find_current_call()
    if call is not None:
        event.setdefault("request_id", call.request_id)
        trace = call.trace_context
        if trace is not None:
            event.setdefault("trace_id", trace.trace_id)
    return event


def _without_secrets(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = "[redacted]"
    return event
