"""Forged and abused tokens, keys and codes of every kind, and how each is refused. Natively and by REST alike."""

from dataclasses import dataclass

import grpc
import pytest

from tests.everything.calls import call_by_rest, call_natively
from tests.everything.operations import OPERATIONS
from tests.everything.world import Ways
from tests.harness import Running
from tests.security.forging import access_tokens, mailed_tokens, refresh_tokens
from tests.security.forging.access_tokens import Make, access_token, service_token
from tests.security.forging.scene import Scene

MALFORMED = "INVALID_ARGUMENT VALIDATION_FAILED"
SUSPENDED = "FAILED_PRECONDITION ACCOUNT_SUSPENDED"
TOKEN_INVALID = "UNAUTHENTICATED TOKEN_INVALID"
TOKEN_EXPIRED = "UNAUTHENTICATED TOKEN_EXPIRED"
REFRESH_INVALID = "UNAUTHENTICATED REFRESH_TOKEN_INVALID"
UNKNOWN_CONFIRMATION = "NOT_FOUND REGISTRATION_TOKEN_NOT_FOUND"


@dataclass(frozen=True)
class Forgery:
    """What is presented, how it was made, to which operation, and what it is refused with."""

    what: str
    how: str
    made: Make
    operation: str
    refused: str


def of(what: str, operation: str, *rows: tuple[str, Make, str]) -> list[Forgery]:
    """The rows of one kind."""
    return [Forgery(what, how, made, operation, refused) for how, made, refused in rows]


# fmt: off
FORGERIES = [
    *of("access token", "GetIdentity",
        ("no token at all", access_tokens.nonsense, TOKEN_INVALID),
        ("without a signature, algorithm none", access_tokens.unsigned, TOKEN_INVALID),
        ("our public key as a shared secret", access_tokens.with_the_public_key_as_a_shared_secret, TOKEN_INVALID),
        ("another key under the id of ours", access_token(ours=False), TOKEN_INVALID),
        ("a key that we do not know", access_tokens.of_an_unknown_key, TOKEN_INVALID),
        ("brings its key in the header", access_tokens.with_its_key_in_the_header, TOKEN_INVALID),
        ("brings an address of keys", access_tokens.with_an_address_of_keys, TOKEN_INVALID),
        ("brings a certificate", access_tokens.with_a_certificate, TOKEN_INVALID),
        ("a role added after signing", access_tokens.changed_after_signing, TOKEN_INVALID),
        ("of the type of id tokens", access_token(header={"typ": "JWT"}), TOKEN_INVALID),
        ("of the type of service tokens", access_token(header={"typ": "service+jwt"}), TOKEN_INVALID),
        ("of another issuer", access_tokens.of_another_issuer, TOKEN_INVALID),
        ("for another audience", access_tokens.for_another_audience, TOKEN_INVALID),
        ("issued in the future", access_tokens.of_the_future, TOKEN_INVALID),
        ("without an expiry", access_token(exp=None), TOKEN_INVALID),
        ("without a session", access_token(sid=None), TOKEN_INVALID),
        ("for a user who does not exist", access_tokens.of_nobody, TOKEN_INVALID),
        ("another user in one's own session", access_tokens.of_another_user, TOKEN_INVALID),
        ("after fifteen minutes", access_tokens.expired, TOKEN_EXPIRED),
        ("after signing out", access_tokens.of_a_session_that_ended, "UNAUTHENTICATED TOKEN_REVOKED"),
        ("of a suspended person", access_tokens.of_a_suspended_person, SUSPENDED),
        ("beside an API key", access_tokens.beside_another_credential, "UNAUTHENTICATED CREDENTIALS_AMBIGUOUS"),
        ("by another scheme", access_tokens.by_another_scheme, TOKEN_INVALID),
        ("a refresh token in its place", access_tokens.refresh_token_in_its_place, TOKEN_INVALID),
    ),
    *of("service token", "GetIdentity",
        ("signed with the key of access tokens", service_token(ours=False), TOKEN_INVALID),
        ("for another server", access_tokens.for_another_server, TOKEN_INVALID),
        ("of an account that does not exist", service_token(sub="user_00000000000000000000000099"), TOKEN_INVALID),
        ("that lives for an hour", service_token(lives=3600), TOKEN_INVALID),
        ("after five minutes", access_tokens.expired_service_token, TOKEN_EXPIRED),
    ),
    *of("refresh token", "RefreshToken",
        ("never issued", refresh_tokens.made_up, REFRESH_INVALID),
        ("spent", refresh_tokens.spent, REFRESH_INVALID),
        ("the latest, after a spent one came back", refresh_tokens.of_a_session_ended_by_theft, REFRESH_INVALID),
        ("after signing out", refresh_tokens.of_a_session_that_ended, REFRESH_INVALID),
        ("after two idle weeks", refresh_tokens.left_alone_for_two_weeks, REFRESH_INVALID),
        ("of a suspended person", refresh_tokens.of_a_suspended_person, SUSPENDED),
        ("a confirmation token in its place", refresh_tokens.confirmation_token_in_its_place, REFRESH_INVALID),
        ("an access token in its place", refresh_tokens.access_token_in_its_place, MALFORMED),
    ),
    *of("confirmation token", "ConfirmPersonRegistration",
        ("never issued", mailed_tokens.made_up, UNKNOWN_CONFIRMATION),
        ("used", mailed_tokens.used_confirmation, UNKNOWN_CONFIRMATION),
        ("replaced by a later mail", mailed_tokens.replaced_confirmation, UNKNOWN_CONFIRMATION),
        ("after a day", mailed_tokens.old_confirmation, "FAILED_PRECONDITION REGISTRATION_TOKEN_EXPIRED"),
        ("a refresh token in its place", mailed_tokens.refresh_token_in_its_place, UNKNOWN_CONFIRMATION),
    ),
    *of("page token", "ListSessions",
        ("changed", refresh_tokens.changed_page_token, MALFORMED),
        ("of another person", refresh_tokens.page_token_of_another_person, MALFORMED),
        ("of another order", refresh_tokens.page_token_of_another_order, MALFORMED),
    ),
]
# fmt: on


@pytest.mark.parametrize("way", ["natively", "by REST"])
@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: f"{forgery.what} {forgery.how}")
async def test_a_forgery_is_refused(server: Running, ways: Ways, forgery: Forgery, way: str):
    [operation] = [operation for operation in OPERATIONS if operation.name == forgery.operation]
    attempt = await forgery.made(Scene(server))
    request = operation.request(**attempt.fields)

    if way == "natively":
        answer = await call_natively(server.channel, operation, request, attempt.metadata)
    else:
        answer = await call_by_rest(ways.client, operation.routes[0], request, attempt.metadata)

    assert answer.says == forgery.refused


def test_there_are_forty_and_more_of_every_kind():
    assert len(FORGERIES) >= 40
    assert len({(forgery.what, forgery.how) for forgery in FORGERIES}) == len(FORGERIES)


@pytest.mark.parametrize("made", [access_token(), service_token()], ids=["access token", "service token"])
async def test_what_is_changed_was_good(server: Running, made: Make):
    [operation] = [operation for operation in OPERATIONS if operation.name == "GetIdentity"]
    attempt = await made(Scene(server))

    answer = await call_natively(server.channel, operation, operation.request(), attempt.metadata)

    assert answer.code is not grpc.StatusCode.UNAUTHENTICATED
