"""What providers call things: plain OpenID Connect, and where Google and Microsoft differ from it."""

import re
from collections.abc import Collection
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from server.kernel import values
from server.subdomains.identity.single_sign_on.adapters.id_token import Claims
from server.subdomains.identity.single_sign_on.settings import ProviderSettings

# What a userinfo endpoint may add. Who somebody is, and for whom that holds, says the id token alone.
PROFILE = (
    "email",
    "email_verified",
    "given_name",
    "family_name",
    "name",
    "preferred_username",
    "locale",
    "zoneinfo",
)
_NOT_IN_NAMES = re.compile(r"[^\d\w`!@#$%&()\-:;'\u2019,.?/ ]")
_LONGEST_NAME = 50
_TENANT = re.compile(r"[0-9A-Za-z-]{1,64}")


class OpenIdPreset:
    """Any provider."""

    prompt: ClassVar[str] = "login"

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def announces(self, issuer: str) -> bool:
        """Whether this may stand in the discovery document."""
        return issuer == self.issuer

    def may_give(self, iss: str) -> bool:
        """Whether a code with this ``iss`` may be one of the provider's (RFC 9207)."""
        return iss == self.issuer

    def has_issued(self, claims: Claims) -> bool:
        """Whether an id token is one of the provider's."""
        return claims.get("iss") == self.issuer

    def email_of(self, claims: Claims) -> tuple[str | None, bool]:
        """The address in its normal form, and whether the provider has verified it."""
        return values.email(_text(claims, "email") or ""), claims.get("email_verified") is True

    def first_name_of(self, claims: Claims) -> str | None:
        """The first name, reduced to what names are made of."""
        given = _text(claims, "given_name") or next(iter(_words(claims)), None) or self._instead_of_name(claims)
        return reduced_name(given or "")

    def last_name_of(self, claims: Claims) -> str | None:
        """The last name, likewise."""
        words = _words(claims)
        return reduced_name(_text(claims, "family_name") or (words[-1] if len(words) > 1 else ""))

    def locale_of(self, claims: Claims) -> str | None:
        return values.locale(_text(claims, "locale") or "")

    def timezone_of(self, claims: Claims) -> str | None:
        return values.timezone(_text(claims, "zoneinfo") or "")

    def country_of(self, claims: Claims) -> str | None:
        return None

    def _instead_of_name(self, claims: Claims) -> str | None:
        return (_text(claims, "email") or "").rpartition("@")[0]


class GooglePreset(OpenIdPreset):
    """Google has no prompt that makes a person sign in anew, but one that makes a person choose."""

    prompt = "select_account"

    def timezone_of(self, claims: Claims) -> str | None:
        return None


class MicrosoftPreset(OpenIdPreset):
    """
    Microsoft (Entra ID), of one tenant or of several.

    For several, each token is from an issuer of its own, the one of its tenant. An address is whatever an administrator
    of a tenant has typed, so that it counts as verified only where Microsoft says so, or the tenant is a trusted one.
    """

    _SEVERAL: ClassVar[Collection[str]] = ("common", "organizations")
    _PLACE: ClassVar[str] = "{tenantid}"

    def __init__(self, issuer: str, trusted_tenants: Collection[str]) -> None:
        super().__init__(issuer)
        self._trusted_tenants = trusted_tenants
        parts = urlsplit(issuer)
        _, tenant, *rest = [*parts.path.split("/"), "", ""]
        # The issuer of a token with the tenant left open; nothing where there is only one.
        path = "/".join(["", self._PLACE, *rest]).rstrip("/")
        self._template = urlunsplit(parts._replace(path=path)) if tenant in self._SEVERAL else None

    def announces(self, issuer: str) -> bool:
        return issuer in (self.issuer, self._template)

    def may_give(self, iss: str) -> bool:
        if self._template is None:
            return super().may_give(iss)
        before, _, after = self._template.partition(self._PLACE)
        tenant = iss.removeprefix(before).removesuffix(after)
        return _TENANT.fullmatch(tenant) is not None and iss == before + tenant + after

    def has_issued(self, claims: Claims) -> bool:
        if self._template is None:
            return super().has_issued(claims)
        tenant = _text(claims, "tid")
        is_tenant = tenant is not None and _TENANT.fullmatch(tenant) is not None
        return is_tenant and claims.get("iss") == self._template.replace(self._PLACE, str(tenant))

    def email_of(self, claims: Claims) -> tuple[str | None, bool]:
        is_trusted = _text(claims, "tid") in self._trusted_tenants
        if "email" in claims:
            is_verified = claims.get("email_verified") is True or claims.get("xms_edov") is True
            return values.email(_text(claims, "email") or ""), is_verified or is_trusted
        return values.email(_text(claims, "preferred_username") or ""), is_trusted

    def timezone_of(self, claims: Claims) -> str | None:
        return "GMT"

    def country_of(self, claims: Claims) -> str | None:
        found = [values.country_code(_text(claims, name) or "") for name in ("ctry", "tenant_ctry")]
        return next(filter(None, found), None)

    def _instead_of_name(self, claims: Claims) -> str | None:
        return _text(claims, "preferred_username")


def preset_of(settings: ProviderSettings) -> OpenIdPreset:
    """How the provider of these settings calls things."""
    if settings.preset == "microsoft":
        return MicrosoftPreset(settings.issuer, settings.trusted_tenants)
    return GooglePreset(settings.issuer) if settings.preset == "google" else OpenIdPreset(settings.issuer)


def with_profile(claims: Claims, userinfo: Claims) -> Claims:
    """The claims with what the userinfo endpoint adds. Whether an address is verified says whoever names it."""
    of_address = ("email", "email_verified", "xms_edov")
    own = {name: value for name, value in claims.items() if name not in of_address}
    return own | {name: userinfo[name] for name in PROFILE if userinfo.get(name) is not None}


def reduced_name(text: str) -> str | None:
    """What is left of a name that may be one of a person here; nothing if nothing is."""
    return _NOT_IN_NAMES.sub("", text)[:_LONGEST_NAME].strip() or None


def _text(claims: Claims, name: str) -> str | None:
    found: Any = claims.get(name)
    return found.strip() or None if isinstance(found, str) else None


def _words(claims: Claims) -> list[str]:
    return (_text(claims, "name") or "").split()
