"""Hostile requests, each with the exact answer to it; docs/security.md names them all."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio

from bridge.wiring.application import BOUNDS
from tests.support import eventually
from tests.web.conftest import SPECIFICATION, Answer, Bridge, OpenBridge, opened, payload
from tests.web.hostile import dialling, http, recordings, signatures, status, widget
from tests.web.hostile.row import STATUS, UNREADABLE, Row, twilio
from tests.web.operation.test_security_headers import is_plain

ROWS = [*http.ROWS, *signatures.ROWS, *widget.ROWS, *dialling.ROWS, *recordings.ROWS, *status.ROWS]


ALONE = [row for row in ROWS if row.rows or row.before or row.settings or row.bounds != BOUNDS]
"""What changes something, or meets a bridge that is set up for it; all others meet one bridge."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_for_all(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bridge]:
    """The bridge of all rows, with what earlier rows sent."""
    async with opened(tmp_path_factory.mktemp("hostile")) as bridge:
        yield bridge


WHOLE = (
    b'{"version": 0, "to": "client:bob", "action": "pause", "status": "busy", "until": "2026-11-22T10:00Z"}'
)
"""What all bodies of the API need."""
OFF = frozenset({"/twenty/webhook", "/twilio/transcripts"})
"""Until a setting turns them on; rows have them on."""

TOGETHER = [row for row in ROWS if row not in ALONE]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("row", TOGETHER, ids=[row.name for row in TOGETHER])
async def test_hostile(one_for_all: Bridge, row: Row) -> None:
    await is_answered(one_for_all, row)


@pytest.mark.parametrize("row", ALONE, ids=[row.name for row in ALONE])
async def test_hostile_alone(open_bridge: OpenBridge, row: Row) -> None:
    await is_answered(await open_bridge(bounds=row.bounds, **row.settings), row)


@pytest.mark.asyncio(loop_scope="module")
async def test_each_route_that_asks_who_one_is_refuses_a_stranger(one_for_all: Bridge) -> None:
    closed = [
        (method, re.sub(r"{\w+}", "CA" + "1" * 32, path))
        for path, operations in SPECIFICATION["paths"].items()
        for method, operation in operations.items()
        if {} not in operation.get("security", [{}])
    ]
    assert len(closed) > 40
    for method, path in closed:
        of_twilio = path.startswith(("/twilio/", "/twiml/", "/webhook/"))
        kind = "application/x-www-form-urlencoded" if of_twilio else "application/json"
        answer = await one_for_all.request(
            method.upper(), path, headers={"Content-Type": kind}, data=b"" if method == "get" else WHOLE
        )
        assert answer.status in {401, 403} or (answer.status == 404 and path in OFF), (method, path, answer)


async def is_answered(bridge: Bridge, row: Row) -> None:
    if row.before:
        assert (await bridge.raw(row.before)).status < 300
    answer = await bridge.raw(row.sent, alone=row.detail == UNREADABLE)
    assert (answer.status, detail(answer)) == (row.status, row.detail)
    assert {name: answer.headers.get(name) for name in row.headers} == row.headers
    if row.says is None:
        is_plain(answer)
    else:
        assert spoken(answer) == row.says
    await eventually(lambda: len(bridge.rows()) == row.rows)
    # Whoever comes next is served.
    assert (await bridge.get("/health")).status == 200


def spoken(answer: Answer) -> str | None:
    """Of TwiML that says something and hangs up."""
    say, hangup = ET.fromstring(answer.text)
    assert (answer.content_type, say.tag, hangup.tag, len(say)) == ("text/xml", "Say", "Hangup", 0)
    return say.text


def detail(answer: Answer) -> str | None:
    if answer.status < 300:
        return None
    assert answer.content_type == "application/problem+json"
    assert answer.json.keys() - {"code"} == {"type", "title", "status", "detail"}
    told: str = answer.json["detail"]
    return told


DOCUMENT = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
TESTS = Path(__file__).parents[1]


def named() -> set[str]:
    """What the last column of the threat model names."""
    lines = [line for line in DOCUMENT.splitlines() if line.startswith("|") and line.endswith("` |")]
    return {name for line in lines for name in re.findall("`([^`]+)`", line.split(" | ")[-1])}


def test_the_threat_model_names_every_row_and_nothing_else() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    functions = set(re.findall(r"def (test_\w+)\(", sources))
    rows = {row.name for row in ROWS}
    assert len(rows) == len(ROWS)
    assert rows - named() == set()
    assert named() - rows - functions == set()


async def test_a_replay_changes_nothing(bridge: Bridge) -> None:
    def state() -> list[object]:
        """What Twilio told; the worker's own columns are not of it."""
        kept = "root_sid, revision, ended, open_since, purged"
        with closing(sqlite3.connect(bridge.database)) as connection:
            told = connection.execute("select * from callbacks order by id").fetchall()
            return [*told, *connection.execute(f"select {kept} from calls order by root_sid")]

    for form in (STATUS, payload("browser-out-6-dial-action"), payload("browser-out-1-voice-request")):
        path = "/twilio/dial" if "DialCallStatus" in form else "/twilio/status"
        first = await bridge.raw(twilio(path, form))
        before = state()
        assert (await bridge.raw(twilio(path, form))).status == first.status < 300
        assert state() == before
