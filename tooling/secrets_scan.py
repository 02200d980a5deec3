"""
No secret in what git holds: `make secrets`.

Looks for the shapes of real credentials (keys of providers, private keys, tokens, passwords in addresses), not for long
strings: lock files and test data are full of those. A line that must show such a shape ends with
`pragma: allowlist secret`.
"""

import subprocess
import sys
from pathlib import Path

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = [
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "IbmCloudIamDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
]
LEFT_OUT = ("locks/", "generated/")


def main() -> int:
    """Print where something looks like a secret, and never the secret."""
    found = SecretsCollection(root=str(ROOT))
    with transient_settings({"plugins_used": [{"name": name} for name in PLUGINS]}):
        for path in files():
            found.scan_file(path)
    lines = [f"{path}:{secret.line_number}: {secret.type}" for path, secret in found]
    print("\n".join(lines) if lines else "No secret found.")
    return 1 if lines else 0


def files() -> list[str]:
    """The files that git holds or would hold."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for path in listed if not path.startswith(LEFT_OUT) and (ROOT / path).is_file()]


if __name__ == "__main__":
    sys.exit(main())
