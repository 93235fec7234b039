"""Call + person → Activity: ids, titles, durations, and what is a number at all."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bridge.calls.activity import Activity, activity_of, agents_in, record_id, speaker_names, title
from bridge.calls.callback import Kind
from bridge.calls.dispositions import Disposition
from bridge.calls.fold.call import Call, CallStatus, Direction, Recording, fold
from bridge.calls.fold.handling import duration, handling
from bridge.calls.people.matching import NO_PERSON, Match, Person
from bridge.calls.recording_links import Link
from bridge.calls.texts import ENGLISH, FRENCH, Texts
from bridge.calls.transcripts.conversation import Spoken
from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript
from bridge.calls.transcripts.summary import CallSummary, Point
from tests.calls.conftest import COMPANY, CUSTOMER, MORNING, ROOT, callback, leg, recorded
from tests.support import LINKS

JANE = Person("20202020-0000-4000-8000-000000000001", "Jane Doe", company_id="c1")
NAMELESS = Person("20202020-0000-4000-8000-000000000002", "")
OUT, IN = fold(recorded("browser-out-[0-9]*")), fold(recorded("inbound-[0-9]*"))
WITHHELD = fold(recorded("voicemail-*"))


def but(call: Call, status: CallStatus) -> Call:
    return replace(call, status=status, talk_seconds=None)


titled = partial(title, region="FR")


@pytest.mark.parametrize(
    ("call", "person", "texts", "shown"),
    [
        (OUT, JANE, ENGLISH, "Outbound call · Jane Doe · 3 min 12 s"),
        (OUT, None, FRENCH, "Appel sortant · +33 6 12 34 56 78 · 3 min 12 s"),
        (IN, JANE, ENGLISH, "Inbound call · Jane Doe · 2 min 0 s"),
        (IN, NAMELESS, FRENCH, "Appel entrant · +33 6 12 34 56 78 · 2 min 0 s"),
        (but(IN, CallStatus.MISSED), JANE, ENGLISH, "Missed call · Jane Doe"),
        (but(OUT, CallStatus.MISSED), JANE, ENGLISH, "No answer · Jane Doe"),
        (but(OUT, CallStatus.MISSED), JANE, FRENCH, "Sans réponse · Jane Doe"),
        (but(OUT, CallStatus.BUSY), JANE, FRENCH, "Occupé · Jane Doe"),
        (but(OUT, CallStatus.FAILED), JANE, FRENCH, "Appel échoué · Jane Doe"),
        (
            replace(but(OUT, CallStatus.FAILED), refused="country"),
            JANE,
            ENGLISH,
            "Not placed: country not allowed · Jane Doe",
        ),
        (
            replace(but(OUT, CallStatus.FAILED), refused="at_once"),
            JANE,
            FRENCH,
            "Non passé : trop d'appels en cours · Jane Doe",
        ),
        (
            replace(but(OUT, CallStatus.FAILED), refused="of tomorrow"),
            JANE,
            ENGLISH,
            "Failed call · Jane Doe",
        ),
        (but(OUT, CallStatus.CANCELED), JANE, ENGLISH, "Canceled call · Jane Doe"),
        (but(IN, CallStatus.RINGING), JANE, ENGLISH, "Inbound call · Jane Doe"),
        (but(OUT, CallStatus.IN_PROGRESS), JANE, FRENCH, "Appel sortant · Jane Doe"),
        (WITHHELD, None, ENGLISH, "Voicemail · Withheld number"),
        (WITHHELD, None, FRENCH, "Message vocal · Numéro masqué"),
        (
            replace(OUT, to="client:bob", other_party="client:bob"),
            None,
            ENGLISH,
            "Outbound call · Bob Martin · 3 min 12 s",
        ),
        # As it was typed, by an operator in France.
        (
            replace(OUT, other_party="06 12 34 56 78"),
            None,
            ENGLISH,
            "Outbound call · +33 6 12 34 56 78 · 3 min 12 s",
        ),
        (replace(OUT, other_party="3631"), None, ENGLISH, "Outbound call · 3631 · 3 min 12 s"),
        (replace(OUT, other_party=None, talk_seconds=0), None, ENGLISH, "Outbound call · 0 s"),
    ],
)
def test_title(call: Call, person: Person | None, texts: Texts, shown: str) -> None:
    assert titled(call, Match(person), names={"bob": "Bob Martin"}, texts=texts) == shown


JOHN, JIM, JOE, JOY = (Person(name, name) for name in ("John", "Jim", "Joe", "Joy"))


@pytest.mark.parametrize(
    ("match", "texts", "shown"),
    [
        (Match(JANE, (JOHN,)), ENGLISH, "Missed call · Jane Doe (also John)"),
        (Match(JANE, (JOHN, JIM, JOE)), FRENCH, "Appel manqué · Jane Doe (aussi John, Jim, Joe)"),
        (Match(JANE, (JOHN, JIM, JOE, JOY)), ENGLISH, "Missed call · Jane Doe (also John, Jim, Joe, +1)"),
        (Match(JANE, (NAMELESS,)), ENGLISH, "Missed call · Jane Doe"),
        (Match(None, (JOHN, JIM)), ENGLISH, "Missed call · +33 6 12 34 56 78 (also John, Jim)"),
    ],
)
def test_title_names_the_others(match: Match, texts: Texts, shown: str) -> None:
    assert titled(but(IN, CallStatus.MISSED), match, names={"bob": "Bob Martin"}, texts=texts) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (192, "3 min 12 s"), (7265, "121 min 5 s")],
)
def test_duration(seconds: int, shown: str) -> None:
    assert duration(seconds, ENGLISH) == shown


def rung(*outcomes: str) -> Call:
    """A call in for which agents 1, 2, … were rung; one who talks does so from the eighth second on."""
    told = [callback(Kind.VOICE, From=CUSTOMER, To=COMPANY, CallStatus="ringing")]
    for n, outcome in enumerate(outcomes, 1):
        told += [leg(n, "ringing", at=1), leg(n, outcome, at=69 if outcome == "completed" else 30)]
        if outcome == "completed":
            told += [leg(n, "in-progress", at=9), leg(n, "completed", at=69, CallDuration="60")]
    return fold([*told, callback(Kind.DIAL, at=70, DialCallStatus="completed", Next="end")])


@pytest.mark.parametrize(
    ("call", "texts", "shown"),
    [
        (rung("completed"), ENGLISH, "Answered by Ann after 8 s."),
        (
            rung("busy", "completed", "no-answer", "canceled", "failed"),
            ENGLISH,
            "Answered by agent2 after 8 s. "
            "Also rung: Ann (declined), agent3 (no answer), agent4, agent5 (not reached).",
        ),
        (rung("busy", "no-answer"), ENGLISH, "Rung for 29 s: Ann (declined), agent2 (no answer)."),
        (
            rung("busy", "no-answer"),
            FRENCH,
            "A sonné 29 s chez\u00a0: Ann (refusé), agent2 (pas de réponse).",
        ),
        (rung(), ENGLISH, None),
        (OUT, ENGLISH, None),
        (replace(rung("no-answer"), ended=False), ENGLISH, None),
    ],
)
def test_handling(call: Call, texts: Texts, shown: str | None) -> None:
    assert handling(call, {"agent1": "Ann"}, texts=texts) == shown


def test_ids_are_the_same_at_every_try() -> None:
    assert record_id("phoneCall", ROOT) == "71a7817c-21f3-5cef-abc8-8da734a73196"
    assert UUID(record_id("phoneCall", ROOT)).version == 5


def test_every_kind_of_every_call_has_its_own_id() -> None:
    kinds = ("phoneCall", "note", "noteTarget", "timelineActivity")
    assert len({record_id(kind, sid) for kind in kinds for sid in (ROOT, ROOT[:-1] + "b")}) == 8


def test_activity() -> None:
    activity = activity_of(OUT, Match(JANE), agent_id="m1", names={}, links=LINKS, texts=ENGLISH, region="FR")
    assert (activity.call_sid, activity.person_id, activity.company_id) == (OUT.sid, JANE.id, "c1")
    assert (activity.from_number, activity.to_number, activity.agent_id) == (COMPANY, CUSTOMER, "m1")
    assert (activity.duration_seconds, activity.ended_at) == (192, OUT.ended_at)
    (recording,) = activity.recordings
    assert recording.label == "Recording · 3 min 11 s"
    assert recording.url == LINKS.link("REddddddddddddddddddddddddddddddd1")


def test_what_is_known_of_a_call_is_its_activity() -> None:
    """Each field where it belongs: a reason that stands as the transcript is read by no machine."""
    call = replace(OUT, refused="country", transcript="Hello.")
    said = Disposition(id="1", outcome="Call back", note="", agent="agent1", at=OUT.started_at)
    activity = activity_of(
        call,
        NO_PERSON,
        agent_id=None,
        names={"agent1": "Ann"},
        links=LINKS,
        texts=ENGLISH,
        region="FR",
        said=[said],
    )
    assert (activity.direction, activity.status) == (OUT.direction, OUT.status)
    assert (activity.started_at, activity.answered_at) == (OUT.started_at, OUT.answered_at)
    assert (activity.reason, activity.transcript, activity.duration) == ("country", "Hello.", "3 min 12 s")
    assert (activity.person_id, activity.company_id, activity.conversation) == (None, None, None)
    assert (activity.handling, activity.is_message) == (None, False)
    # By name, where the agent is known by one.
    assert [one.agent for one in activity.dispositions] == ["Ann"]
    assert activity_of(
        rung("no-answer"), NO_PERSON, agent_id=None, names={}, links=LINKS, texts=ENGLISH, region="FR"
    ).handling


TALK = Transcript(
    segments=tuple(
        Segment(speaker, second, second + 1, "Hello.")
        for second, speaker in enumerate(
            (
                Speaker(Role.CUSTOMER),
                Speaker(Role.AGENT, "agent1"),
                Speaker(Role.AGENT),
                Speaker(Role.SEVERAL),
            )
        )
    ),
    language="en",
    engine="whisper",
)


def spoken_of(call: Call, transcript: Transcript = TALK, summary: CallSummary | None = None) -> Activity:
    return activity_of(
        replace(call, transcript=None, recordings=()),
        Match(JANE),
        agent_id=None,
        names={"agent1": "Ann"},
        links=LINKS,
        texts=ENGLISH,
        region="FR",
        spoken=Spoken(transcript, summary),
        proposes=True,
    )


@pytest.mark.parametrize(
    ("call", "person", "speaker", "name"),
    [
        (OUT, "Jane Doe", Speaker(Role.CUSTOMER), "Jane Doe"),
        (OUT, "Jane Doe", Speaker(Role.CUSTOMER, CUSTOMER), "Jane Doe"),
        # Another number in the call is not hers.
        (OUT, "Jane Doe", Speaker(Role.CUSTOMER, COMPANY), "+33 1 59 13 00 01"),
        (OUT, None, Speaker(Role.CUSTOMER), "+33 6 12 34 56 78"),
        (WITHHELD, None, Speaker(Role.CUSTOMER), "Withheld number"),
        (replace(OUT, other_party=None), "Jane Doe", Speaker(Role.CUSTOMER), "Jane Doe"),
        (OUT, "Jane Doe", Speaker(Role.AGENT), "Ann"),
        (OUT, "Jane Doe", Speaker(Role.AGENT, "agent1"), "Ann"),
        (OUT, "Jane Doe", Speaker(Role.AGENT, "agent7"), "agent7"),
        (OUT, "Jane Doe", Speaker(Role.SEVERAL), ""),
    ],
)
def test_what_speakers_are_called(call: Call, person: str | None, speaker: Speaker, name: str) -> None:
    assert speaker_names(call, person, {"agent1": "Ann"}, texts=ENGLISH)(speaker) == name


def test_what_was_said_is_a_conversation_and_a_message_or_a_summary_is_worth_a_note() -> None:
    activity = spoken_of(OUT)
    assert activity.conversation
    assert [turn.name for turn in activity.conversation.turns] == ["Jane Doe", "Ann", "Ann", ""]
    assert activity.conversation.page.url == LINKS.transcript(OUT.sid)
    assert agents_in(Spoken(TALK)) == {"agent1"}
    assert agents_in(None) == set()
    summary = CallSummary(about=(Point("An offer"),), next_steps=(Point("Call"),), model="m", prompt="1")
    summed_up = spoken_of(OUT, summary=summary)
    assert [one.has_text for one in (activity, summed_up, spoken_of(WITHHELD))] == [False, True, True]
    assert summed_up.conversation
    assert len(summed_up.conversation.proposed) == 1
    silent = replace(activity, conversation=None)
    assert [one.has_text for one in (silent, replace(silent, transcript="Hello."))] == [False, True]


def test_the_longest_recording_comes_first() -> None:
    (one,) = OUT.recordings
    short, long = (replace(one, sid=f"RE{sid:032}", duration=seconds) for sid, seconds in ((1, 5), (2, 90)))
    call = replace(OUT, recordings=(short, long))
    activity = activity_of(
        call, Match(JANE), agent_id="m1", names={}, links=LINKS, texts=ENGLISH, region="FR"
    )
    assert [recording.url for recording in activity.recordings] == [
        LINKS.link(long.sid),
        LINKS.link(short.sid),
    ]


@pytest.mark.parametrize(
    ("call", "from_number", "to_number"),
    [
        (IN, CUSTOMER, COMPANY),
        (WITHHELD, None, COMPANY),
        (fold(recorded("keypad-*")), None, COMPANY),
        (replace(OUT, from_="client:alice", to="client:bob"), None, None),
        (replace(OUT, from_=None, to="0612345678"), None, CUSTOMER),
    ],
)
def test_only_numbers_are_numbers(call: Call, from_number: str | None, to_number: str | None) -> None:
    activity = activity_of(call, NO_PERSON, agent_id=None, names={}, links=LINKS, texts=ENGLISH, region="FR")
    assert (activity.from_number, activity.to_number, activity.person_id) == (from_number, to_number, None)


def test_title_has_the_extension_that_was_dialled() -> None:
    dialled = callback(Kind.VOICE, From="client:alice", To="06 12 34 56 78 ext. 044")
    call = fold([dialled, leg(1, "completed", CallDuration="11")])
    assert (call.extension, titled(call, NO_PERSON, names={}, texts=ENGLISH).count(" x044")) == (
        "044",
        1,
    )


def test_an_activity_is_all_of_it() -> None:
    call = fold(
        [
            callback(Kind.VOICE, From="client:agent9", To=f"{CUSTOMER} x12", CallStatus="ringing"),
            leg(1, "ringing", at=2, From=COMPANY, To=CUSTOMER),
            leg(1, "in-progress", at=8, From=COMPANY, To=CUSTOMER),
            leg(1, "completed", at=200, From=COMPANY, To=CUSTOMER, CallDuration="192"),
            callback(
                Kind.RECORDING,
                RecordingSid=f"RE{1:032}",
                RecordingUrl=f"https://api.twilio.com/RE{1:032}",
                RecordingDuration="191",
            ),
            callback(Kind.RECORDING, RecordingSid="RE2", RecordingUrl="https://api.twilio.com/RE2"),
        ]
    )
    said = Disposition(id="1", outcome="Call back", note="Monday", agent="agent9", at=call.started_at)
    found = activity_of(
        call,
        Match(JANE, (JOHN,)),
        agent_id="m1",
        names={"agent9": "Ann"},
        links=LINKS,
        texts=ENGLISH,
        region="FR",
        zone=ZoneInfo("Europe/Paris"),
        said=[said],
    )
    assert found == Activity(
        call_sid=ROOT,
        title="Outbound call · Jane Doe x12 (also John) · 3 min 12 s",
        direction=Direction.OUTBOUND,
        status=CallStatus.COMPLETED,
        started_at=MORNING + timedelta(seconds=2),
        answered_at=MORNING + timedelta(seconds=8),
        ended_at=MORNING + timedelta(seconds=200),
        duration_seconds=192,
        duration="3 min 12 s",
        from_number=COMPANY,
        to_number=CUSTOMER,
        person_id=JANE.id,
        company_id="c1",
        agent_id="m1",
        recordings=(Link("Recording · 3 min 11 s", LINKS.link(f"RE{1:032}")),),
        transcript=None,
        reason=None,
        handling=None,
        facts=(
            ("Outcome", "Outbound call"),
            ("From", "+33 1 59 13 00 01"),
            ("To", "+33 6 12 34 56 78"),
            ("Started", "2026-11-22 11:00"),
            ("Ended", "2026-11-22 11:03"),
            ("Length", "3 min 12 s"),
            ("Call SID", ROOT),
        ),
        dispositions=(replace(said, agent="Ann"),),
        conversation=None,
    )


def test_an_activity_of_which_little_is_known() -> None:
    refused = {"From": "client:agent9", "To": "", "CallStatus": "ringing"}
    call = fold([callback(Kind.REFUSED, refused, Reason="invalid")])
    found = activity_of(call, NO_PERSON, agent_id=None, names={}, links=LINKS, texts=FRENCH, region="FR")
    assert found == Activity(
        call_sid=ROOT,
        title="Non passé : numéro invalide",
        direction=Direction.OUTBOUND,
        status=CallStatus.FAILED,
        started_at=MORNING,
        answered_at=None,
        ended_at=MORNING,
        duration_seconds=None,
        duration=None,
        from_number=None,
        to_number=None,
        person_id=None,
        company_id=None,
        agent_id=None,
        recordings=(),
        transcript=None,
        reason="invalid",
        handling=None,
        facts=(
            ("Résultat", "Non passé : numéro invalide"),
            ("De", "agent9"),
            ("Début", "22/11/2026 10:00 UTC"),
            ("Fin", "22/11/2026 10:00 UTC"),
            ("Call SID", ROOT),
        ),
    )
    assert not found.has_text


@pytest.mark.parametrize(
    ("seconds", "order"),
    [
        ((5, 90, 40), (1, 2, 0)),
        ((None, 1, 0), (1, 0, 2)),
        ((7, 7, 7), (0, 1, 2)),
        ((None, None, 2), (2, 0, 1)),
    ],
)
def test_the_longest_recording_is_first_and_of_equal_ones_the_first_by_name(
    seconds: tuple[int | None, ...], order: tuple[int, ...]
) -> None:
    recordings = tuple(Recording(f"RE{n:032}", f"https://x/{n}", length) for n, length in enumerate(seconds))
    call = replace(OUT, recordings=(*recordings, Recording("REx", "https://x/x", 99)))
    shown = activity_of(
        call, NO_PERSON, agent_id=None, names={}, links=LINKS, texts=ENGLISH, region="FR"
    ).recordings
    assert [link.url for link in shown] == [LINKS.link(f"RE{n:032}") for n in order]
    labels = {5: "5 s", 90: "1 min 30 s", 40: "40 s", 1: "1 s", 0: "0 s", 7: "7 s", 2: "2 s"}
    ordered = [seconds[n] for n in order]
    assert [link.label for link in shown] == [
        "Recording" if length is None else f"Recording · {labels[length]}" for length in ordered
    ]


@pytest.mark.parametrize(
    ("activity", "has_text"),
    [
        ({"status": CallStatus.VOICEMAIL, "direction": Direction.INBOUND}, True),
        # A machine that an agent reached is no message of a caller's.
        ({"status": CallStatus.VOICEMAIL, "direction": Direction.OUTBOUND}, False),
        ({"status": CallStatus.MISSED, "direction": Direction.INBOUND}, False),
        ({"status": CallStatus.MISSED, "direction": Direction.INBOUND, "transcript": "Hello."}, True),
        ({"status": CallStatus.VOICEMAIL, "direction": Direction.INBOUND, "recordings": ()}, False),
    ],
)
def test_what_is_worth_a_note(activity: dict[str, Any], has_text: bool) -> None:
    usual = activity_of(OUT, NO_PERSON, agent_id=None, names={}, links=LINKS, texts=ENGLISH, region="FR")
    assert usual.recordings
    assert replace(usual, **activity).has_text is has_text


def test_who_speaks_as_an_agent() -> None:
    speakers = (
        Speaker(Role.CUSTOMER, "x"),
        Speaker(Role.AGENT),
        Speaker(Role.AGENT, "b"),
        Speaker(Role.AGENT, "a"),
    )
    said = tuple(Segment(speaker, n, n + 1, "Hi") for n, speaker in enumerate(speakers))
    assert agents_in(Spoken(Transcript(segments=said, language="", engine="x"))) == {"a", "b"}
