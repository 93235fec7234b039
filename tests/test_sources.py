"""SQL is written by SQLAlchemy and TwiML by twilio's builder: no text of ours becomes either."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

BRIDGE = Path(__file__).parent.parent / "bridge"

DRIVERS = {"sqlite3", "asyncpg", "psycopg", "psycopg2", "aiosqlite"}
XML = {"xml", "lxml", "html"}
TAKES_SQL = {"text", "execute", "executemany", "executescript", "exec_driver_sql", "scalar", "scalars"}
VERBS = "Response|Say|Play|Dial|Number|Client|Record|Gather|Redirect|Hangup|Enqueue|Conference"
MARKUP = re.compile(rf"<(\?xml|/?({VERBS})\b)")
WRITES_TWIML = "twilio/twiml.py"
FILL_A_PAGE = frozenset({"web/html.py", "web/phone/page.py"})
"""The first with three of the operator's settings, escaped by `html`; the second by ElementTree alone."""
READS_A_PAGE = "doctor/status_page.py"
"""It shows the text of the bridge's own page, by `html.parser`."""


def modules() -> Iterator[str]:
    """All of the bridge; the sandboxes are other people's servers."""
    names = (path.relative_to(BRIDGE).as_posix() for path in sorted(BRIDGE.rglob("*.py")))
    return (name for name in names if not name.startswith("sandbox/"))


def violations(module: str, source: str) -> list[str]:
    tree = ast.parse(source)
    statements = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    prose = {id(value) for value in statements if isinstance(value, ast.Constant)}
    return [
        f"{module}:{getattr(node, 'lineno', 0)}: {wrong}"
        for node in ast.walk(tree)
        if id(node) not in prose
        for wrong in (*_imports(node, module), *_sql(node), *_markup(node), *_documents(node, module))
    ]


def _imports(node: ast.AST, module: str) -> Iterator[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module]
    for name in {name.partition(".")[0] for name in names}:
        if (name in XML and module not in {*FILL_A_PAGE, READS_A_PAGE}) or (
            name in DRIVERS and not module.startswith("inbox/")
        ):
            yield f"imports {name}"


def _sql(node: ast.AST) -> Iterator[str]:
    """A statement in text is a literal, to the last character."""
    if isinstance(node, ast.Call) and _name(node.func) in TAKES_SQL and node.args:
        built = (ast.JoinedStr, ast.BinOp)
        formatted = isinstance(node.args[0], ast.Call) and _name(node.args[0].func) in ("format", "join")
        if isinstance(node.args[0], built) or formatted:
            yield f"{_name(node.func)}() of a text that is put together"


def _markup(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and MARKUP.search(node.value):
        yield "TwiML in a text"


def _documents(node: ast.AST, module: str) -> Iterator[str]:
    if isinstance(node, ast.Call) and _name(node.func) == "str" and node.args and module != WRITES_TWIML:
        of = node.args[0].func if isinstance(node.args[0], ast.Call) else node.args[0]
        if _name(of).lower() in ("response", "voiceresponse"):
            yield f"str() of a document: {WRITES_TWIML} writes them"


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_no_text_becomes_sql_or_twiml() -> None:
    assert [v for m in modules() for v in violations(m, (BRIDGE / m).read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("web/twilio/voice.py", "import sqlite3", "imports sqlite3"),
        ("inbox/sqlite.py", "import sqlite3", None),
        ("twilio/twiml.py", "from xml.etree import ElementTree", "imports xml"),
        ("inbox/store.py", "connection.execute(f'select {x}')", "execute() of a text that is put together"),
        ("inbox/store.py", "text('select ' + x)", "text() of a text that is put together"),
        ("inbox/store.py", "text('select {}'.format(x))", "text() of a text that is put together"),
        ("inbox/store.py", "text('select :x')", None),
        ("web/twilio/voice.py", "answer = '<Response><Say>' + name", "TwiML in a text"),
        ("web/twilio/voice.py", "def f():\n    '''Answers <Say>.'''", None),
        ("web/twilio/voice.py", "str(response)", "str() of a document: twilio/twiml.py writes them"),
        ("web/twilio/voice.py", "str(VoiceResponse())", "str() of a document: twilio/twiml.py writes them"),
        ("twilio/twiml.py", "str(response)", None),
    ],
)
def test_a_planted_violation_is_found(module: str, source: str, wrong: str | None) -> None:
    found = [line.partition(": ")[2] for line in violations(module, source)]
    assert found == ([wrong] if wrong else [])
