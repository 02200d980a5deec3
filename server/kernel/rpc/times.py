"""Instants between the wire and Python."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


def to_datetime(value: Timestamp) -> datetime:
    """An instant of the wire, cut to whole microseconds, in UTC."""
    return value.ToDatetime(tzinfo=UTC)


def to_timestamp(value: datetime) -> Timestamp:
    """An instant for the wire."""
    found = Timestamp()
    found.FromDatetime(value)
    return found
