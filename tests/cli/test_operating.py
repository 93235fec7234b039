"""What docs/operating.md shows is what the commands print."""

import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.calls.callback import Kind
from bridge.calls.people.matching import Person
from bridge.cli.backfill import show_counts
from bridge.inbox.store import Inbox
from tests.cli.support import typed, with_inbox
from tests.inbox.support import incoming, kept, settled
from tests.support import TEN, told

JANE = Person("8f7fd1c4-bf2c-4c2a-a9f2-6d14ba60cbd4", "Jane Doe")
OUT, IN, REFUSED = (
    "CA8d9f0b6a1f0e4c7e9a2b3c4d5e6f7081",
    "CA3e51c7d20b964f8aa1d94e0c6b7f2a95",
    "CAf1067b3a9c2d48e5b0c83d17e94a6f52",
)
LEG = "CA02b7e6d91c3f4a58ae7b5d0f4c186e93"
JANES, PAULS = "+33612345678", "+33698765432"
DOCUMENT = Path(__file__).parents[2] / "docs" / "operating.md"
EXAMPLES = re.findall(r"```console\n\$ twenty-bridge (.*)\n((?:.*\n)*?)```", DOCUMENT.read_text())


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


async def fill(inbox: Inbox) -> None:
    """A call out to Jane, a missed call of hers, and one of Paul's that Twenty refuses."""
    await inbox.store(told(Kind.VOICE, OUT, From="client:alice", To=JANES, CallStatus="ringing"))
    leg = {"parent": OUT, "From": "+33159130001", "To": JANES}
    await inbox.store(told(Kind.STATUS, LEG, at=8, CallStatus="in-progress", **leg))
    recording = {"RecordingSid": "REb21f6d0a7c934e58a1d40c9e7b3f8265", "RecordingDuration": "192"}
    url = "https://api.twilio.com/2010-04-01/Accounts/AC0/Recordings/REb21f6d0a7c934e58a1d40c9e7b3f8265"
    await inbox.store(told(Kind.STATUS, LEG, at=200, CallStatus="completed", CallDuration="192", **leg))
    await inbox.store(told(Kind.RECORDING, OUT, at=201, RecordingUrl=url, **recording))
    (due,) = await inbox.claim(1)
    await inbox.failed([due], "twenty.unavailable: Twenty did not answer in time", now=TEN + minutes(4))
    await settled(inbox, person=JANE, now=TEN + minutes(5))
    await kept(inbox, *incoming(IN, JANES, at=3600))
    await settled(inbox, person=JANE, now=TEN + minutes(61))
    await kept(inbox, *incoming(REFUSED, PAULS, at=5400))
    (due,) = await inbox.claim(1)
    await inbox.park(due, "twenty.refused: INVALID_PHONE_NUMBER", now=TEN + minutes(91))


def test_the_document_shows_what_is_printed(here: Path) -> None:
    with_inbox(here, fill)
    env = here / ".env"
    env.write_text(env.read_text().replace("http://127.0.0.1:1", "https://crm.example.com"))
    assert len(EXAMPLES) >= 5
    for words, shown in EXAMPLES:
        if not words.startswith("backfill"):
            printed = "\n".join(line.rstrip() for line in typed(*shlex.split(words))[1].splitlines())
            assert printed == shown.rstrip(), words


def test_the_backfill_that_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    found = {"found": 5000, "new": 4998, "mended": 2, "forgotten": 3, "others": 41}
    became = {"waiting": 0, "parked": 1, "logged": 4999, "matched": 1300, "skipped": 0}
    show_counts(found | became, as_json=False)
    (shown,) = [shown for words, shown in EXAMPLES if words.startswith("backfill")]
    assert capsys.readouterr().out == shown
