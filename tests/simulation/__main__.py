"""`python -m tests.simulation --seed 17`: plays seeds, each in a process of its own."""

import os
import sys

if os.environ.get("PYTHONHASHSEED") != "0":
    # The order of sets depends on it.
    again = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
    os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})

# Before the bridge, and all that it stands on, is imported.
from tests.simulation import clock, defences

clock.install()
WITHOUT = "--without-defence"
if WITHOUT in sys.argv:
    defences.take_away(sys.argv[sys.argv.index(WITHOUT) + 1])

from tests.simulation import disk, network  # noqa: E402 - see above

network.install()
disk.install()

from tests.simulation.seeds import main  # noqa: E402 - see above

main()
