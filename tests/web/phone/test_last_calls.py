"""The last calls with a person, beside a call: behind however many others, and no more than one may see."""

from typing import Any

import pytest

from bridge.sandbox.twenty import TwentySandbox
from tests.support import create_person, until
from tests.web.conftest import Bridge, OpenBridge
from tests.web.phone.desk import OURS, ask, calls_in, missed, new_sid, placed, taken, tell
from tests.web.phone.test_callers import at

JANE, JANE_TOO, JOHN = "+33612345678", "+33698765432", "+33611111111"
OTHERS = 104
"""More than one page, and than what is looked through for calls that Twenty does not have yet."""
SECTIONS = {
    "agents": {"names": ("alice", "bob", "carol", "dora")},
    "lines": {"default": {"ring": [{"agents": ["alice", "bob"]}]}},
    "tokens": {"foreign": "accept"},
}

Seen = list[tuple[str, str, str]]


async def calls_with(bridge: Bridge, by: str, number: str = "06 12 34 56 78", **query: str) -> Seen:
    """Call, the agent who is named, note."""
    answer = await ask(bridge, "/api/me/calls", by, **{"with": number, **query})
    assert answer.status == 200, answer.text
    for call in answer.json["calls"]:
        assert not (call["agent"] and (call["recordings"] or call["can"]["hangup"] or call["can"]["record"]))
    return [
        (call["sid"], (call["agent"] or {"identity": ""})["identity"], call["note"]["note"])
        for call in answer.json["calls"]
    ]


@pytest.mark.parametrize(
    ("sees", "database"), [("none", "sqlite"), ("presence", "postgresql"), ("calls", "sqlite")]
)
async def test_calls_with_a_party_and_of_whom(
    open_bridge: OpenBridge,
    twenty: TwentySandbox,
    request: pytest.FixtureRequest,
    sees: str,
    database: str,
) -> None:
    is_shared = database == "postgresql"
    stored = {"inbox": {"database_url": request.getfixturevalue("postgres_url")}} if is_shared else {}
    bridge = await open_bridge(
        **SECTIONS,
        **stored,
        twenty=at(twenty),
        phone={"supervisors": ("dora",), "colleagues": sees},
    )
    mine = await taken(bridge, JANE, "alice", "bob")
    for _ in range(OTHERS if is_shared else 1):
        form = {"CallSid": new_sid(), "From": "client:alice", "To": JOHN, "Direction": "inbound"}
        await bridge.twilio("/twilio/voice", {**form, "CallStatus": "ringing"})
    theirs = await taken(bridge, JANE, "bob", "alice")
    rang_carol = await missed(bridge, JANE, "carol")
    rang_none = await missed(bridge, JANE)
    for sid, by, note in ((mine, "alice", "Wants 3"), (theirs, "bob", "Wants 4")):
        await tell(bridge, "PUT", f"/api/calls/{sid}/note", by, note=note, version=0)
    own = [(rang_none, "", ""), (theirs, "" if sees == "none" else "bob", ""), (mine, "", "Wants 3")]
    shared = [(rang_none, "", ""), (rang_carol, "", ""), (theirs, "bob", "Wants 4"), (mine, "", "Wants 3")]

    async def found() -> None:
        expected = shared if sees == "calls" else own
        assert await calls_with(bridge, "alice") == expected
        assert await calls_with(bridge, "alice", limit="1") == expected[:1]
        assert [sid for sid, _, _ in await calls_with(bridge, "dora")] == [sid for sid, _, _ in shared]
        of_carol = {mine, theirs, rang_carol, rang_none} if sees == "calls" else {rang_carol}
        assert {sid for sid, _, _ in await calls_with(bridge, "carol")} == of_carol

    await until(found, AssertionError)
    for path in (f"/api/calls/{mine}", f"/api/me/calls?agent=alice&with={JANE}"):
        assert (await ask(bridge, path, "carol")).status == 403


async def test_calls_that_twenty_does_not_have_yet(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(**SECTIONS)
    sids = [await taken(bridge, number, "alice") for number in (JANE, JOHN, JANE)]
    assert [sid for sid, _, _ in await calls_with(bridge, "alice")] == [sids[2], sids[0]]
    answer = (await ask(bridge, "/api/me/calls", **{"with": JANE, "limit": "1"})).json
    assert [call["sid"] for call in answer["calls"]] == [sids[2]]
    older = await calls_with(bridge, "alice", before=answer["next"])
    assert [sid for sid, _, _ in older] == [sids[0]]


async def test_calls_by_the_person_s_other_number(open_bridge: OpenBridge, twenty: TwentySandbox) -> None:
    phones = {
        "primaryPhoneNumber": JANE,
        "additionalPhones": [{"number": JANE_TOO, "callingCode": "", "countryCode": ""}],
    }
    person = await create_person(twenty, "Jane", **phones)
    bridge = await open_bridge(**SECTIONS, twenty=at(twenty))
    sid, other = await placed(bridge, "alice", JANE_TOO), await placed(bridge, "alice", JOHN)

    async def found() -> None:
        assert [one for one, _, _ in await calls_with(bridge, "alice", person=person)] == [sid]

    await until(found, AssertionError)
    assert [one for one, _, _ in await calls_with(bridge, "alice", JOHN, person=person)] == [other, sid]
    assert await calls_with(bridge, "bob", person=person) == []


@pytest.mark.parametrize(
    "query",
    [{"with": ""}, {"with": "anonymous"}, {"with": ["+33612345678"] * 21}, {"person": "1"}, {"person": ""}],
)
async def test_what_is_no_party_is_told_so(open_bridge: OpenBridge, query: dict[str, Any]) -> None:
    bridge = await open_bridge(**SECTIONS)
    await calls_in(bridge, JANE, to=OURS)
    assert (await ask(bridge, "/api/me/calls", **query)).status == 400
