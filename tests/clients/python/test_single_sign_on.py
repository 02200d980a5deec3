"""What the client keeps of a sign-in elsewhere, and what it makes of the browser's return."""

import pytest
from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import StartSingleSignOnResponse

from tenantry_client import SignOnFailed, StartedSignOn
from tenantry_client.single_sign_on import code_challenge, new_code_verifier

STATE = "s" * 43
PAGE = "https://www.example.com/signed-in"


@pytest.fixture
def started() -> StartedSignOn:
    answer = StartSingleSignOnResponse(authorization_url=f"https://id.example.com/auth?state={STATE}", state=STATE)
    return StartedSignOn.of("example", "v" * 43, answer)


def test_the_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_every_verifier_is_another_one() -> None:
    verifiers = {new_code_verifier() for _ in range(1000)}

    assert len(verifiers) == 1000
    assert {len(verifier) for verifier in verifiers} == {43}


def test_what_the_browser_brings_back_is_exchanged_with_what_was_kept(started: StartedSignOn) -> None:
    request = started.answered(f"{PAGE}?code=a%2Bb&state={STATE}&iss=https%3A%2F%2Fid.example.com")

    assert (request.provider, request.auth_code, request.state) == ("example", "a+b", STATE)
    assert (request.code_verifier, request.iss) == ("v" * 43, "https://id.example.com")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f"code=x&state={'t' * 43}", "not that of this sign-in"),
        ("code=x", "not that of this sign-in"),
        (f"error=access_denied&state={STATE}", "access_denied"),
        (f"state={STATE}", "no code"),
        ("", "not that of this sign-in"),
    ],
)
def test_a_return_that_belongs_to_something_else_is_not_sent(started: StartedSignOn, query: str, message: str) -> None:
    with pytest.raises(SignOnFailed, match=message):
        started.answered(f"{PAGE}?{query}")


def test_what_is_kept_is_not_printed(started: StartedSignOn) -> None:
    assert STATE not in repr(started)
    assert "v" * 43 not in repr(started)
