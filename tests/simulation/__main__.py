"""`python -m tests.simulation --seed 17`: plays seeds, each in a process of its own."""

import os
import sys

if os.environ.get("PYTHONHASHSEED") != "0":
    # The order of sets depends on it.
    os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606

from tests.simulation import clock, network

network.install()
clock.install()

from tests.simulation import disk  # noqa: E402 - the clocks first

disk.install()

from tests.simulation.seeds import main  # noqa: E402

main()
