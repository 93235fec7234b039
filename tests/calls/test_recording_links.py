"""Links to recordings: whoever has one has just that one."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.recording_links import RecordingLinks, derived_key

SID, OTHER = "RE" + "1" * 32, "RE" + "2" * 32
ACCOUNT = "AC" + "0" * 32
OLD, NEW = b"the key of last year", b"the key of this year"


def links(*keys: bytes, account: str = ACCOUNT) -> RecordingLinks:
    return RecordingLinks("https://crm.example.com/phone", account, keys=keys)


def signature(link: str) -> str:
    (given,) = parse_qs(urlsplit(link).query)["signature"]
    return given


def test_a_link_is_the_same_whenever_it_is_asked_for() -> None:
    link = links(NEW).link(SID)
    assert link == links(NEW).link(SID)
    assert link.startswith(f"https://crm.example.com/phone/recordings/{SID}?signature=")


@pytest.mark.parametrize(
    ("signer", "sid", "checker", "holds"),
    [
        (links(OLD), SID, links(OLD), True),
        (links(OLD), SID, links(NEW, OLD), True),
        (links(NEW, OLD), SID, links(NEW), True),
        (links(OLD), SID, links(NEW), False),
        (links(OLD), OTHER, links(OLD), False),
        (links(OLD, account="AC" + "9" * 32), SID, links(OLD), False),
    ],
)
def test_it_holds_while_its_key_is_in_use(
    signer: RecordingLinks, sid: str, checker: RecordingLinks, *, holds: bool
) -> None:
    assert checker.holds(SID, signature(signer.link(sid))) is holds


@given(st.text())
def test_no_other_signature_holds(tampered: str) -> None:
    right = signature(links(OLD).link(SID))
    assert links(OLD).holds(SID, tampered) is (tampered == right)


def test_the_key_that_is_derived_tells_nothing_of_its_secret() -> None:
    assert derived_key("secret") != b"secret"
    assert derived_key("secret") == derived_key("secret") != derived_key("another")


def test_what_is_no_text_is_no_signature() -> None:
    """As a client can send it: bytes that are not UTF-8."""
    assert not links(OLD).holds(SID, "\udcff")


def test_the_signature_of_a_recording_is_none_of_a_transcript() -> None:
    made, sid = links(OLD), "CA" + "1" * 32
    link = made.transcript(sid)
    assert link.startswith(f"https://crm.example.com/phone/transcripts/{sid}?signature=")
    assert made.holds_transcript(sid, signature(link))
    assert not made.holds(sid, signature(link))
    assert not made.holds_transcript(SID, signature(made.link(SID)))


def test_links_of_earlier_versions_hold() -> None:
    """They stand in notes in Twenty."""
    made = RecordingLinks("https://x", ACCOUNT, keys=[derived_key("secret")])
    assert signature(made.link(SID)) == "eyWptBvIY53F6ErrbFdjQEuH9hXCT6zi_bO0IBtrhgM"
    assert signature(made.transcript("CA" + "1" * 32)) == "IVSrYWz-ZetMGbafQ-25bYGL99971MgU5Of-6ATwoqg"
