"""GetJsonWebKeySet: anybody can verify our access tokens."""

import jwt
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import GetJsonWebKeySetRequest


async def test_an_access_token_is_verified_with_the_published_key(sessions, people):
    person = await people.person()

    keys = (await sessions.GetJsonWebKeySet(GetJsonWebKeySetRequest())).keys

    token = person.tokens.access_token.value
    [key] = [key for key in keys if key.kid == jwt.get_unverified_header(token)["kid"]]
    public = jwt.PyJWK({"kty": key.kty, "crv": key.crv, "x": key.x, "y": key.y, "alg": key.alg})
    claims = jwt.decode(
        token, public, algorithms=["ES256"], issuer="http://localhost:8080", audience="http://localhost:8080"
    )
    assert claims["sub"] == person.user_id


async def test_the_keys_are_public_and_may_be_cached(sessions):
    call = sessions.GetJsonWebKeySet(GetJsonWebKeySetRequest())

    metadata, answer = dict(await call.initial_metadata()), await call

    assert metadata["cache-control"] == "public, max-age=300"
    for key in answer.keys:
        assert (key.kty, key.crv, key.use, key.alg) == ("EC", "P-256", "sig", "ES256")
        assert [len(value) for value in (key.x, key.y, key.kid)] == [43, 43, 43]
        assert {field.name for field, _ in key.ListFields()} == {"kty", "crv", "x", "y", "kid", "use", "alg"}
