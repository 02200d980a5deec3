"""MFA tokens and codes of second factors, each a little wrong. For VerifyMfaAuthenticator, if nothing else is said."""

from tenantry.mfa.v1 import mfa_service_pb2 as mfa

from tests.harness import refusal
from tests.security.forging import mailed_tokens
from tests.security.forging.factors import EMAIL, RECOVERY, TOTP, Factors, answer, by_app, other, totp
from tests.security.forging.scene import Attempt, Scene, never_issued


@by_app
async def good(ada: Factors) -> Attempt:
    """No forgery: what the others are made from."""
    return answer(TOTP, await ada.half_signed_in(), ada.shown())


@by_app
async def good_mailed(ada: Factors) -> Attempt:
    """No forgery either."""
    await ada.with_mail()
    token = await ada.half_signed_in()
    handle, code = await ada.challenge(token)
    return answer(EMAIL, token, code, handle)


@by_app
async def good_recovery(ada: Factors) -> Attempt:
    """Nor this."""
    return answer(RECOVERY, await ada.half_signed_in(), ada.recovery_codes[0])


@by_app
async def made_up_token(ada: Factors) -> Attempt:
    return answer(TOTP, await never_issued(ada.scene), ada.shown())


@by_app
async def used_token(ada: Factors) -> Attempt:
    token = await ada.half_signed_in()
    await ada.verify(token, ada.shown())
    ada.scene.wait(seconds=30)
    return answer(TOTP, token, ada.shown())


@by_app
async def replaced_token(ada: Factors) -> Attempt:
    token = await ada.half_signed_in()
    await ada.half_signed_in()
    return answer(TOTP, token, ada.shown())


@by_app
async def old_token(ada: Factors) -> Attempt:
    token = await ada.half_signed_in()
    ada.scene.wait(minutes=10)
    return answer(TOTP, token, ada.shown())


@by_app
async def token_after_five_wrong_codes(ada: Factors) -> Attempt:
    token = await ada.half_signed_in()
    for _ in range(5):
        await refusal(ada.verify(token, other(ada.shown())))
    return answer(TOTP, token, ada.shown())


@by_app
async def token_after_a_reset(ada: Factors) -> Attempt:
    token = await ada.half_signed_in()
    await mailed_tokens.reset(ada.scene, ada.person.email_address)
    return answer(TOTP, token, ada.shown())


@by_app
async def refresh_token_as_mfa_token(ada: Factors) -> Attempt:
    return answer(TOTP, ada.person.tokens.refresh_token.value, ada.shown())


@by_app
async def mfa_token_as_access_token(ada: Factors) -> Attempt:
    return Attempt(metadata=(("authorization", f"Bearer {await ada.half_signed_in()}"),))


@by_app
async def mfa_token_as_refresh_token(ada: Factors) -> Attempt:
    return Attempt({"refresh_token": await ada.half_signed_in()})


@by_app
async def second_app_with_an_mfa_token(ada: Factors) -> Attempt:
    return Attempt({"authenticator_type": EMAIL, "mfa_token": await ada.half_signed_in()})


@by_app
async def wrong_code(ada: Factors) -> Attempt:
    return answer(TOTP, await ada.half_signed_in(), other(ada.shown()))


@by_app
async def code_again(ada: Factors) -> Attempt:
    code = ada.shown()
    await ada.verify(await ada.half_signed_in(), code)
    return answer(TOTP, await ada.half_signed_in(), code)


@by_app
async def code_of_the_step_before_the_last_one(ada: Factors) -> Attempt:
    await ada.verify(await ada.half_signed_in(), ada.shown())
    return answer(TOTP, await ada.half_signed_in(), ada.shown(steps_ago=1))


@by_app
async def code_of_a_minute_ago(ada: Factors) -> Attempt:
    return answer(TOTP, await ada.half_signed_in(), ada.shown(steps_ago=2))


@by_app
async def code_to_come(ada: Factors) -> Attempt:
    return answer(TOTP, await ada.half_signed_in(), ada.shown(steps_ago=-2))


@by_app
async def code_of_another_app(ada: Factors) -> Attempt:
    eve = await Factors.with_app(ada.scene)
    return answer(TOTP, await ada.half_signed_in(), totp(eve.secret, ada.scene.server.clock()))


async def code_that_confirmed(scene: Scene) -> Attempt:
    ada = await Factors.turned_on(scene)
    code = await ada.confirm(await ada.associate())
    return answer(TOTP, await ada.half_signed_in(), code)


@by_app
async def mailed_code_with_an_earlier_handle(ada: Factors) -> Attempt:
    await ada.with_mail()
    token = await ada.half_signed_in()
    (handle, _), (_, code) = await ada.challenge(token), await ada.challenge(token)
    return answer(EMAIL, token, code, handle)


@by_app
async def earlier_mailed_code(ada: Factors) -> Attempt:
    await ada.with_mail()
    token = await ada.half_signed_in()
    (_, code), (handle, newest) = await ada.challenge(token), await ada.challenge(token)
    return answer(EMAIL, token, code if code != newest else other(code), handle)


@by_app
async def mailed_code_that_confirmed(ada: Factors) -> Attempt:
    handle, code = await ada.with_mail()
    return answer(EMAIL, await ada.half_signed_in(), code, handle)


@by_app
async def mailed_code_again(ada: Factors) -> Attempt:
    await ada.with_mail()
    token = await ada.half_signed_in()
    handle, code = await ada.challenge(token)
    request = mfa.VerifyMfaAuthenticatorRequest(
        authenticator_type=EMAIL, mfa_token=token, confirmation_code=code, oob_code=handle
    )
    await ada.service.VerifyMfaAuthenticator(request)
    return answer(EMAIL, await ada.half_signed_in(), code, handle)


@by_app
async def mailed_code_of_another_person(ada: Factors) -> Attempt:
    eve = await Factors.with_app(ada.scene)
    for each in (ada, eve):
        await each.with_mail()
    token = await ada.half_signed_in()
    await ada.challenge(token)
    handle, code = await eve.challenge(await eve.half_signed_in())
    return answer(EMAIL, token, code, handle)


@by_app
async def mailed_code_after_ten_minutes(ada: Factors) -> Attempt:
    """Asked of ConfirmMfaAuthenticatorAssociation, signed in: an MFA token would have expired as well."""
    request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=EMAIL)
    associated = await ada.service.AssociateMfaAuthenticator(request, metadata=ada.person.metadata)
    code = await ada.mailed()
    ada.scene.wait(minutes=10)
    fields = {
        "authenticator_type": EMAIL,
        "confirmation_code": code,
        "oob_code": associated.authenticator.oob_code,
    }
    return Attempt(fields, ada.person.metadata)


@by_app
async def recovery_code_again(ada: Factors) -> Attempt:
    await ada.verify(await ada.half_signed_in(), ada.recovery_codes[0])
    return answer(RECOVERY, await ada.half_signed_in(), ada.recovery_codes[0])


@by_app
async def recovery_code_of_another_person(ada: Factors) -> Attempt:
    eve = await Factors.with_app(ada.scene)
    return answer(RECOVERY, await ada.half_signed_in(), eve.recovery_codes[0])


async def recovery_code_of_an_earlier_set(scene: Scene) -> Attempt:
    ada = await Factors.turned_on(scene)
    await ada.associate()
    earlier = ada.recovery_codes[0]
    await ada.confirm(await ada.associate())
    return answer(RECOVERY, await ada.half_signed_in(), earlier)


async def recovery_code_before_anything_is_confirmed(scene: Scene) -> Attempt:
    ada = await Factors.turned_on(scene)
    token = await ada.associate()
    return answer(RECOVERY, token, ada.recovery_codes[0])
