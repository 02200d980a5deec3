"""Any OpenID Connect provider, by the authorization-code flow with PKCE."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from server.kernel.clock import Clock
from server.subdomains.identity.single_sign_on.adapters.discovery import Discovery
from server.subdomains.identity.single_sign_on.adapters.http import Answer, ProviderHttp, Trust
from server.subdomains.identity.single_sign_on.adapters.id_token import Claims, Expected, auth_time_of, verified
from server.subdomains.identity.single_sign_on.adapters.presets import preset_of, with_profile
from server.subdomains.identity.single_sign_on.domain.provider_tokens import ProviderToken, TokenType
from server.subdomains.identity.single_sign_on.ports import (
    Account,
    AuthorizationRequest,
    Exchange,
    ProviderRefused,
)
from server.subdomains.identity.single_sign_on.settings import ProviderSettings

_REFRESH_TOKEN_LIFETIME = timedelta(days=1)
_ID_TOKEN_LIFETIME = timedelta(hours=1)
_LONGEST_LIFETIME_SECONDS = 10 * 365 * 86_400
_TOKEN = re.compile(r"[\x20-\x7e]+")  # RFC 6749, appendix A


class OpenIdConnectProvider:
    """One provider, as its settings say."""

    has_authorization = True

    def __init__(self, settings: ProviderSettings, *, trust: Trust, now: Clock) -> None:
        self.name = settings.name
        self._settings = settings
        self._preset = preset_of(settings)
        self._http = ProviderHttp(trust)
        self._discovery = Discovery(self._http, issuer=settings.issuer, is_issuer=self._preset.announces, now=now)
        self._now = now

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": self._settings.scopes,
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": request.code_challenge,
            "code_challenge_method": "S256",
        }
        if request.login_hint is not None:
            asked["login_hint"] = request.login_hint
        if request.prompt_login:
            asked |= {"prompt": self._preset.prompt, "max_age": "0"}
        parts = urlsplit((await self._discovery.metadata()).authorization_endpoint)
        query = "&".join(filter(None, [parts.query, urlencode(asked, quote_via=quote)]))
        return urlunsplit(parts._replace(query=query))

    async def authenticate(self, exchange: Exchange) -> Account:
        metadata = await self._discovery.metadata()
        self._check_issuer(exchange.issuer, is_announced=metadata.gives_iss)
        answer = await self._tokens_for(
            {
                "grant_type": "authorization_code",
                "code": exchange.auth_code,
                "redirect_uri": self._settings.redirect_uri,
                "code_verifier": exchange.code_verifier,
            }
        )
        now = self._now()
        id_token, access_token = _needed(answer, "id_token"), _needed(answer, "access_token")
        expected = Expected(
            algorithms=metadata.algorithms,
            client_id=self._settings.client_id,
            is_issuer=self._preset.has_issued,
            access_token=access_token,
            nonce_digest=exchange.nonce_digest,
            login_asked_at=exchange.login_asked_at,
        )
        claims = await verified(id_token, self._discovery.find_key, expected, now)
        if exchange.issuer is not None and exchange.issuer != claims["iss"]:
            raise ProviderRefused("the code and the id token are from different issuers")
        if claims.get("email") is None and metadata.userinfo_endpoint is not None:
            claims = await self._with_userinfo(claims, metadata.userinfo_endpoint, access_token)
        return self._account(claims, _tokens(answer, now), now)

    async def refresh(self, refresh_token: str, *, issuer: str, subject: str) -> Sequence[ProviderToken]:
        metadata = await self._discovery.metadata()
        answer = await self._tokens_for({"grant_type": "refresh_token", "refresh_token": refresh_token})
        now, access_token = self._now(), _needed(answer, "access_token")
        if answer.get("id_token") is not None:
            expected = Expected(
                algorithms=metadata.algorithms,
                client_id=self._settings.client_id,
                is_issuer=self._preset.has_issued,
                access_token=access_token,
            )
            claims = await verified(_needed(answer, "id_token"), self._discovery.find_key, expected, now)
            if (claims["iss"], claims["sub"]) != (issuer, subject):
                raise ProviderRefused("the new id token is about somebody else")
        return _tokens(answer, now)

    def _check_issuer(self, issuer: str | None, *, is_announced: bool) -> None:
        if issuer is None and is_announced:
            raise ProviderRefused("the code came without the iss that the provider gives")
        if issuer is not None and not self._preset.may_give(issuer):
            raise ProviderRefused("the code came from another issuer")

    async def _tokens_for(self, grant: dict[str, str]) -> dict[str, Any]:
        form = {
            **grant,
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
        }
        answer = await self._http.post((await self._discovery.metadata()).token_endpoint, form)
        if answer.status != 200:
            raise ProviderRefused(f"the token endpoint answers {answer.status} {_error_of(answer)}".strip())
        said = answer.json()
        if str(said.get("token_type", "Bearer")).lower() != "bearer":
            raise ProviderRefused("the access token is of an unknown type")
        return said

    async def _with_userinfo(self, claims: Claims, url: str, access_token: str) -> Claims:
        answer = await self._http.get(url, access_token=access_token)
        if answer.status != 200:
            raise ProviderRefused(f"the userinfo endpoint answers {answer.status}")
        userinfo = answer.json()
        if userinfo.get("sub") != claims["sub"]:
            raise ProviderRefused("the userinfo endpoint speaks of somebody else")
        return with_profile(claims, userinfo)

    def _account(self, claims: Claims, tokens: Sequence[ProviderToken], now: datetime) -> Account:
        email_address, email_verified = self._preset.email_of(claims)
        return Account(
            issuer=claims["iss"],
            subject=claims["sub"],
            auth_time=auth_time_of(claims, now),
            email_address=email_address,
            email_verified=email_verified,
            first_name=self._preset.first_name_of(claims),
            last_name=self._preset.last_name_of(claims),
            timezone=self._preset.timezone_of(claims),
            locale=self._preset.locale_of(claims),
            country_code=self._preset.country_of(claims),
            tokens=tokens,
        )


def _needed(answer: dict[str, Any], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or _TOKEN.fullmatch(found) is None:
        raise ProviderRefused(f"the answer has no {name}")
    return found


def _error_of(answer: Answer) -> str:
    """The word that OAuth has for what is wrong. Descriptions may hold anything, and stay out of the log."""
    try:
        error = answer.json().get("error")
    except ProviderRefused:
        return ""
    return error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error) else ""


def _tokens(answer: dict[str, Any], now: datetime) -> Sequence[ProviderToken]:
    lifetimes = {
        TokenType.ACCESS: ("access_token", _lifetime(answer.get("expires_in"))),
        TokenType.REFRESH: ("refresh_token", _REFRESH_TOKEN_LIFETIME),
        TokenType.OTHER: ("id_token", _ID_TOKEN_LIFETIME),
    }
    return [
        ProviderToken(kind, answer[name], None if lifetime is None else now + lifetime)
        for kind, (name, lifetime) in lifetimes.items()
        if isinstance(answer.get(name), str) and _TOKEN.fullmatch(answer[name])
    ]


def _lifetime(seconds: object) -> timedelta | None:
    if not isinstance(seconds, int) or not 0 < seconds <= _LONGEST_LIFETIME_SECONDS:
        return None
    return timedelta(seconds=seconds)
