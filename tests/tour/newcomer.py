"""What a newcomer's shell has, on any machine on which the tests run."""

import os
import shutil
import sys
from pathlib import Path

from tests.journeys.whole_run import WholeRun
from tests.tour.readme import ROOT

# Tools that the pages use and that a slim container lacks: each has a stand-in beside this file.
TOOLS = ("curl", "oathtool")


def environment_of(run: WholeRun, folder: Path) -> dict[str, str]:
    """The project's environment and the stand-ins on the path, and the ports of this run."""
    for tool in TOOLS:
        if shutil.which(tool) is None:
            stand_in = folder / tool
            stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/tour/{tool}.py" "$@"\n')
            stand_in.chmod(0o755)
    sources = [ROOT / "generated", ROOT / "clients" / "python" / "src"]
    return os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], str(folder)]),
        "PYTHONPATH": os.pathsep.join(str(source) for source in sources),
        "TENANTRY_HTTP_PORT": str(run.http_port),
        "TENANTRY_GRPC_PORT": str(run.grpc_port),
    }
