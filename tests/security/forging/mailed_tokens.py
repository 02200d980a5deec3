"""Tokens of mails (confirmations, password resets) that are not good or good no longer."""

import json
import re

from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    CompletePasswordResetRequest,
    InitiatePasswordResetRequest,
    ResendPasswordResetRequest,
)

from tests.security.forging.scene import Attempt, Scene, never_issued

NEW_PASSWORD = "another harbour, at dawn"
_RESET = re.compile(r"/confirm-password-reset#token=([A-Za-z0-9_-]{43})")


async def made_up(scene: Scene) -> Attempt:
    return Attempt({"token": await never_issued(scene)})


async def used_confirmation(scene: Scene) -> Attempt:
    token, user_id = await _confirmation(scene)
    await scene.people.confirm(user_id)
    return Attempt({"token": token})


async def replaced_confirmation(scene: Scene) -> Attempt:
    credential, address = await scene.people.register()
    token = await scene.people.confirmation_token(credential.user.id)
    await scene.people.register(email_address=address)
    return Attempt({"token": token})


async def old_confirmation(scene: Scene) -> Attempt:
    token, _ = await _confirmation(scene)
    scene.wait(hours=24)
    return Attempt({"token": token})


async def refresh_token_in_its_place(scene: Scene) -> Attempt:
    return Attempt({"token": (await scene.victim()).tokens.refresh_token.value})


async def confirmation_in_its_place(scene: Scene) -> Attempt:
    token, _ = await _confirmation(scene)
    return Attempt({"token": token})


async def _confirmation(scene: Scene) -> tuple[str, str]:
    credential, _ = await scene.people.register()
    return await scene.people.confirmation_token(credential.user.id), credential.user.id


async def reset_token(scene: Scene, address: str) -> str:
    """The token of the newest mail about a forgotten password."""
    mails = await scene.server.queued("emails", f'"ToEmailAddress":"{address}"')
    found = [match for mail in mails if (match := _RESET.search(json.loads(mail)["Html"]["Body"]))]
    return found[-1][1]


async def asked_for(scene: Scene) -> tuple[str, str]:
    """Somebody's address, and the token of a reset that was asked for."""
    address = (await scene.victim()).email_address
    await scene.people.service.InitiatePasswordReset(InitiatePasswordResetRequest(email_address=address))
    return address, await reset_token(scene, address)


async def reset(scene: Scene, address: str, password: str = NEW_PASSWORD) -> None:
    """Forget the password and choose another one."""
    await scene.people.service.InitiatePasswordReset(InitiatePasswordResetRequest(email_address=address))
    token = await reset_token(scene, address)
    await scene.people.service.CompletePasswordReset(CompletePasswordResetRequest(token=token, password=password))


def chosen(token: str) -> Attempt:
    """A new password, with a token."""
    return Attempt({"token": token, "password": "yet another harbour, at dawn"})


async def made_up_reset(scene: Scene) -> Attempt:
    return chosen(await never_issued(scene))


async def used_reset(scene: Scene) -> Attempt:
    _, token = await asked_for(scene)
    request = CompletePasswordResetRequest(token=token, password=NEW_PASSWORD)
    await scene.people.service.CompletePasswordReset(request)
    return chosen(token)


async def replaced_reset(scene: Scene) -> Attempt:
    address, token = await asked_for(scene)
    await scene.people.service.InitiatePasswordReset(InitiatePasswordResetRequest(email_address=address))
    return chosen(token)


async def resent_reset(scene: Scene) -> Attempt:
    _, token = await asked_for(scene)
    await scene.people.service.ResendPasswordReset(ResendPasswordResetRequest(token=token))
    return chosen(token)


async def old_reset(scene: Scene) -> Attempt:
    _, token = await asked_for(scene)
    scene.wait(hours=2)
    return chosen(token)


async def confirmation_as_reset(scene: Scene) -> Attempt:
    token, _ = await _confirmation(scene)
    return chosen(token)


async def reset_as_confirmation(scene: Scene) -> Attempt:
    _, token = await asked_for(scene)
    return Attempt({"token": token})
