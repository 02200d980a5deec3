"""Validation rules of the contracts in the words of JSON Schema. What has no word there stays in the description."""

from typing import Any

from buf.validate import validate_pb2

from tooling.contracts.openapi.fields import Field, is_repeated, rules_of

Schema = dict[str, Any]

_FORMATS = {
    "email": "email",
    "hostname": "hostname",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "uri": "uri",
    "uri_ref": "uri-reference",
    "uuid": "uuid",
}
_NUMBERS = {"gte": "minimum", "gt": "exclusiveMinimum", "lte": "maximum", "lt": "exclusiveMaximum"}
# What JSON writes as text, which has no least and no greatest.
_WRITTEN_AS_TEXT = ("int64", "uint64", "sint64", "fixed64", "sfixed64", "timestamp", "duration")


def rule_keywords(field: Field) -> Schema:
    """Return what the field's rules say about its value, or about the list or map it holds."""
    rules = rules_of(field)
    kind = rules.WhichOneof("type")
    if kind == "repeated":
        return _lengths(rules.repeated, {"min_items": "minItems", "max_items": "maxItems", "unique": "uniqueItems"})
    if kind == "map":
        return _lengths(rules.map, {"min_pairs": "minProperties", "max_pairs": "maxProperties"})
    return {} if is_repeated(field) else _value_keywords(rules)


def item_keywords(field: Field) -> Schema:
    """Return what the field's rules say about each item of its list."""
    return _value_keywords(rules_of(field).repeated.items)


def _value_keywords(rules: validate_pb2.FieldRules) -> Schema:
    kind = rules.WhichOneof("type")
    if kind is None:
        return {}
    typed = getattr(rules, kind)
    if kind == "string":
        return _string_keywords(typed)
    if kind == "enum" or kind in _WRITTEN_AS_TEXT:
        return {}
    return _lengths(typed, _NUMBERS)


def _string_keywords(rules: validate_pb2.StringRules) -> Schema:
    keywords = _lengths(rules, {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"})
    if rules.HasField("len"):
        keywords |= {"minLength": rules.len, "maxLength": rules.len}
    for rule, format_name in _FORMATS.items():
        if getattr(rules, rule):
            keywords["format"] = format_name
    values = getattr(rules, "in")
    if values:
        keywords["enum"] = list(values)
    return keywords


def _lengths(rules: Any, words: dict[str, str]) -> Schema:
    present = {field.name for field, _ in rules.ListFields()}
    return {word: getattr(rules, rule) for rule, word in words.items() if rule in present}
