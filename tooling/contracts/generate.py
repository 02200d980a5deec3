"""
Write everything that is made from the contracts: ``make protos``.

First the Python code, then, in fresh processes that can import it, what is derived from the options in the contracts,
and the services of the Python client.
"""

import os
import subprocess
import sys

from tooling.contracts.paths import CLIENT_GENERATOR, GENERATED, ROOT
from tooling.contracts.python_code import write_python_code
from tooling.contracts.third_party import write_third_party


def main() -> None:
    """Write it all."""
    write_third_party()
    write_python_code()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{GENERATED}"}
    for command in (["-m", "tooling.contracts.derive"], [str(CLIENT_GENERATOR)]):
        subprocess.run([sys.executable, *command], check=True, env=environment)


if __name__ == "__main__":
    main()
