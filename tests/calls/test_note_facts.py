"""What a note says of a call: in the reader's words, numbers, and time."""

from zoneinfo import ZoneInfo

import pytest

from bridge.calls.activity import activity_of
from bridge.calls.callback import Kind
from bridge.calls.fold.call import fold
from bridge.calls.people.matching import NO_PERSON
from bridge.calls.texts import ENGLISH, FRENCH, Texts
from bridge.twenty.writing.notes import note_of
from tests.calls.conftest import COMPANY, CUSTOMER, ROOT, callback
from tests.support import LINKS

RECORDING = f"RE{0:032}"
MESSAGE = [
    callback(Kind.VOICE, From=CUSTOMER, To=COMPANY, CallStatus="ringing"),
    callback(
        Kind.VOICEMAIL,
        at=50,
        From=CUSTOMER,
        To=COMPANY,
        RecordingSid=RECORDING,
        RecordingUrl=f"https://api.twilio.com/{RECORDING}",
        RecordingDuration="12",
    ),
]


@pytest.mark.parametrize(
    ("texts", "zone", "facts"),
    [
        (
            FRENCH,
            "Europe/Paris",
            [
                ("Résultat", "Message vocal"),
                ("De", "+33 6 12 34 56 78"),
                ("À", "+33 1 59 13 00 01"),
                ("Début", "22/11/2026 11:00"),
                ("Fin", "22/11/2026 11:00"),
                ("Call SID", ROOT),
            ],
        ),
        (
            ENGLISH,
            "Asia/Tokyo",
            [
                ("Outcome", "Voicemail"),
                ("From", "+33 6 12 34 56 78"),
                ("To", "+33 1 59 13 00 01"),
                ("Started", "2026-11-22 19:00"),
                ("Ended", "2026-11-22 19:00"),
                ("Call SID", ROOT),
            ],
        ),
        (
            ENGLISH,
            "UTC",
            [
                ("Outcome", "Voicemail"),
                ("From", "+33 6 12 34 56 78"),
                ("To", "+33 1 59 13 00 01"),
                ("Started", "2026-11-22 10:00 UTC"),
                ("Ended", "2026-11-22 10:00 UTC"),
                ("Call SID", ROOT),
            ],
        ),
    ],
)
def test_a_voicemail(texts: Texts, zone: str, facts: list[tuple[str, str]]) -> None:
    activity = activity_of(
        fold(MESSAGE),
        NO_PERSON,
        agent_id=None,
        names={},
        links=LINKS,
        texts=texts,
        region="FR",
        zone=ZoneInfo(zone),
    )
    assert list(activity.facts) == facts
    shown = str(note_of(activity))
    assert "VOICEMAIL" not in shown
    assert all(label in shown and value.split()[0].strip("+") in shown for label, value in facts)
