"""Refresh tokens, and the tokens of lists, that are not good or good no longer."""

from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RefreshTokenRequest, RevokeTokenRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub

from tests.harness import refusal
from tests.security.forging.scene import Attempt, Scene, never_issued
from tests.signed_in import Person


def _service(scene: Scene) -> AuthTokensServiceStub:
    return AuthTokensServiceStub(scene.server.channel)


def refresh_token(value: str) -> Attempt:
    return Attempt({"refresh_token": value})


async def made_up(scene: Scene) -> Attempt:
    return refresh_token(await never_issued(scene))


async def spent(scene: Scene) -> Attempt:
    token = (await scene.victim()).tokens.refresh_token.value
    await _service(scene).RefreshToken(RefreshTokenRequest(refresh_token=token))
    return refresh_token(token)


async def of_a_session_ended_by_theft(scene: Scene) -> Attempt:
    token = (await scene.victim()).tokens.refresh_token.value
    latest = (await _service(scene).RefreshToken(RefreshTokenRequest(refresh_token=token))).tokens
    await refusal(_service(scene).RefreshToken(RefreshTokenRequest(refresh_token=token)))
    return refresh_token(latest.refresh_token.value)


async def of_a_session_that_ended(scene: Scene) -> Attempt:
    token = (await scene.victim()).tokens.refresh_token.value
    await _service(scene).RevokeToken(RevokeTokenRequest(refresh_token=token))
    return refresh_token(token)


async def left_alone_for_two_weeks(scene: Scene) -> Attempt:
    person = await scene.victim()
    scene.wait(days=14)
    return refresh_token(person.tokens.refresh_token.value)


async def of_a_suspended_person(scene: Scene) -> Attempt:
    person = await scene.victim()
    await scene.people.suspend(person.user_id)
    return refresh_token(person.tokens.refresh_token.value)


async def access_token_in_its_place(scene: Scene) -> Attempt:
    return refresh_token((await scene.victim()).tokens.access_token.value)


async def confirmation_token_in_its_place(scene: Scene) -> Attempt:
    credential, _ = await scene.people.register()
    return refresh_token(await scene.people.confirmation_token(credential.user.id))


async def _page_token(scene: Scene, person: Person) -> str:
    await scene.people.sign_in(person.email_address)
    listed = await _service(scene).ListSessions(ListSessionsRequest(page_size=1), metadata=person.metadata)
    return str(listed.next_page_token)


async def changed_page_token(scene: Scene) -> Attempt:
    person = await scene.victim()
    token = await _page_token(scene, person)
    place = len(token) // 2
    other = "A" if token[place] != "A" else "B"
    return Attempt({"page_token": token[:place] + other + token[place + 1 :]}, person.metadata)


async def page_token_of_another_person(scene: Scene) -> Attempt:
    token = await _page_token(scene, await scene.victim())
    return Attempt({"page_token": token}, (await scene.victim()).metadata)


async def page_token_of_another_order(scene: Scene) -> Attempt:
    person = await scene.victim()
    return Attempt({"page_token": await _page_token(scene, person), "order_by": "created_at"}, person.metadata)
