"""The rules of the lockout, as a deployment sets them, and under which key a name is counted."""

from datetime import timedelta

from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.subdomains.identity.password_credentials.domain.logins import LockoutRules
from server.subdomains.identity.password_credentials.settings import PasswordCredentialsSettings


def lockout_rules(platform: Platform) -> LockoutRules:
    """When a name is locked, and for how long."""
    settings: PasswordCredentialsSettings = platform.read_settings(PasswordCredentialsSettings)
    cooldown = settings.login_cooldown_seconds or (300 if platform.is_testing else 600)
    return LockoutRules(settings.max_failed_logins, timedelta(seconds=cooldown))


def login_key(secrets: SecretKeys, email_address: str) -> bytes:
    """What the login monitor of a name is found by, which does not tell the name."""
    return secrets.index("login-name", email_address.encode())
