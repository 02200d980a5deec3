"""What somebody says who registers, and whether it is valid."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from server.kernel import values
from server.kernel.errors import Violation
from server.subdomains.identity.password_credentials.domain.passwords import PasswordRules

_LONGEST_INVITATION = 43


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for persons who do not say."""

    timezone: str
    locale: str
    country_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The particulars of a person. What is empty was not said."""

    email_address: str
    first_name: str
    last_name: str
    password: str = field(repr=False)
    timezone: str = ""
    locale: str = ""
    country_code: str = ""
    invitation_token: str = field(default="", repr=False)

    def violations(self, rules: PasswordRules, *, is_testing: bool) -> Iterator[Violation]:
        """Every rule that is broken."""
        if values.person_name(self.first_name) is None:
            yield Violation("first_name", "INVALID_FIRST_NAME", "must be 1 to 50 letters, digits and the like")
        if values.person_name(self.last_name) is None:
            yield Violation("last_name", "INVALID_LAST_NAME", "must be 1 to 50 letters, digits and the like")
        email_address = values.email(self.email_address)
        if email_address is None:
            yield Violation("email_address", "INVALID_EMAIL_ADDRESS", "must be an e-mail address")
        broken = rules.broken_by(
            self.password, first_name=self.first_name, last_name=self.last_name, email_address=email_address or ""
        )
        if broken is not None:
            yield Violation("password", *broken)
        if len(self.invitation_token) > _LONGEST_INVITATION:
            yield Violation("invitation_token", "WRONG_INVITATION_KIND", "is an invitation to a team")
        if self.timezone and values.timezone(self.timezone, is_testing=is_testing) is None:
            yield Violation("timezone", "INVALID_TIMEZONE", "must be an id of the IANA time zone database")
        if self.locale and values.locale(self.locale) is None:
            yield Violation("locale", "INVALID_LOCALE", "must be a BCP 47 locale such as en-US")
        if self.country_code and values.country_code(self.country_code) is None:
            yield Violation("country_code", "INVALID_COUNTRY_CODE", "must be an ISO 3166-1 code")

    def normalized(self, defaults: Defaults) -> "Registration":
        """The same, if valid, in normal form and with nothing left open."""
        return replace(
            self,
            email_address=values.email(self.email_address) or self.email_address,
            timezone=self.timezone or defaults.timezone,
            locale=values.locale(self.locale) or defaults.locale,
            country_code=values.country_code(self.country_code) or defaults.country_code,
        )
