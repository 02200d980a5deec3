"""Tokens of mails (confirmations, password resets) that are not good or good no longer."""

from tests.security.forging.scene import Attempt, Scene, never_issued


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
