"""Bearer tokens of the twin: PyJWT, checked on every request."""

import time
from typing import Annotated
from uuid import UUID, uuid4

import jwt
from fastapi import Depends, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ValidationError

SECRET = "a secret of the benchmark's twin, long enough"  # pragma: allowlist secret
AUDIENCE = "https://twin.example.com"
LIFETIME = 24 * 3600

bearer = HTTPBearer(auto_error=False)


class Claims(BaseModel):
    """Who is calling, for which organization."""

    sub: UUID
    sid: UUID
    organization_id: UUID
    roles: list[str]
    features: list[str]


def issue_token(user_id: UUID, organization_id: UUID) -> str:
    """A token with the claims that ours has, and the organization."""
    now = int(time.time())
    claims = {
        "iss": AUDIENCE,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(uuid4()),
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + LIFETIME,
        "auth_time": now,
        "amr": ["pwd"],
        "roles": ["platform_standard", "tenant_member"],
        "features": ["platform_basic_features", "platform_paidtrial_features"],
        "organization_id": str(organization_id),
    }
    return jwt.encode(claims, SECRET, algorithm="HS256")


def current_claims(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Claims:
    """The verified claims of the caller, who must have paid for the cars."""
    if credentials is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Not authenticated")
    try:
        decoded = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"], audience=AUDIENCE, issuer=AUDIENCE)
        claims = Claims.model_validate(decoded)
    except (jwt.InvalidTokenError, ValidationError) as error:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Not authenticated") from error
    if "tenant_member" not in claims.roles or "platform_paidtrial_features" not in claims.features:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Not allowed")
    return claims


Caller = Annotated[Claims, Depends(current_claims)]
