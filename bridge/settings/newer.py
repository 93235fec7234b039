"""Settings that a newer version left in the files: ignored, with a warning each, and never written over.

What is nearly a name of this version, or stands in another section here, is a mistake and refused instead.
"""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import reduce
from operator import getitem
from typing import Any

from bridge.language.phrase import Phrase, phrase
from bridge.settings.variables import ENVIRONMENT

NEAR = 0.7
"""By difflib: what an operator perhaps meant."""
MISSPELT = 0.85
"""What the operator meant: `contries` for `countries` has 0.94, `ring_seconds` for `seconds` 0.74."""
MORE_LETTERS = 2
"""What has more is another name."""

PREFIX = "BRIDGE_"
OTHER_PROGRAMS = frozenset(
    {
        "BRIDGE_DATABASE_PASSWORD",
        "BRIDGE_LOCAL_CONFIG",
        "BRIDGE_SITE",
        "BRIDGE_UPSTREAM",
        "BRIDGE_URL",
    }
)
"""Variables of Docker Compose, Caddy and the Twenty app, beside ours in one `.env`."""
SERVICE_LINKS = ("_SERVICE_", "_PORT_")
"""Within names that Kubernetes sets for a service called bridge:
https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables"""


def near(name: str, known: Collection[str]) -> str:
    """The most similar name; empty where none is similar."""
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=NEAR)), "")


def is_misspelt(name: str, known: str) -> bool:
    """Whether a name is a known one with a letter wrong, missing, doubled, or two in the wrong order."""
    if abs(len(name) - len(known)) > MORE_LETTERS:
        return False
    alike = difflib.SequenceMatcher(None, name, known).ratio() >= MISSPELT
    return alike or sorted(name) == sorted(known)


def without(values: Mapping[str, Any], paths: Iterable[Sequence[str | int]]) -> dict[str, Any]:
    """A copy of the sections without what stands at these paths."""
    left = deepcopy(dict(values))
    for path in paths:
        _remove(left, path)
    return left


def _remove(sections: Any, path: Sequence[str | int]) -> None:
    *way, name = path
    # Every path is pydantic's, which has walked it.
    inside = reduce(getitem, way, sections)
    if isinstance(inside, dict):
        inside.pop(name, None)


def ignored(name: str, near: str, place: str) -> Phrase:
    """The warning for a setting or a variable."""
    if near:
        return phrase(
            "{name} is unknown to this version, which ignores it; did you mean {near}? [{place}]",
            name=name,
            near=near,
            place=place,
        )
    return phrase("{name} is unknown to this version, which ignores it [{place}]", name=name, place=place)


def unknown_variables(given: Mapping[str, str]) -> Iterator[str]:
    """Names with a value that only this bridge, in a newer version, can have."""
    for name, value in given.items():
        is_ours = name.startswith(PREFIX) and name not in ENVIRONMENT and name not in OTHER_PROGRAMS
        if is_ours and value.strip() and not any(part in name for part in SERVICE_LINKS):
            yield name
