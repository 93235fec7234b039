"""`calls list`, `show`, `retry` and `forget`, as they are typed."""

import json
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from bridge.calls.activity import record_id
from bridge.calls.callback import Kind
from bridge.calls.people.matching import Person
from bridge.inbox.queries import KnownCall, State, known_call
from bridge.inbox.store import Inbox
from bridge.inbox.tables import calls
from tests.cli.support import SETTINGS, typed, with_inbox
from tests.inbox.support import fails_for, incoming, kept, settled
from tests.support import TEN, outbound, told

JANE = Person("8f7fd1c4-bf2c-4c2a-a9f2-6d14ba60cbd4", "Jane Doe")
JANES, PAULS = "+33612345678", "+33698765432"
SETTLED, PARKED, DUE = (f"CA{n}{'0' * 31}" for n in "123")


@pytest.fixture
def folder(here: Path) -> Path:
    """Jane's call is settled, with a recording; Paul's is parked; a call out to Jane is due."""

    async def fill(inbox: Inbox) -> None:
        await kept(inbox, *incoming(SETTLED, JANES))
        recording = {"RecordingSid": "RE1", "RecordingUrl": "https://api.twilio.com/RE1"}
        await inbox.store(told(Kind.RECORDING, SETTLED, at=40, RecordingDuration="9", **recording))
        (due,) = await inbox.claim(1)
        await inbox.failed([due], "twenty.unavailable: no answer", now=TEN)
        await settled(inbox, person=JANE)
        await kept(inbox, *incoming(PARKED, PAULS, at=60))
        (due,) = await inbox.claim(1)
        await inbox.park(due, "INVALID_PHONE_NUMBER [42/]", now=TEN)
        await inbox.store(outbound(DUE, JANES, seconds=300))

    with_inbox(here, fill)
    return here


def listed(*words: str) -> list[dict[str, Any]]:
    status, told = typed("calls", "list", "--json", *words)
    assert status == 0
    rows: list[dict[str, Any]] = json.loads(told)
    return rows


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "sids"),
    [
        ((), [DUE, PARKED, SETTLED]),
        (("--due",), [DUE]),
        (("--parked",), [PARKED]),
        (("--number", "06 12 34 56 78"), [DUE, SETTLED]),
        (("--number", PAULS), [PARKED]),
        (("--number", PAULS, "--due"), []),
        (("--number", "+33 1 59 13 00 01"), [DUE, PARKED, SETTLED]),
        (("--number", "sip:nobody@example.com"), []),
        (("--since", "2026-11-22T10:04"), [DUE]),
        (("--since", "2026-11-22T11:04+01:00"), [DUE]),
        (("--limit", "2"), [DUE, PARKED]),
    ],
)
def test_list(words: tuple[str, ...], sids: list[str]) -> None:
    assert [row["sid"] for row in listed(*words)] == sids


@pytest.mark.usefixtures("folder")
def test_list_says_what_is_no_number() -> None:
    assert typed("calls", "list", "--number", "foo") == (2, "foo: not a telephone number")


@pytest.mark.usefixtures("folder")
def test_list_tells_what_an_operator_asks_first() -> None:
    row = listed("--parked")[0]
    assert (row["state"], row["error"], row["failures"]) == ("parked", "INVALID_PHONE_NUMBER [42/]", 1)
    assert (row["direction"], row["status"], row["other"]) == ("inbound", "MISSED", PAULS)
    _, told = typed("calls", "list")
    lines = told.splitlines()
    head = ["sid", "started", "direction", "other", "status", "talk", "person", "state", "error"]
    assert lines[0].split() == head
    assert lines[2].endswith("parked   INVALID_PHONE_NUMBER [42/]")
    assert lines[3].split()[:7] == [SETTLED, "2026-11-22", "10:00:00", "inbound", JANES, "MISSED", "Jane"]


@pytest.mark.parametrize(
    "words",
    [
        ("calls", "list"),
        ("calls", "show", DUE),
        ("calls", "retry", "--parked"),
        ("calls", "relink"),
        ("calls", "forget", "--call", DUE, "--yes"),
        ("backfill", "--since", "1d"),
    ],
)
def test_in_a_folder_without_a_database_none_is_made(here: Path, words: tuple[str, ...]) -> None:
    before = set(here.rglob("*"))
    status, told = typed(*words)
    assert status == 2
    assert "There is no database" in told
    assert set(here.rglob("*")) == before


def test_a_backfill_before_the_first_start_is_shown_and_makes_no_database(here: Path) -> None:
    before = set(here.rglob("*"))
    _, told = typed("backfill", "--since", "1d", "--dry-run")
    assert "There is no database" not in told
    assert set(here.rglob("*")) == before


def test_an_empty_list(here: Path) -> None:
    async def nothing(_inbox: Inbox) -> None:
        """An empty database."""

    with_inbox(here, nothing)
    assert typed("calls", "list") == (0, "No such calls.\n")
    assert typed("calls", "list", "--json") == (0, "[]\n")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("words", [("--due", "--parked"), ("--since", "yesterday"), ("--limit", "0")])
def test_list_with_words_that_make_no_sense(words: tuple[str, ...]) -> None:
    assert typed("calls", "list", *words)[0] == 2


@pytest.mark.usefixtures("folder")
def test_show() -> None:
    status, told = typed("calls", "show", SETTLED, "--json")
    shown = json.loads(told)
    assert status == 0
    assert (shown["state"], shown["status"]) == ("settled", "MISSED")
    assert [c["kind"] for c in shown["callbacks"]] == ["voice", "status", "recording"]
    assert [(a["outcome"], a["times"], a["error"]) for a in shown["attempts"]] == [
        ("failed", 1, "twenty.unavailable: no answer"),
        ("written", 1, None),
    ]
    assert shown["record"].endswith(record_id("phoneCall", SETTLED))
    assert JANE.id in shown["person"]


@pytest.mark.usefixtures("folder")
def test_show_by_the_sid_of_a_leg_and_for_people() -> None:
    status, told = typed("calls", "show", f"{DUE[:-1]}f")
    assert status == 0
    assert f"sid        {DUE}" in told
    assert "Outbound call · +33 6 12 34 56 78 · 5 min 0 s" in told
    legs = told[told.index("Legs") :].splitlines()
    assert legs[2].split() == [f"{DUE[:-1]}f", "+33159130001", JANES, "completed", *legs[2].split()[4:]]
    assert "Attempts\nnone" in told


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", [["show"], ["retry"], ["forget", "--yes", "--call"]])
def test_a_sid_of_bytes_that_are_not_utf8_is_a_wrong_word(command: list[str]) -> None:
    status, told = typed("calls", *command, "CA\udcff")
    assert status == 2
    assert "is not UTF-8" in told


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", ["show", "retry"])
def test_a_call_that_nobody_knows(command: str) -> None:
    status, told = typed("calls", command, "CA" + "9" * 32)
    assert status == 1
    assert "the inbox has no such call" in told


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "due"), [((SETTLED,), [DUE, SETTLED]), (("--parked",), [DUE, PARKED]), ((DUE,), [DUE])]
)
def test_retry(words: tuple[str, ...], due: list[str]) -> None:
    assert typed("calls", "retry", *words)[0] == 0
    assert [row["sid"] for row in listed("--due")] == due


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("words", [(), (SETTLED, "--parked")])
def test_retry_of_nothing_or_of_everything(words: tuple[str, ...]) -> None:
    assert typed("calls", "retry", *words)[0] == 2


def test_forget(folder: Path) -> None:
    status, told = typed("calls", "forget", "06 12 34 56 78", given="y\n")
    assert status == 0
    assert "Erase 2 calls of +33612345678 here, for good?" in told
    for remains in (
        f"/object/person/{JANE.id}",
        f"/object/phoneCall/{record_id('phoneCall', SETTLED)}",
        "twilio api:core:recordings:remove --sid RE1",
        f"twilio api:core:calls:remove --sid {SETTLED}",
        f"twilio api:core:calls:remove --sid {DUE[:-1]}f",
    ):
        assert remains in told
    assert [row["sid"] for row in listed()] == [PARKED]

    async def settled_call(inbox: Inbox) -> KnownCall | None:
        return await known_call(inbox, SETTLED)

    call = with_inbox(folder, settled_call)
    assert call
    assert call.state is State.PURGED
    assert json.loads(typed("calls", "forget", JANES, "--yes", "--json")[1])["erased"] == 0
    nothing_left = typed("calls", "forget", JANES, "--yes")[1]
    assert ("command line:" in told, "command line:" in nothing_left) == (True, False)
    assert "no longer kept here are in Twilio's console" in nothing_left


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("words", [(JANES,), ("--call", PARKED)])
@pytest.mark.parametrize("given", ["", "n\n", "\n", "perhaps\nn\n"])
def test_what_is_not_agreed_to_is_not_forgotten(words: tuple[str, ...], given: str) -> None:
    status, told = typed("calls", "forget", *words, given=given)
    assert status == 1
    assert "here, for good? [y/N]:" in told
    assert len(listed()) == 3


@pytest.mark.parametrize("address", ["+464", "sip:bob@example.com", "+5215512345678", "266696"])
def test_whatever_is_listed_can_be_forgotten(folder: Path, address: str) -> None:
    sid = f"CA9{'0' * 31}"

    async def fill(inbox: Inbox) -> None:
        await kept(inbox, *incoming(sid, address, at=600))

    with_inbox(folder, fill)
    assert sid in [row["sid"] for row in listed("--number", address)]
    assert typed("calls", "forget", address, "--yes")[0] == 0
    assert [row["sid"] for row in listed()] == [DUE, PARKED, SETTLED]


@pytest.mark.usefixtures("folder")
def test_one_call_is_forgotten() -> None:
    assert typed("calls", "forget", "--call", PARKED, given="y\n")[0] == 0
    assert [row["sid"] for row in listed()] == [DUE, SETTLED]
    assert typed("calls", "forget", "--call", PARKED, "--yes")[0] == 2
    assert typed("calls", "forget")[0] == typed("calls", "forget", JANES, "--call", DUE)[0] == 2


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("number", ["anonymous", "Restricted", "+266696687", "266696687", "+12562533", " "])
def test_a_withheld_number_is_many_peoples(number: str) -> None:
    status, said = typed("calls", "forget", number, "--yes")
    assert (status, "calls forget --call CA" in said) == (2, True)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("number", [SETTINGS["TWILIO_PHONE_NUMBER"], "jane", "anonymous", "client:alice"])
def test_whom_one_cannot_forget(number: str) -> None:
    assert typed("calls", "forget", number, "--yes")[0] == 2
    assert len(listed()) == 3


@pytest.mark.usefixtures("folder")
def test_nobody_is_forgotten_by_mistake_or_without_a_key() -> None:
    assert typed("calls", "forget", JANES, given="n\n")[0] == 1
    env = Path(".env").read_text()
    Path(".env").write_text(env.replace("BRIDGE_FORGET_KEY", "#"))
    status, told = typed("calls", "forget", JANES, "--yes")
    assert (status, "Set BRIDGE_FORGET_KEY first" in told) == (2, True)
    assert len(listed()) == 3


def test_list_shows_the_other_calls_where_one_cannot_be_read(folder: Path) -> None:
    async def breaks(inbox: Inbox) -> None:
        newer = {"who": "another shape"}
        await inbox.change(update(calls).where(calls.c.root_sid == PARKED).values(match=newer))

    with_inbox(folder, breaks)
    with capture_logs() as logged:
        assert [row["sid"] for row in listed()] == [DUE, SETTLED]
    assert [(one["event"], one["call_sid"]) for one in logged] == [("inbox.call_unreadable", PARKED)]


@pytest.mark.usefixtures("folder")
def test_list_shows_the_other_calls_where_one_cannot_be_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.cli.calls.list.fold", fails_for(PARKED))
    with capture_logs() as logged:
        assert [row["sid"] for row in listed()] == [DUE, SETTLED]
    assert [(one["event"], one["call_sid"]) for one in logged] == [("call.unreadable", PARKED)]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "--number", "sip:nobody@example.com"), "Aucun appel de ce genre."),
        (("retry", "--parked"), "Sera écrit à nouveau : 1 appel."),
        (("forget", JANES, "--yes"), "Effacé ici : 2 appels."),
    ],
)
def test_they_speak_the_operators_language(words: tuple[str, ...], said: str) -> None:
    _, told = copy_context().run(typed, "--language", "fr", "calls", *words)
    assert said in told
