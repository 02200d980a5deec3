"""Flags in flagd's format."""

from typing import Any

SOMEBODY = "user_01k9zzzzzzzzzzzzzzzzzzzzzz"
SOMEWHERE = "org_01k9zzzzzzzzzzzzzzzzzzzzzz"


def flag(default: str = "off", *, rule: Any = None, **changes: Any) -> dict[str, Any]:
    """A boolean flag. A *rule* that holds turns it on."""
    targeting = {} if rule is None else {"targeting": {"if": [rule, "on", None]}}
    return {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": default} | targeting | changes


def equal(attribute: str, value: str) -> Any:
    """Holds when the attribute has the value."""
    return {"==": [{"var": attribute}, value]}


def flags(**given: Any) -> dict[str, Any]:
    """A file of flags."""
    return {"flags": given}


# Flags that tell what they were evaluated with, and some that are odd.
FLAGS = flags(
    on=flag("on"),
    off=flag("off"),
    for_somebody=flag(rule=equal("targetingKey", SOMEBODY)),
    for_users=flag(rule=equal("type", "user")),
    for_somewhere=flag(rule=equal("organization_id", SOMEWHERE)),
    for_this_environment=flag(rule=equal("environment", "development")),
    for_another_environment=flag(rule=equal("environment", "staging")),
    disabled=flag("on", state="DISABLED"),
    without_default=flag("on", defaultVariant=None),
    colour={"state": "ENABLED", "variants": {"green": "#00ff00", "red": "#ff0000"}, "defaultVariant": "green"},
    odd=flag("on", variants={"on": True, "off": "no"}),
    disabled_colour={"state": "DISABLED", "variants": {"green": "#00ff00"}, "defaultVariant": "green"},
)
BOOLEAN = sorted(name for name in FLAGS["flags"] if name not in ("colour", "odd", "disabled_colour"))
ON_FOR_NOBODY = {"on", "for_this_environment"}
