"""
Write everything that is made from the contracts: ``make protos``.

First the Python code, then, in a fresh process that can import it, what is derived from the options in the contracts.
"""

import os
import subprocess
import sys

from tooling.contracts.paths import GENERATED, ROOT
from tooling.contracts.python_code import write_python_code
from tooling.contracts.third_party import write_third_party


def main() -> None:
    """Write it all."""
    write_third_party()
    write_python_code()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{GENERATED}"}
    subprocess.run([sys.executable, "-m", "tooling.contracts.derive"], check=True, env=environment)


if __name__ == "__main__":
    main()
