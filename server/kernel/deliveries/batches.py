"""
Which of the claimed messages go to their receiver together.

A message that brings its receiver down, or makes it hang, takes the others of its call along. So whatever was in a call
of which nothing is known goes alone the next time: then only the one that is to blame fails again.
"""

from collections.abc import Iterator, Sequence

from server.kernel.deliveries.engine import Claimed
from server.kernel.deliveries.envelope import LARGEST

_LARGEST_CALL = 3 * 1024 * 1024  # gRPC takes 4 MiB
_LONGEST_CHARACTER = 4  # bytes of UTF-8


def batches_of(claimed: Sequence[Claimed]) -> Iterator[Sequence[Claimed]]:
    """The messages of each call, in calls that are not too large. Those that must go alone come last."""
    alone = [each for each in claimed if _is_suspected(each) or is_too_large(each)]
    yield from _by_size([each for each in claimed if each not in alone] if alone else claimed)
    yield from ([each] for each in alone)


def is_too_large(claimed: Claimed) -> bool:
    """Whether every receiver would refuse it, if the call could be made at all."""
    text = claimed.message
    return len(text) * _LONGEST_CHARACTER > LARGEST and len(text.encode()) > LARGEST


def _is_suspected(claimed: Claimed) -> bool:
    return claimed.attempts > 1 and (claimed.reason is None or claimed.reason.startswith("CALL_"))


def _by_size(claimed: Sequence[Claimed]) -> Iterator[Sequence[Claimed]]:
    if sum([len(each.message) for each in claimed]) * _LONGEST_CHARACTER <= _LARGEST_CALL:
        if claimed:
            yield claimed
        return
    batch: list[Claimed] = []
    size = 0
    for each in claimed:
        own = len(each.message.encode())
        if batch and size + own > _LARGEST_CALL:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += own
    yield batch
