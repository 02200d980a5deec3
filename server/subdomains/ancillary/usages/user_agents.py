"""What a program says of itself when it calls: its browser, operating system and device."""

import ua_parser

_LONGEST = 500  # what is longer is no browser, and takes long to look at
_NO_DEVICE = "other"


def describe(user_agent: str) -> dict[str, str]:
    """The properties that a ``User-Agent`` header stands for."""
    found = ua_parser.parse(user_agent[:_LONGEST])
    described: dict[str, str] = {}
    if found.user_agent is not None:
        described["Browser"] = found.user_agent.family
        version = _dotted(found.user_agent.major, found.user_agent.minor, found.user_agent.patch)
        if version:
            described["BrowserVersion"] = version
    if found.os is not None:
        described["OperatingSystem"] = f"{found.os.family} {_dotted(found.os.major, found.os.minor)}".rstrip()
    if found.device is not None and found.device.family.lower() != _NO_DEVICE:
        described["Device"] = found.device.family
    return described


def _dotted(*parts: str | None) -> str:
    numbers = []
    for part in parts:
        if not part:
            break
        numbers.append(part)
    return ".".join(numbers)
