"""A second factor is asked for whatever happens to the password, and half a sign-in is good for nothing else."""

import pytest

from tests.everything.calls import call_natively
from tests.everything.operations import OPERATIONS, Operation, by_name
from tests.harness import Metadata, refusal
from tests.security.forging import mailed_tokens
from tests.security.forging.factors import Factors, other
from tests.security.forging.scene import Scene

CLOSED = [operation for operation in OPERATIONS if not operation.is_open and not operation.access.ignores_credentials]


@pytest.fixture
def scene(server, issuers) -> Scene:
    return Scene(server, issuers)


async def test_a_reset_leaves_the_second_factor_where_it_is(scene):
    ada = await Factors.with_app(scene)

    await mailed_tokens.reset(scene, ada.person.email_address)

    refused = await refusal(scene.people.sign_in(ada.person.email_address, mailed_tokens.NEW_PASSWORD))
    assert refused.reason == "MFA_REQUIRED"
    await ada.verify(refused.metadata["mfa_token"], ada.shown())


async def test_wrong_codes_lock_the_name_as_wrong_passwords_do(scene):
    ada = await Factors.with_app(scene)

    for _ in range(5):
        token = await ada.half_signed_in()
        assert (await refusal(ada.verify(token, other(ada.shown())))).reason == "MFA_CODE_INVALID"

    assert (await refusal(scene.people.sign_in(ada.person.email_address))).reason == "ACCOUNT_LOCKED"


@pytest.fixture(scope="module")
async def half_signed_in(server, issuers) -> str:
    """An MFA token that stays good."""
    return await (await Factors.with_app(Scene(server, issuers))).half_signed_in()


@pytest.mark.parametrize("operation", CLOSED, ids=by_name)
async def test_half_a_sign_in_opens_nothing(server, half_signed_in: str, operation: Operation):
    shown: dict[str, Metadata] = {
        "TOKEN_INVALID": (("authorization", f"Bearer {half_signed_in}"),),
        "API_KEY_INVALID": (("x-api-key", half_signed_in),),
        "NOT_AUTHENTICATED": (("x-mfa-token", half_signed_in),),
    }

    for reason, metadata in shown.items():
        answer = await call_natively(server.channel, operation, operation.request(), metadata)
        assert answer.says == f"UNAUTHENTICATED {reason}"
