"""A sign-in that was started at a provider, and who may finish it."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class SsoFlow:
    """
    A started sign-in. It is used up by the first attempt to finish it, whatever becomes of that.

    Of the state and the nonce only the digests are kept, and of the client's code verifier only the challenge.
    """

    id: str
    state_digest: bytes
    provider_name: str
    nonce_digest: bytes
    code_challenge: str
    prompt_login: bool
    created_at: datetime
    expires_at: datetime

    @classmethod
    def start(
        cls,
        *,
        flow_id: str,
        state_digest: bytes,
        nonce_digest: bytes,
        provider_name: str,
        code_challenge: str,
        prompt_login: bool,
        now: datetime,
    ) -> "SsoFlow":
        """Begin a sign-in."""
        return cls(
            id=flow_id,
            state_digest=state_digest,
            provider_name=provider_name,
            nonce_digest=nonce_digest,
            code_challenge=code_challenge,
            prompt_login=prompt_login,
            created_at=now,
            expires_at=now + LIFETIME,
        )

    def fault_of(self, *, provider_name: str, code_verifier: str, now: datetime) -> str | None:
        """Why this attempt may not finish the sign-in; nothing when it may."""
        if now >= self.expires_at:
            return "the sign-in has expired"
        if provider_name != self.provider_name:
            return "the sign-in is one at another provider"
        if not hmac.compare_digest(challenge_of(code_verifier), self.code_challenge):
            return "the code verifier is not that of the client that started the sign-in"
        return None


def challenge_of(code_verifier: str) -> str:
    """The S256 challenge of a code verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
