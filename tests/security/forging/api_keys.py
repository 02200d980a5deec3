"""API keys that nobody here has made, or that are good no longer."""

import string
import zlib

from google.protobuf.timestamp_pb2 import Timestamp

from tests.api_keys.keys import Keys, shown
from tests.security.forging.scene import Attempt, Scene
from tests.signed_in import Person

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECKSUM = 6


async def _key(scene: Scene, person: Person | None = None) -> tuple[str, str, Person]:
    """A good key, its id, and whose it is."""
    person = person or await scene.victim()
    made = await Keys(scene.server).create(person.metadata)
    return made.api_key, made.key.id, person


def _present(key: str) -> Attempt:
    return Attempt(metadata=shown(key))


def _with_checksum(body: str) -> str:
    number, text = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, 62)
        text = _DIGITS[digit] + text
    return body + text


async def good(scene: Scene) -> Attempt:
    """No forgery: what the others are made from, its checksum worked out again."""
    key, _, _ = await _key(scene)
    return _present(_with_checksum(key[:-_CHECKSUM]))


async def another_secret(scene: Scene) -> Attempt:
    key, _, _ = await _key(scene)
    body = key[:-_CHECKSUM]
    return _present(_with_checksum(body[:-1] + ("A" if body[-1] != "A" else "B")))


async def another_checksum(scene: Scene) -> Attempt:
    key, _, _ = await _key(scene)
    return _present(key[:-1] + ("A" if key[-1] != "A" else "B"))


async def what_lists_show(scene: Scene) -> Attempt:
    key, _, _ = await _key(scene)
    return _present(key[: len("tenantry_") + 26])


async def id_of_another_key(scene: Scene) -> Attempt:
    (own, _, _), (other, _, _) = await _key(scene), await _key(scene)
    start = len("tenantry_") + 26
    return _present(_with_checksum(other[:start] + own[start:-_CHECKSUM]))


async def deleted(scene: Scene) -> Attempt:
    key, id, person = await _key(scene)
    await Keys(scene.server).delete(person.metadata, id)
    return _present(key)


async def revoked(scene: Scene) -> Attempt:
    key, id, _ = await _key(scene)
    keys = Keys(scene.server)
    await keys.revoke(await keys.operator(), id)
    return _present(key)


async def expired(scene: Scene) -> Attempt:
    person, ends = await scene.victim(), Timestamp()
    ends.FromSeconds(int(scene.server.clock().timestamp()) + 7200)
    made = await Keys(scene.server).create(person.metadata, expires_at=ends)
    scene.wait(hours=2)
    return _present(made.api_key)


async def of_a_suspended_person(scene: Scene) -> Attempt:
    key, _, person = await _key(scene)
    await scene.people.suspend(person.user_id)
    return _present(key)


async def as_a_bearer_token(scene: Scene) -> Attempt:
    key, _, _ = await _key(scene)
    return Attempt(metadata=(("authorization", f"Bearer {key}"),))
