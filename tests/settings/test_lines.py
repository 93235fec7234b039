"""Lines in config.yaml: little has to be said, and what is wrong is told by its place."""

import pytest
import yaml

from bridge.calls.routing.lines import Group, Line, Message, Owner, RecordingRules, Telephone
from bridge.calls.texts import ENGLISH, FRENCH
from bridge.errors import SettingsInvalid
from bridge.settings.hours import opening
from bridge.settings.served import lines_of
from tests.settings.conftest import Load
from tests.settings.test_load import problems


def line(loading: Load, config: str, number: str | None = None) -> Line:
    settings = loading(config)
    return lines_of(settings.lines, agents=settings.agents, voice=settings.voice).of(number)


def test_naming_the_agents_is_all(loading: Load) -> None:
    served = line(loading, "agents: {names: [alice, bob@example.com], members: {carol: carol@example.com}}")
    assert served.steps == (Owner(15), Group(("alice", "bob@example.com", "carol"), 25))
    assert (served.hours, served.recording, served.owner_days) == (None, RecordingRules(), 30)
    assert served.voicemail
    assert (served.voicemail.greeting, served.voicemail.transcribe) == (ENGLISH.leave_message, True)


def test_twilio_leaves_voicemails_to_an_engine(loading: Load) -> None:
    settings = loading(
        "transcripts: {engine: openai, url: 'http://127.0.0.1:9/v1', lines: ['+33159130002']}\n"
        "lines: {default: {recording: {by_agents: false}}, numbers: {'+33159130002': {name: Shop}}}"
    )
    served = lines_of(
        settings.lines, agents=settings.agents, voice=settings.voice, transcripts=settings.transcripts
    )
    voicemails = [line.voicemail.transcribe for line in served if line.voicemail]
    assert voicemails == [True, False]


@pytest.mark.parametrize(
    ("config", "steps"),
    [
        ("owner: {seconds: 0}", (Group(("alice", "bob"), 25),)),
        ("owner: {seconds: 0}, ring: []", ()),
        ("owner: {seconds: 9}, ring: [{agents: [bob]}]", (Owner(9), Group(("bob",), 25))),
        (
            "owner: {seconds: 0}, ring: [{order: sequential, seconds: 9}, {number: +33698765432}]",
            (Group(("alice",), 9), Group(("bob",), 9), Telephone("+33698765432", 25)),
        ),
        (
            "owner: {seconds: 0}, ring: [{seconds: 30}, {message: Bye.}]",
            (Group(("alice", "bob"), 30), Message("Bye.")),
        ),
    ],
)
def test_steps(loading: Load, config: str, steps: tuple[object, ...]) -> None:
    assert line(loading, f"agents: {{names: [alice, bob]}}\nlines: {{default: {{{config}}}}}").steps == steps


NUMBERS = """
agents: {names: [alice]}
voice: {language: fr-FR}
lines:
  default: {name: Everything, greeting: Bonjour., recording: {inbound: true, announcement: true}}
  numbers:
    +33159130001: {name: Shop, language: en-US, owner: {seconds: 0}}
    "+33 1 59 13 00 02": {recording: {outbound: true, announcement: https://example.com/a.mp3}}
"""


def test_a_listed_number_is_the_default_but_for_what_it_says(loading: Load) -> None:
    default, shop, other = (
        line(loading, NUMBERS, number) for number in ("+33159130009", "+33159130001", "+33159130002")
    )
    assert [one.name for one in (default, shop, other)] == ["Everything", "Shop", "Everything"]
    assert [one.greeting for one in (default, shop, other)] == ["Bonjour."] * 3
    assert [one.texts.language for one in (default, shop, other)] == ["fr-FR", "en-US", "fr-FR"]
    assert default.recording == RecordingRules(inbound=True, announcement=FRENCH.recorded)
    assert shop.recording == RecordingRules(inbound=True, announcement=ENGLISH.recorded)
    assert other.recording == RecordingRules(outbound=True, announcement="https://example.com/a.mp3")
    # Twilio transcribes English alone.
    assert [one.voicemail and one.voicemail.transcribe for one in (default, shop, other)] == [
        *(False, True, False)
    ]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("default: {nmae: Shop}", "lines.default.nmae: is unknown; did you mean name?"),
        ("default: {hours: {open: {mon: 9:00-12:00}}}", "lines.default.hours.zone: is missing"),
        ("default: {hours: {zone: Paris, open: {mon: 9:00-12:00}}}", "time zone of the IANA database"),
        (
            "default: {hours: {zone: UTC, open: {monday: 9:00-12:00}}}",
            "'monday' should be weekdays: mon, tue",
        ),
        ("default: {hours: {zone: UTC, open: {mon: nine to five}}}", "should be times as 09:00-12:30"),
        ("default: {hours: {zone: UTC, open: {mon: 09:00-25:00}}}", "between 00:00 and 24:00"),
        ("default: {hours: {zone: UTC, open: {mon: 09:00-09:00}}}", "two different times"),
        ("default: {ring: [{seconds: 30}, {seconds: 3}]}", "lines.default.ring.2.seconds:"),
        ("default: {ring: [{agent: [a]}]}", "lines.default.ring.1.agent: is unknown; did you mean agents?"),
        ("default: {ring: [{agents: [a], number: '+33698765432'}]}", "should be one of agents, number"),
        ("default: {ring: [{number: '0698'}]}", "lines.default.ring.1.number: should be a number in E.164"),
        ("default: {ring: [{message: Bye.}, {seconds: 9}]}", "ring has steps after a message"),
        ("default: {owner: {seconds: 3}}", "seconds should be at least 5"),
        ("default: {greeting: http://example.com/a.mp3}", "https:// URL of an audio file"),
        ("numbers: {'12': {}}", "lines.numbers.12: should be a number in E.164"),
        ("numbers: {'+33159130001': {naem: Shop}}", "lines.numbers.+33159130001.naem: is unknown"),
        ("default: {language: de-DE}", "lines: default.language is de-DE, which needs voice.texts of yours"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(loading: Load, config: str, told: str) -> None:
    found = problems(loading, f"lines: {{{config}}}")
    assert len(found) == 1
    assert told in found[0]


ELSEWHERE = "+33698765432"
OWN, SHOP = "+33159130001", "+33159130002"
TO_OWN, TO_SHOP, AWAY = ({"ring": [{"number": number}]} for number in (OWN, SHOP, ELSEWHERE))


@pytest.mark.parametrize(
    ("lines", "circle"),
    [
        ({"default": {"ring": [{"number": OWN}]}}, [OWN, OWN]),
        ({"default": {"ring": [{}, {"number": "+33 1 59 13 00 01"}]}}, [OWN, OWN]),
        ({"numbers": {SHOP: {"ring": [{"number": SHOP}]}}}, [SHOP, SHOP]),
        ({"numbers": {SHOP: TO_OWN, OWN: TO_SHOP}}, [OWN, SHOP, OWN]),
        ({"default": TO_SHOP, "numbers": {SHOP: TO_OWN}}, [OWN, SHOP, OWN]),
        ({"default": TO_SHOP, "numbers": {SHOP: AWAY}}, None),
        ({"default": {"ring": [{"number": ELSEWHERE}]}}, None),
    ],
)
def test_forwarding_ends(loading: Load, lines: dict[str, object], circle: list[str] | None) -> None:
    text = yaml.safe_dump({"lines": lines})
    if circle is None:
        loading(text)
        return
    with pytest.raises(SettingsInvalid) as invalid:
        loading(text)
    assert invalid.value.problems[0].count(" → ".join(circle)) == 1


@pytest.mark.parametrize("second", ["+33 1 59 13 00 02", "+33 (0)1 59 13 00 02", "33159130002"])
def test_a_line_is_named_once(loading: Load, second: str) -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        loading(f"lines: {{numbers: {{'{SHOP}': {{name: A}}, '{second}': {{name: B}}}}}}")
    assert "are one number" in invalid.value.problems[0]


@pytest.mark.parametrize(
    ("opened", "twice"),
    [
        ({"mon, mon": "09:00-12:00"}, None),
        ({"mon": "09:00-12:00", "MON": "13:00-17:00"}, "mon"),
        ({"mon-wed": "09:00-12:00", "wed-fri": "13:00-17:00"}, "wed"),
        ({"sat-mon": "09:00-12:00", "mon, tue, wed": "13:00-17:00"}, "mon"),
        ({"mon-fri": "09:00-12:00", "fri": "13:00-17:00"}, None),
    ],
)
def test_a_day_stands_once_or_in_a_narrower_key(
    loading: Load, opened: dict[str, str], twice: str | None
) -> None:
    text = yaml.safe_dump({"lines": {"default": {"hours": {"zone": "Europe/Paris", "open": opened}}}})
    if twice is None:
        loading(text)
        return
    with pytest.raises(SettingsInvalid) as invalid:
        loading(text)
    assert f"{twice} stands twice" in invalid.value.problems[0]


def test_the_narrower_key_replaces_the_wider() -> None:
    opened = opening({"mon-sun": "1", "fri-sat": "3", "fri": "4", "mon-fri": "2"})
    assert [opened[day] for day in range(7)] == ["2", "2", "2", "2", "4", "3", "1"]
