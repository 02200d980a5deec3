"""Secrets come from the system's generator, never from one whose next number can be worked out."""

import ast
import base64
from pathlib import Path

import pytest

from server.kernel.security.secrets import random_token

ROOT = Path(__file__).resolve().parents[2]
MAKERS = sorted(
    [*(ROOT / "server/kernel/security").rglob("*.py"), *(ROOT / "server/subdomains/identity").rglob("*.py")]
)


def imports(path: Path) -> set[str]:
    """The modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("path", MAKERS, ids=lambda path: path.relative_to(ROOT / "server").as_posix())
def test_no_maker_of_secrets_knows_another_generator(path: Path):
    assert "random" not in imports(path)


def test_a_random_token_is_256_bits_of_which_none_is_fixed():
    tokens = [base64.urlsafe_b64decode(random_token() + "=") for _ in range(2000)]

    assert {len(token) for token in tokens} == {32}
    ones = [sum(token[bit // 8] >> bit % 8 & 1 for token in tokens) for bit in range(256)]
    assert 750 < min(ones) <= max(ones) < 1250  # eleven standard deviations
    assert len(set(tokens)) == len(tokens)
