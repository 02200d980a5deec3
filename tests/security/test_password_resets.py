"""A reset of the password is the way in for whoever has the mailbox, and for nobody else's half of it."""

from tests.harness import refusal
from tests.security.forging import mailed_tokens
from tests.security.forging.factors import Factors
from tests.security.forging.scene import Scene


async def test_a_reset_leaves_the_second_factor_where_it_is(server, issuers):
    scene = Scene(server, issuers)
    ada = await Factors.with_app(scene)

    await mailed_tokens.reset(scene, ada.person.email_address)

    refused = await refusal(scene.people.sign_in(ada.person.email_address, mailed_tokens.NEW_PASSWORD))
    assert refused.reason == "MFA_REQUIRED"
    await ada.verify(refused.metadata["mfa_token"], ada.shown())
