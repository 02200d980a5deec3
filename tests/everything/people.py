"""Callers of every kind. INTERIM: from the cast."""

from datetime import timedelta

import jwt
from tenantry.access.v1 import types_pb2 as access

from server.kernel import ids
from server.kernel.security.keys import SigningKeys, make_pem
from server.kernel.security.tokens import AccessTokenContent
from tests.cast import Cast
from tests.everything.callers import Caller, Membership
from tests.harness import Running

PAID = "paidtrial_features"


def facts(user, org, role=access.TENANT_ROLE_BILLING_ADMIN, feature=access.FEATURE_LEVEL_PAID_TRIAL, **more):
    values = {
        "metadata": user.metadata,
        "user_id": user.user_id,
        "session_id": user.session_id,
        "platform_role": access.PLATFORM_ROLE_STANDARD,
        "platform_feature": access.FEATURE_LEVEL_PAID_TRIAL,
        "memberships": {org: Membership(role, feature)},
    }
    return Caller(**(values | more))


async def everybody(running: Running, org: str) -> dict[str, Caller]:
    cast = Cast(running)
    other = ids.new_id("org")
    admin = ("tenant_billing_admin",)
    owner = await cast.member(org, roles=admin)
    member = await cast.member(org)
    featureless = await cast.member(org, roles=admin, feature="basic_features", features=["basic_features"])
    outsider = await cast.member(other, roles=admin)
    operator = await cast.member(other, roles=admin, **{})
    machine = await cast.member(org, classification="machine")
    suspended = await cast.member(org, access="suspended")
    return {
        "nobody": Caller(),
        "owner": facts(owner, org),
        "member": facts(member, org, access.TENANT_ROLE_MEMBER),
        "featureless": facts(
            featureless, org, feature=access.FEATURE_LEVEL_BASIC, platform_feature=access.FEATURE_LEVEL_BASIC
        ),
        "outsider": facts(outsider, other),
        "operator": facts(operator, other),
        "machine": facts(machine, org, access.TENANT_ROLE_MEMBER),
        "suspended": facts(suspended, org, refused="FAILED_PRECONDITION ACCOUNT_SUSPENDED"),
        "service": Caller(metadata=running.as_service(), is_service=True),
        **bad_credentials(running, facts(owner, org)),
    }


def bad_credentials(running: Running, owner: Caller) -> dict[str, Caller]:
    """Credentials that are refused, whoever presents them."""
    token = owner.metadata[0][1]
    now = running.clock()
    content = AccessTokenContent(owner.user_id, owner.session_id, now, ("pwd",), (), ())
    expired = running.app.platform.tokens.issue_access_token(
        content, now=now - timedelta(hours=2), expires_at=now - timedelta(hours=1)
    )
    claims = jwt.decode(token.removeprefix("Bearer "), options={"verify_signature": False})
    stranger = SigningKeys(f'[{{"status": "current", "pem": {make_pem()!r}}}]'.replace("'", '"')).current
    forged = jwt.encode(claims, stranger.private, "ES256", headers={"kid": stranger.kid, "typ": "at+jwt"})
    unsigned = jwt.encode(claims, None, "none", headers={"typ": "at+jwt"})
    invalid = "UNAUTHENTICATED TOKEN_INVALID"
    made = {
        "bad token": ("Bearer nonsense", invalid),
        "other scheme": ("Basic b3duZXI6cGFzc3dvcmQ=", invalid),
        "forged token": (f"Bearer {forged}", invalid),
        "unsigned token": (f"Bearer {unsigned}", invalid),
        "expired token": (f"Bearer {expired}", "UNAUTHENTICATED TOKEN_EXPIRED"),
    }
    callers = {name: Caller((("authorization", text),), refused=refused) for name, (text, refused) in made.items()}
    callers["bad API key"] = Caller((("x-api-key", "nonsense"),), refused="UNAUTHENTICATED API_KEY_INVALID")
    both = (("authorization", token), ("x-api-key", "nonsense"))
    callers["two credentials"] = Caller(both, refused="UNAUTHENTICATED CREDENTIALS_AMBIGUOUS")
    return callers
