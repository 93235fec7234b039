"""Who may import whom, and that `calls` stays pure."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

BRIDGE = Path(__file__).parent.parent / "bridge"

EVERYBODYS = frozenset(
    {"settings", "observability", "errors", "json_text", "language", "network", "background"}
)
SYSTEMS = frozenset({"twilio", "twenty", "inbox"})
ROOMS: Mapping[str, frozenset[str]] = {
    "language": frozenset(),
    "errors": frozenset({"language"}),
    "calls": frozenset({"errors"}),
    "settings": frozenset({"errors", "calls", "language"}),
    "background": frozenset({"errors"}),
    "json_text": frozenset(),
    "network": frozenset({"language"}),
    "observability": EVERYBODYS,
    "twilio": EVERYBODYS | {"calls"},
    "twenty": EVERYBODYS | {"calls"},
    "inbox": EVERYBODYS | {"calls"},
    "sync": EVERYBODYS | {"calls"} | SYSTEMS,
    "web": EVERYBODYS | {"calls"} | SYSTEMS,
    "transcripts": EVERYBODYS | {"calls", "twilio", "inbox"},
    # It must be able to disagree with the bridge.
    "sandbox": frozenset(),
    # Both sandboxes, and the bridge as a process of its own.
    "demo": EVERYBODYS | {"sandbox"},
    "": frozenset(),
}
"""What each room may import besides itself. The composition root is in none of them."""

ROOTS = frozenset({"alerts", "cli", "doctor", "setup", "wiring", "__main__"})
IMPURE = frozenset({"aiohttp", "gql", "sqlalchemy", "asyncio", "os", "time"})


def modules() -> Iterator[Path]:
    return (path.relative_to(BRIDGE) for path in sorted(BRIDGE.rglob("*.py")))


def room_of(module: Path) -> str:
    """`calls/fold/call.py` → `calls`, `errors.py` → `errors`, `__init__.py` → ``."""
    name = module.parts[0].removesuffix(".py")
    return "" if name == "__init__" else name


def imported(source: str, package: tuple[str, ...]) -> Iterator[str]:
    """The dotted names that a module of `package` imports, relative ones resolved."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            near = package[: len(package) - node.level + 1] if node.level else ()
            base = [*near, *([node.module] if node.module else [])]
            yield from (".".join([*base, alias.name]) for alias in node.names)


def violations(module: Path, source: str) -> list[str]:
    room = room_of(module)
    if room in ROOTS:
        return []
    names = list(imported(source, ("bridge", *module.parent.parts)))
    ours = {name.split(".")[1] for name in names if name.startswith("bridge.")}
    wrong = sorted(ours - ROOMS[room] - {room})
    if room == "calls":
        wrong += sorted(IMPURE.intersection(name.split(".")[0] for name in names))
    return [f"{module} imports {name}" for name in wrong]


def test_every_module_imports_what_its_room_may() -> None:
    assert [v for m in modules() for v in violations(m, (BRIDGE / m).read_text(encoding="utf-8"))] == []


def test_only_the_commands_that_play_import_the_sandbox() -> None:
    """Also within a function: `serve` of the production image has none."""
    found = {
        str(module)
        for module in modules()
        if room_of(module) not in ("sandbox", "demo")
        for name in imported((BRIDGE / module).read_text(encoding="utf-8"), ("bridge", *module.parent.parts))
        if name.startswith(("bridge.sandbox", "bridge.demo"))
    }
    assert found == {"cli/conformance.py", "cli/demo.py", "cli/sandbox.py"}


def test_every_room_is_known() -> None:
    assert {room_of(module) for module in modules()} <= ROOMS.keys() | ROOTS


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        (
            "calls/fold/call.py",
            "from bridge.calls.fold.legs import Leg\nfrom bridge.errors import BridgeError",
            [],
        ),
        ("calls/fold/call.py", "from bridge.settings import Settings", ["settings"]),
        ("calls/fold/call.py", "import asyncio", ["asyncio"]),
        ("calls/fold/call.py", "def now():\n    from os.path import join", ["os"]),
        ("twilio/forms.py", "from bridge.twenty import people", ["twenty"]),
        ("twenty/people/lookup.py", "import bridge.inbox.store", ["inbox"]),
        ("inbox/migrations/env.py", "from bridge.inbox.tables import metadata", []),
        ("sync/worker.py", "from bridge import inbox, web", ["web"]),
        ("web/twilio/voice.py", "from ...sync import worker\nfrom . import callbacks", ["sync"]),
        ("sandbox/twilio/signing.py", "from bridge.twilio.signature import Validator", ["twilio"]),
        ("settings/models.py", "from bridge.calls.texts import Texts", []),
        ("wiring/application.py", "from bridge.sandbox import twilio", []),
    ],
)
def test_a_planted_violation_is_found(module: str, source: str, wrong: list[str]) -> None:
    assert violations(Path(module), source) == [f"{module} imports {name}" for name in wrong]


OF_ALEMBIC = Path("inbox/migrations/versions")
"""Scripts that Alembic finds by itself; no package."""

LOOSE_FILES = 6
"""At the top of `bridge/`; everything else has a room."""


def private_uses(source: str) -> list[str]:
    """What a module takes of another one that the other keeps for itself: `from x import _y`, `x._y`."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {
        alias.asname or alias.name.partition(".")[0]: f"{getattr(node, 'module', None) or ''}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    taken = [module for module in names.values() if any(map(_is_private, module.split(".")))]
    read = [
        ast.unparse(node)
        for node in nodes
        if isinstance(node, ast.Attribute) and _is_private(node.attr)
        if isinstance(node.value, ast.Name) and node.value.id in names
    ]
    return sorted([*taken, *read])


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_no_module_takes_what_another_keeps_for_itself() -> None:
    found = {str(module): private_uses((BRIDGE / module).read_text(encoding="utf-8")) for module in modules()}
    assert {module: uses for module, uses in found.items() if uses} == {}


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("from bridge.inbox.store import Inbox", []),
        ("from bridge.inbox.store import _open", ["bridge.inbox.store._open"]),
        ("from bridge.inbox._store import Inbox", ["bridge.inbox._store.Inbox"]),
        ("from . import store\nstore._open()", ["store._open"]),
        ("from bridge.inbox import store as kept\nkept._open()", ["kept._open"]),
        ("import bridge.inbox._store", ["bridge.inbox._store"]),
        ("class A:\n    def f(self):\n        return self._x", []),
        ("from __future__ import annotations", []),
    ],
)
def test_a_planted_use_is_found(source: str, wrong: list[str]) -> None:
    assert [use.removeprefix(".") for use in private_uses(source)] == wrong


MOST_IMPORTS = 30
"""Modules of ours that one module imports: no module knows everybody, the composition root included."""


def test_no_module_knows_everybody() -> None:
    found = {
        str(module): len(
            {
                node.module
                for node in ast.walk(ast.parse((BRIDGE / module).read_text(encoding="utf-8")))
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bridge.")
            }
        )
        for module in modules()
    }
    assert {module: count for module, count in found.items() if count > MOST_IMPORTS} == {}


def test_a_class_name_means_one_thing() -> None:
    """Outside the sandbox and the demo: one word for one thing."""
    defined: dict[str, list[str]] = {}
    for module in modules():
        for node in ast.walk(ast.parse((BRIDGE / module).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and room_of(module) not in ("sandbox", "demo"):
                defined.setdefault(node.name, []).append(str(module))
    assert {name: places for name, places in defined.items() if len(places) > 1} == {}


def test_a_pattern_stands_once() -> None:
    """Regular expressions of the code and of the settings; two that are the same have one name."""
    found: dict[str, list[str]] = {}
    for module in modules():
        if room_of(module) not in ("sandbox", "demo"):
            for text in patterns((BRIDGE / module).read_text(encoding="utf-8")):
                found.setdefault(text, []).append(str(module))
    assert {text: places for text, places in found.items() if len(places) > 1} == {}


def patterns(source: str) -> Iterator[str]:
    """What a module compiles, or gives as `pattern=`, by itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            named = [keyword.value for keyword in node.keywords if keyword.arg == "pattern"]
            compiled = node.args[:1] if ast.unparse(node.func) == "re.compile" else []
            for value in (*named, *compiled):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def test_the_top_shows_rooms() -> None:
    assert len(list(BRIDGE.glob("*.py"))) <= LOOSE_FILES


def test_every_folder_says_its_purpose_in_a_sentence() -> None:
    silent = [
        str(folder.relative_to(BRIDGE))
        for folder in sorted({(BRIDGE / module).parent for module in modules()} - {BRIDGE / OF_ALEMBIC})
        if not _first_line(folder / "__init__.py").endswith(".")
    ]
    assert silent == []


def _first_line(module: Path) -> str:
    told = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) if module.is_file() else None
    return (told or "").partition("\n")[0]


# All that makes Twilio dial a telephone number, and the modules that do it: each takes an `Admitted` alone.
DIALS = {
    "Number(": {"calls/numbers.py", "twilio/answers.py"},
    "Telephone(": {"calls/routing/steps.py", "settings/served.py"},
    "dial.number": {"twilio/twiml.py"},
    "Admitted(": {"calls/dialling/admission.py", "twilio/twiml.py"},
    "Admitted": {
        "calls/dialling/admission.py",
        "calls/routing/steps.py",
        "twilio/rest/conferences.py",
        "twilio/twiml.py",
        "web/conferences/acts.py",
        "web/conferences/invitations.py",
        "web/phone/calls.py",
        "web/twilio/inbound.py",
    },
    "Invitation(": {"web/conferences/invitations.py"},
    "participants.create": {"twilio/rest/conferences.py"},
    "twiml.dial_out": {"web/twilio/outbound.py"},
    "twiml.transfer": {"web/phone/calls.py"},
}
OF_REST = ("calls.create", "create_call", 'Calls.json", post', "calls.json")


def test_no_number_is_dialled_but_by_admission() -> None:
    sources = {
        str(module): ast.unparse(ast.parse((BRIDGE / module).read_text(encoding="utf-8")))
        for module in modules()
        if room_of(module) not in ("sandbox", "demo")
    }
    for word, allowed in DIALS.items():
        used = {name for name, text in sources.items() if _uses(text, word)}
        assert used - {"twilio/document.py"} <= allowed, word
    assert [(name, word) for name, text in sources.items() for word in OF_REST if word in text] == []


def _uses(text: str, word: str) -> bool:
    """Whether a word stands in the code by itself: not as the end of a longer name, nor where it is made."""
    return re.search(rf"(?<![\w])(?<!class ){re.escape(word)}", text) is not None
