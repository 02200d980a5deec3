"""AuthenticateSingleSignOn: somebody comes back from a provider."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import jwt
import pytest
from tenantry.access.v1 import types_pb2
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub
from tenantry.users.v1.users_service_pb2 import GetUserRequest
from tenantry.users.v1.users_service_pb2_grpc import UsersServiceStub

from server.kernel import ids
from tests.harness import properties_of, refusal
from tests.signed_in import bearer, new_address
from tests.single_sign_on.clients import claims_of


async def test_somebody_new_is_registered_and_signed_in(client, server):
    address = new_address()

    tokens = await client.sign_in(email=address)

    me = await IdentitiesServiceStub(server.channel).GetIdentity(
        GetIdentityRequest(), metadata=bearer(tokens.access_token.value)
    )
    assert me.identity.id == tokens.user_id
    assert not me.identity.has_credentials
    [profile] = await profiles_of(server, tokens.user_id)
    assert (profile["first_name"], profile["last_name"], profile["email_address"]) == ("Ada", "Lovelace", address)
    assert (profile["timezone"], profile["locale"], profile["country_code"]) == ("Europe/London", "en-GB", "USA")
    assert await server.queued("emails", address) == []


async def profiles_of(server, user_id):
    return await server.rows(
        "SELECT * FROM user_profiles.user_profile WHERE user_id = $1", ids.decode("user", user_id)
    )


async def test_debug(server):
    print(await server.rows("SELECT column_name FROM information_schema.columns WHERE table_schema='user_profiles'"))
