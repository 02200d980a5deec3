"""The flag system that a deployment has chosen."""

from server.kernel.subdomain import Platform
from server.subdomains.ancillary.feature_flags.adapters.boolean_provider import BooleanProvider
from server.subdomains.ancillary.feature_flags.adapters.open_feature import OpenFeatureFlags
from server.subdomains.ancillary.feature_flags.ports import FlagSystem
from server.subdomains.ancillary.feature_flags.settings import FlagSettings


def flag_system(platform: Platform) -> FlagSystem:
    """
    The flag system of the settings.

    Raises:
        SettingsError: There is something wrong with the flags file.
    """
    settings: FlagSettings = platform.read_settings(FlagSettings)
    return OpenFeatureFlags(_provider(platform, settings), platform.settings.deployment_environment)


def _provider(platform: Platform, settings: FlagSettings) -> BooleanProvider:
    # A process takes the memory of the one provider it uses.
    if settings.flags_provider == "file":
        from server.subdomains.ancillary.feature_flags.adapters.flags_file import FlagsFileProvider  # noqa: PLC0415

        return FlagsFileProvider(settings.flags_file)
    from server.subdomains.ancillary.feature_flags.adapters.remote import RemoteProvider  # noqa: PLC0415

    if settings.flags_provider == "flagd":
        from server.subdomains.ancillary.feature_flags.adapters.flagd import Flagd  # noqa: PLC0415

        fetch = Flagd(settings.flagd_host, settings.flagd_port).fetch
    else:
        from server.subdomains.ancillary.feature_flags.adapters.flagsmith import Flagsmith  # noqa: PLC0415

        key = settings.flagsmith_environment_key.get_secret_value()
        fetch = Flagsmith(settings.flagsmith_base_url, key, settings.flags_timeout_seconds).fetch
    return RemoteProvider(
        settings.flags_provider,
        fetch,
        cache_seconds=settings.flags_cache_seconds,
        timeout_seconds=settings.flags_timeout_seconds,
        now=platform.clock,
    )
