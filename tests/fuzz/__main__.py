"""`python -m tests.fuzz`: fuzzes each target for its share of the time, then lets what was found grow."""

import argparse
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz import fuzzing

ATHERIS = Path(".venv/fuzz")
"""Where `make fuzz` installs atheris: with the other tools it would have to be there for every Python."""
FOUND = Path(".venv/fuzzed")
"""A folder for each target, with the inputs that reached something new; a later run begins with them."""

SHARE = 0.8
"""Of a target's time that is for fuzzing; the rest is for growth."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="for all targets together")
    parser.add_argument("--target", action="append", help="this one alone; can be given several times")
    parser.add_argument("--input", help="tries one input, percent-encoded, and ends with its traceback")
    parser.add_argument("--growth", action="store_true", help="only the growth of what was found before")
    parser.add_argument("--one", type=int, metavar="SECONDS", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        fuzzing.fuzz(asked.target[0], asked.one, FOUND / asked.target[0])
    from tests.fuzz.targets.all_targets import TARGETS  # noqa: PLC0415 - in a process that fuzzes instrumented

    names = asked.target or list(TARGETS)
    if unknown := set(names) - TARGETS.keys():
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    if asked.input is not None:
        TARGETS[names[0]].check(fuzzing.of_word(asked.input))
        print("It holds.")
        return
    seconds = 0 if asked.growth else max(1, int(asked.minutes * 60 * SHARE / len(names)))
    failed = [name for name in names if not _holds(name, seconds)]
    sys.exit(1 if failed else 0)


def _holds(name: str, seconds: int) -> bool:
    began = time.monotonic()
    is_sound = not seconds or _is_sound(name, seconds)
    slow = _too_slow(name)
    for told in slow:
        print(f"{name}: takes too long: {told}", flush=True)
    result = "holds" if is_sound and not slow else "FAILS"
    print(f"{name}: {result} ({time.monotonic() - began:.0f} s)", flush=True)
    return is_sound and not slow


def _is_sound(name: str, seconds: int) -> bool:
    """In a process of its own, whose libraries are instrumented, and whose end libFuzzer decides."""
    path = os.pathsep.join([str(ATHERIS), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "tests.fuzz", "--target", name, "--one", str(seconds)]
    ended = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    lines = ended.stdout.splitlines()
    shown = lines[-40:] if ended.returncode else [line for line in lines if _is_of_note(line)]
    print("\n".join(shown), flush=True)
    return ended.returncode == 0


def _is_of_note(line: str) -> bool:
    return line.startswith(("Done ", "stat::number_of_executed_units", "stat::new_units_added"))


def _too_slow(name: str) -> list[str]:
    from tests.fuzz.growing import too_slow  # noqa: PLC0415 - see above
    from tests.fuzz.targets.all_targets import TARGETS  # noqa: PLC0415

    target = TARGETS[name]
    return list(too_slow(target, fuzzing.inputs_of(target.seeds(), FOUND / name)))


if not (ATHERIS / "atheris").is_dir() and not find_spec("atheris") and "--one" in sys.argv:
    print("atheris is not installed: hypothesis looks for inputs, which finds less.")
main()
