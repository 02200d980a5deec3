"""What the contracts must never offer, read from the contracts, so that a new operation is held to it as well."""

from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from tests.everything.operations import CONTRACTED, Operation, by_name

# Who gets a credential, and how. docs/security.md tells of each; another one has to be told there and here.
HANDS_OUT = {
    "AuthenticateCredential": "tokens",
    "AuthenticateSingleSignOn": "tokens",
    "ConfirmMfaAuthenticatorAssociation": "tokens",
    "CreateApiKey": "api_key",
    "RefreshToken": "tokens",
    "RegisterMachine": "api_key",
    "VerifyMfaAuthenticator": "tokens",
}
TAKES_PASSWORD = {"AuthenticateCredential", "CompletePasswordReset", "RegisterPerson"}
QUESTIONS = ("password_hint", "question", "maiden", "birth")


def fields(message: Descriptor, seen: frozenset[str] = frozenset()) -> Iterator[FieldDescriptor]:
    """Every field of a message and of those within it."""
    for field in message.fields:
        yield field
        if field.message_type is not None and field.message_type.full_name not in seen:
            yield from fields(field.message_type, seen | {field.message_type.full_name})


def test_credentials_are_handed_out_where_it_is_known_and_nowhere_else():
    found = {
        operation.name: field.name
        for operation in CONTRACTED
        for field in fields(operation.descriptor.output_type)
        if field.name == "api_key" or (field.message_type and field.message_type.name == "Tokens")
    }

    assert found == HANDS_OUT


def test_passwords_are_given_where_it_is_known_and_nowhere_else():
    given = {
        operation.name
        for operation in CONTRACTED
        for field in fields(operation.descriptor.input_type)
        if "password" in field.name
    }

    assert given == TAKES_PASSWORD


@pytest.mark.parametrize("name", sorted(TAKES_PASSWORD))
def test_nobody_gives_a_password_for_somebody_else(name: str):
    [operation] = [operation for operation in CONTRACTED if operation.name == name]

    assert "user_id" not in operation.descriptor.input_type.fields_by_name
    assert operation.access.ignores_credentials or operation.is_open


def test_nobody_is_asked_questions_that_others_can_answer():
    asked = {field.full_name for operation in CONTRACTED for field in fields(operation.descriptor.input_type)}

    assert [name for name in asked if any(word in name.lower() for word in QUESTIONS)] == []


def test_no_answer_holds_a_hash_or_a_digest():
    told = {field.full_name for operation in CONTRACTED for field in fields(operation.descriptor.output_type)}

    assert [name for name in told if name.endswith(("_hash", "_digest"))] == []


@pytest.mark.parametrize("operation", CONTRACTED, ids=by_name)
def test_no_secret_stands_in_a_path_or_a_query(operation: Operation):
    secrets = {field.name for field in operation.descriptor.input_type.fields if field.GetOptions().debug_redact} - {
        "page_token"
    }

    for route in operation.routes:
        in_address = set(route.variables) if route.body == "*" else set(operation.descriptor.input_type.fields_by_name)
        assert not secrets & (in_address - {route.body}), route
