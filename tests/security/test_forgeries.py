"""Forged and abused tokens, keys and codes of every kind, and how each is refused: natively, and a sample by REST."""

from dataclasses import dataclass
from itertools import groupby, islice

import pytest

from tests.everything.calls import call_by_rest, call_natively
from tests.everything.operations import OPERATIONS, Operation
from tests.everything.world import Ways
from tests.harness import Running
from tests.security.forging import access_tokens, api_keys, codes, mailed_tokens, refresh_tokens, sign_ons
from tests.security.forging.access_tokens import Make, access_token, service_token
from tests.security.forging.scene import Scene
from tests.security.forging.sign_ons import with_claims
from tests.single_sign_on.issuer import Issuer

MALFORMED = "INVALID_ARGUMENT VALIDATION_FAILED"
SUSPENDED = "FAILED_PRECONDITION ACCOUNT_SUSPENDED"
TOKEN_INVALID = "UNAUTHENTICATED TOKEN_INVALID"
TOKEN_EXPIRED = "UNAUTHENTICATED TOKEN_EXPIRED"
REFRESH_INVALID = "UNAUTHENTICATED REFRESH_TOKEN_INVALID"
UNKNOWN_CONFIRMATION = "NOT_FOUND REGISTRATION_TOKEN_NOT_FOUND"
UNKNOWN_RESET = "NOT_FOUND RESET_TOKEN_NOT_FOUND"
MFA_TOKEN_INVALID = "UNAUTHENTICATED MFA_TOKEN_INVALID"
WRONG_CODE = "UNAUTHENTICATED MFA_CODE_INVALID"
KEY_INVALID = "UNAUTHENTICATED API_KEY_INVALID"
SIGN_ON_FAILED = "UNAUTHENTICATED SSO_AUTHENTICATION_FAILED"


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
        ("an MFA token in its place", codes.mfa_token_as_access_token, TOKEN_INVALID),
        ("an API key in its place", api_keys.as_a_bearer_token, TOKEN_INVALID),
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
        ("an MFA token in its place", codes.mfa_token_as_refresh_token, REFRESH_INVALID),
        ("an access token in its place", refresh_tokens.access_token_in_its_place, MALFORMED),
    ),
    *of("confirmation token", "ConfirmPersonRegistration",
        ("never issued", mailed_tokens.made_up, UNKNOWN_CONFIRMATION),
        ("used", mailed_tokens.used_confirmation, UNKNOWN_CONFIRMATION),
        ("replaced by a later mail", mailed_tokens.replaced_confirmation, UNKNOWN_CONFIRMATION),
        ("after a day", mailed_tokens.old_confirmation, "FAILED_PRECONDITION REGISTRATION_TOKEN_EXPIRED"),
        ("a refresh token in its place", mailed_tokens.refresh_token_in_its_place, UNKNOWN_CONFIRMATION),
        ("a reset token in its place", mailed_tokens.reset_as_confirmation, UNKNOWN_CONFIRMATION),
    ),
    *of("reset token", "CompletePasswordReset",
        ("never issued", mailed_tokens.made_up_reset, UNKNOWN_RESET),
        ("used", mailed_tokens.used_reset, UNKNOWN_RESET),
        ("replaced by a later one", mailed_tokens.replaced_reset, UNKNOWN_RESET),
        ("replaced by sending it again", mailed_tokens.resent_reset, UNKNOWN_RESET),
        ("after two hours", mailed_tokens.old_reset, "FAILED_PRECONDITION RESET_TOKEN_EXPIRED"),
        ("a confirmation token in its place", mailed_tokens.confirmation_as_reset, UNKNOWN_RESET),
    ),
    *of("MFA token", "VerifyMfaAuthenticator",
        ("never issued", codes.made_up_token, MFA_TOKEN_INVALID),
        ("used", codes.used_token, MFA_TOKEN_INVALID),
        ("replaced by a later sign-in", codes.replaced_token, MFA_TOKEN_INVALID),
        ("after ten minutes", codes.old_token, MFA_TOKEN_INVALID),
        ("after five wrong codes", codes.token_after_five_wrong_codes, MFA_TOKEN_INVALID),
        ("after a reset of the password", codes.token_after_a_reset, MFA_TOKEN_INVALID),
        ("a refresh token in its place", codes.refresh_token_as_mfa_token, MFA_TOKEN_INVALID),
    ),
    *of("MFA token", "AssociateMfaAuthenticator",
        ("for a second authenticator", codes.second_app_with_an_mfa_token, "FAILED_PRECONDITION MFA_MUST_CHALLENGE"),
    ),
    *of("code of an app", "VerifyMfaAuthenticator",
        ("wrong", codes.wrong_code, WRONG_CODE),
        ("used", codes.code_again, WRONG_CODE),
        ("of the step before one that was used", codes.code_of_the_step_before_the_last_one, WRONG_CODE),
        ("that confirmed the app", codes.code_that_confirmed, WRONG_CODE),
        ("of a minute ago", codes.code_of_a_minute_ago, WRONG_CODE),
        ("of a minute ahead", codes.code_to_come, WRONG_CODE),
        ("of another person", codes.code_of_another_app, WRONG_CODE),
    ),
    *of("code of a mail", "VerifyMfaAuthenticator",
        ("with the handle of an earlier one", codes.mailed_code_with_an_earlier_handle, WRONG_CODE),
        ("an earlier one", codes.earlier_mailed_code, WRONG_CODE),
        ("used", codes.mailed_code_again, WRONG_CODE),
        ("that confirmed the address", codes.mailed_code_that_confirmed, WRONG_CODE),
        ("of another person", codes.mailed_code_of_another_person, WRONG_CODE),
    ),
    *of("code of a mail", "ConfirmMfaAuthenticatorAssociation",
        ("after ten minutes", codes.mailed_code_after_ten_minutes, WRONG_CODE),
    ),
    *of("recovery code", "VerifyMfaAuthenticator",
        ("used", codes.recovery_code_again, WRONG_CODE),
        ("of another person", codes.recovery_code_of_another_person, WRONG_CODE),
        ("of an earlier set", codes.recovery_code_of_an_earlier_set, WRONG_CODE),
        ("before anything is confirmed", codes.recovery_code_before_anything_is_confirmed,
            "FAILED_PRECONDITION MFA_NOT_CONFIRMED"),
    ),
    *of("API key", "GetIdentity",
        ("another secret, with its checksum", api_keys.another_secret, KEY_INVALID),
        ("another checksum", api_keys.another_checksum, KEY_INVALID),
        ("the part that lists show", api_keys.what_lists_show, KEY_INVALID),
        ("one's own secret under another key's id", api_keys.id_of_another_key, KEY_INVALID),
        ("deleted", api_keys.deleted, KEY_INVALID),
        ("revoked by operators", api_keys.revoked, KEY_INVALID),
        ("expired", api_keys.expired, KEY_INVALID),
        ("of a suspended person", api_keys.of_a_suspended_person, SUSPENDED),
    ),
    *of("sign-on state", "AuthenticateSingleSignOn",
        ("never issued", sign_ons.made_up_state, SIGN_ON_FAILED),
        ("used", sign_ons.used_state, SIGN_ON_FAILED),
        ("used up by whoever stole it", sign_ons.state_used_up_by_a_thief, SIGN_ON_FAILED),
        ("after ten minutes", sign_ons.old_state, SIGN_ON_FAILED),
        ("of another provider", sign_ons.state_of_another_provider, SIGN_ON_FAILED),
        ("with another client's verifier", sign_ons.verifier_of_another_client, SIGN_ON_FAILED),
    ),
    *of("sign-on code", "AuthenticateSingleSignOn",
        ("of another sign-in", sign_ons.code_of_another_sign_in, SIGN_ON_FAILED),
        ("of another issuer, by its own word", sign_ons.another_issuer, SIGN_ON_FAILED),
    ),
    *of("id token", "AuthenticateSingleSignOn",
        ("without a signature", sign_ons.without_a_signature, SIGN_ON_FAILED),
        ("another key under the provider's id", sign_ons.with_another_key, SIGN_ON_FAILED),
        ("the client's secret as the key", sign_ons.with_our_secret, SIGN_ON_FAILED),
        ("of another sign-in, by its nonce", with_claims(nonce="x" * 43), SIGN_ON_FAILED),
        ("for another client", with_claims(aud="somebody-else"), SIGN_ON_FAILED),
        ("of another issuer", with_claims(iss="https://evil.example"), SIGN_ON_FAILED),
        ("expired", with_claims(exp=1), SIGN_ON_FAILED),
        ("for another access token", with_claims(at_hash="x" * 22), SIGN_ON_FAILED),
        ("with somebody's address, not verified", sign_ons.unverified_address_of_another_person, SIGN_ON_FAILED),
    ),    *of("page token", "ListSessions",
        ("changed", refresh_tokens.changed_page_token, MALFORMED),
        ("of another person", refresh_tokens.page_token_of_another_person, MALFORMED),
        ("of another order", refresh_tokens.page_token_of_another_order, MALFORMED),
    ),
]
# fmt: on
_FIRST_OF_A_KIND = 3
SAMPLE = [
    forgery
    for (_, kind) in groupby(FORGERIES, key=lambda forgery: (forgery.what, forgery.operation))
    for forgery in islice(kind, _FIRST_OF_A_KIND)
]


def by_name(forgery: Forgery) -> str:
    return f"{forgery.what} {forgery.how}"


@pytest.mark.parametrize("forgery", FORGERIES, ids=by_name)
async def test_a_forgery_is_refused(server: Running, issuers: dict[str, Issuer], forgery: Forgery):
    operation = operation_of(forgery.operation)
    attempt = await forgery.made(Scene(server, issuers))

    request = operation.request(**attempt.fields)
    answer = await call_natively(server.channel, operation, request, attempt.metadata)

    assert answer.says == forgery.refused


@pytest.mark.parametrize("forgery", SAMPLE, ids=by_name)
async def test_a_forgery_is_refused_by_rest(server: Running, ways: Ways, issuers: dict[str, Issuer], forgery: Forgery):
    operation = operation_of(forgery.operation)
    attempt = await forgery.made(Scene(server, issuers))

    request = operation.request(**attempt.fields)
    answer = await call_by_rest(ways.client, operation.routes[0], request, attempt.metadata)

    assert answer.says == forgery.refused


def test_there_are_forty_and_more_and_none_is_there_twice():
    assert len(FORGERIES) >= 40
    assert len({(forgery.what, forgery.how) for forgery in FORGERIES}) == len(FORGERIES)


@pytest.mark.parametrize(
    ("made", "operation"),
    [
        (access_token(), "GetIdentity"),
        (service_token(), "GetIdentity"),
        (api_keys.good, "GetIdentity"),
        (sign_ons.good, "AuthenticateSingleSignOn"),
        (codes.good, "VerifyMfaAuthenticator"),
        (codes.good_mailed, "VerifyMfaAuthenticator"),
        (codes.good_recovery, "VerifyMfaAuthenticator"),
    ],
    ids=["access token", "service token", "API key", "sign-on", "code of an app", "code of a mail", "recovery code"],
)
async def test_what_was_forged_is_good_itself(server: Running, issuers: dict[str, Issuer], made: Make, operation: str):
    attempt, called = await made(Scene(server, issuers)), operation_of(operation)

    answer = await call_natively(server.channel, called, called.request(**attempt.fields), attempt.metadata)

    assert answer.is_ok, answer.says


def operation_of(name: str) -> Operation:
    [operation] = [operation for operation in OPERATIONS if operation.name == name]
    return operation
