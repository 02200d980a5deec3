"""The rules of the lockout, as a deployment sets them."""

from datetime import timedelta

from server.kernel.subdomain import Platform
from server.subdomains.identity.password_credentials.domain.logins import LockoutRules
from server.subdomains.identity.password_credentials.settings import PasswordCredentialsSettings


def lockout_rules(platform: Platform) -> LockoutRules:
    """When a name is locked, and for how long."""
    settings: PasswordCredentialsSettings = platform.read_settings(PasswordCredentialsSettings)
    cooldown = settings.login_cooldown_seconds or (300 if platform.is_testing else 600)
    return LockoutRules(settings.max_failed_logins, timedelta(seconds=cooldown))
