"""The rules of new passwords, as a deployment sets them."""

from server.kernel.subdomain import Platform
from server.subdomains.ancillary.emails.api import EmailsApi
from server.subdomains.identity.password_credentials.blocklist import common_passwords
from server.subdomains.identity.password_credentials.domain.passwords import PasswordRules
from server.subdomains.identity.password_credentials.settings import PasswordCredentialsSettings


def password_rules(platform: Platform) -> PasswordRules:
    """What a new password may be."""
    settings: PasswordCredentialsSettings = platform.read_settings(PasswordCredentialsSettings)
    return PasswordRules(settings.password_min_length, common_passwords(), EmailsApi.of(platform).product_name)
