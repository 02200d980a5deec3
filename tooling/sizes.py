"""Files and functions stay small: `make sizes`. Generated code is left out."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST_FILE = 500
LARGEST_TEST_FILE = 400
LARGEST_FUNCTION = 50
GENERATED = ("generated/", "clients/python/src/tenantry/")


def main() -> int:
    """Print every file and function that is too large."""
    problems = [problem for path in our_files() for problem in problems_of(path)]
    print("\n".join(problems) if problems else "Every file and function is small enough.")
    return 1 if problems else 0


def our_files() -> list[str]:
    """The Python files that git holds or would hold."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for path in listed if not path.startswith(GENERATED) and (ROOT / path).exists()]


def problems_of(path: str) -> Iterator[str]:
    source = (ROOT / path).read_text()
    lines = source.count("\n")
    limit = LARGEST_TEST_FILE if path.startswith("tests/") else LARGEST_FILE
    if lines > limit:
        yield f"{path}: {lines} lines; at most {limit}"
    if "/migrations/" in path:
        return  # SQL from top to bottom, which no cut would make clearer
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (size := lines_of(node)) > LARGEST_FUNCTION:
            yield f"{path}:{node.lineno}: {node.name} has {size} lines; at most {LARGEST_FUNCTION}"


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of the body. The docstring is not counted: nobody should shorten what helps the reader."""
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


if __name__ == "__main__":
    sys.exit(main())
