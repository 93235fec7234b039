"""Fuzzes one target for some seconds, guided by coverage: by atheris, else by hypothesis.

atheris has no wheel for every machine. https://github.com/google/atheris
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote_from_bytes, unquote_to_bytes

from tests.fuzz.shrinking import shrunk

FAILED = 77
LONGEST = 4096
"""Bytes of an input; how larger ones grow is tried apart."""

INSTRUMENTED = ("bridge", "yaml", "jwt", "wave", "phonenumbers.phonenumberutil", "twilio.request_validator")


def fuzz(name: str, seconds: int, corpus: Path) -> None:
    """Ends the process: with 0, or with FAILED after an input that fails was printed."""
    try:
        import atheris  # noqa: PLC0415 - it is not there for every Python and machine
    except ImportError:
        _by_hypothesis(name, seconds)
        sys.exit()
    with atheris.instrument_imports(include=list(INSTRUMENTED), enable_loader_override=False):
        from tests.fuzz.targets.all_targets import TARGETS  # noqa: PLC0415 - as it is instrumented
    target = TARGETS[name]
    corpus.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        words, seeds = Path(folder) / "words", Path(folder) / "seeds"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
        seeds.mkdir()
        for number, seed in enumerate(target.seeds()):
            (seeds / str(number)).write_bytes(seed)
        options = [f"-max_total_time={seconds}", f"-max_len={min(target.largest, LONGEST)}", f"-dict={words}"]
        options += ["-timeout=60", "-print_final_stats=1", f"-artifact_prefix={folder}/"]
        atheris.Setup([name, *options, str(corpus), str(seeds)], _stops_at_a_failure(name, target.check))
        atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02X}" for byte in word)


def _stops_at_a_failure(name: str, check: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def one(data: bytes) -> None:
        try:
            check(data)
        except Exception:
            print_failure(name, check, data)
            sys.stdout.flush()
            os._exit(FAILED)

    return one


def as_word(data: bytes) -> str:
    """Percent-encoded; a lone `%` is no input at all."""
    return quote_from_bytes(data, safe="") or "%"


def of_word(word: str) -> bytes:
    """What `as_word` wrote."""
    return b"" if word == "%" else unquote_to_bytes(word)


def print_failure(name: str, check: Callable[[bytes], None], data: bytes) -> None:
    """The command that repeats it, with the smallest input that was found."""
    small = shrunk(check, data)
    print(f"\n{name}: {small!r} fails; to repeat it:")
    print(f"  make fuzz TARGET={name} INPUT={as_word(small)}")


def _by_hypothesis(name: str, seconds: int) -> None:
    """Examples are seeds with edits; `hypothesis.target` prefers those that reach more lines."""
    from tests.fuzz.by_hypothesis import search  # noqa: PLC0415 - only without atheris
    from tests.fuzz.targets.all_targets import TARGETS  # noqa: PLC0415

    failing = search(TARGETS[name], seconds)
    if failing is not None:
        print_failure(name, TARGETS[name].check, failing)
        sys.exit(FAILED)


def inputs_of(seeds: Iterator[bytes], corpus: Path) -> list[bytes]:
    """The seeds, and what fuzzing found."""
    found = sorted(corpus.iterdir()) if corpus.is_dir() else []
    return [*seeds, *(path.read_bytes() for path in found)]
