"""Whom the inbox forgets, and how it knows them again."""

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.calls.callback import Callback, Kind
from bridge.calls.numbers import Number
from bridge.calls.people.matching import Person
from bridge.errors import ForgetKeyWrong
from bridge.inbox.forgetting import Forgotten, calls_of, erase, hashes_of
from bridge.inbox.store import Inbox
from tests.inbox.support import COMPANY, incoming, kept, settled
from tests.support import TEN, new_sid, outbound, told

JANES, PAULS = Number("+33612345678"), Number("+33698765432")
THIRD = Number("+33639980003")
KEY, OLD_KEY = "0123456789abcdef", "the key before it"


@pytest.mark.parametrize(
    "callback",
    [
        outbound(new_sid(), JANES),
        told(Kind.VOICE, new_sid(), From="client:alice", To=JANES),
        told(Kind.VOICE, new_sid(), From="client:alice", To="06 12 34 56 78"),
        told(Kind.REFUSED, new_sid(), From="client:alice", To="(0)6-12.34.56.78", Reason="refused"),
        told(Kind.STATUS, new_sid(), From=f"sip:{JANES}@example.com", To=COMPANY, CallStatus="ringing"),
        told(Kind.STATUS, new_sid(), From=f"whatsapp:{JANES}", To=COMPANY, CallStatus="ringing"),
        told(Kind.TRANSFER, new_sid(), To=JANES, Agent="alice", Id="1"),
        *incoming(new_sid(), JANES),
    ],
    ids=lambda callback: f"{callback.kind} {callback.get('From')} {callback.get('To')}",
)
async def test_their_calls_are_found_in_every_form_of_the_number(inbox: Inbox, callback: Callback) -> None:
    await inbox.store(callback)
    for other in (PAULS, "+33712345678", "+4912345678", "anonymous"):
        await kept(inbox, *incoming(new_sid(), other))
    assert await calls_of(inbox, JANES, region="FR") == {callback.root_sid}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_of_them_stays_in_the_file(inbox: Inbox, sqlite_file: Path) -> None:
    person = Person("8f7fd1c4-bf2c-4c2a-a9f2-6d14ba60cbd4", "Jane Eyre-Rochester")
    for n in range(30):
        await kept(inbox, *incoming(new_sid(), JANES, at=n))
    await settled(inbox, person=person)
    await kept(inbox, *incoming(new_sid(), PAULS))
    await Forgotten(inbox, [KEY]).remember(JANES, now=TEN)
    assert await erase(inbox, await calls_of(inbox, JANES, region="FR")) == 30
    kept_bytes = b"".join(path.read_bytes() for path in sqlite_file.parent.glob("bridge.db*"))
    assert JANES.encode() not in kept_bytes
    assert b"Rochester" not in kept_bytes
    assert PAULS.encode() in kept_bytes
    assert [call.callbacks[0].get("From") for call in await inbox.claim(200)] == [PAULS]


async def test_the_hash_tells_who_was_forgotten_and_when(inbox: Inbox) -> None:
    forgotten = Forgotten(inbox, [KEY])
    assert await forgotten.among([JANES]) == {}
    await forgotten.remember(JANES, now=TEN)
    assert await forgotten.among([JANES, PAULS]) == {JANES: TEN}
    again = TEN + timedelta(days=1)
    await forgotten.remember(JANES, now=again)
    assert await forgotten.among([JANES]) == {JANES: again}


@pytest.mark.parametrize("keys", [[], ["another key of sixteen"], ["another key", "and another"]])
async def test_who_has_not_the_key_is_told_and_knows_nothing(inbox: Inbox, keys: list[str]) -> None:
    other = Forgotten(inbox, keys)
    assert await other.among([JANES]) == {}
    await Forgotten(inbox, [KEY]).remember(JANES, now=TEN)
    with pytest.raises(ForgetKeyWrong, match="BRIDGE_FORGET_KEY"):
        await other.among([JANES])
    with pytest.raises(ForgetKeyWrong):
        await other.remember(PAULS, now=TEN)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_number_cannot_be_told_from_the_hash_without_the_key(inbox: Inbox, sqlite_file: Path) -> None:
    await Forgotten(inbox, [KEY]).remember(JANES, now=TEN)
    kept_bytes = b"".join(path.read_bytes() for path in sqlite_file.parent.glob("bridge.db*"))
    assert KEY.encode() not in kept_bytes
    assert JANES[1:].encode() not in kept_bytes


@pytest.mark.parametrize(
    ("forgotten", "called"),
    [
        (Number("+525512345678"), "+5215512345678"),
        (Number("+541123456789"), "+5491123456789"),
        (Number("+5491123456789"), "+541123456789"),
        (JANES, "٠٦ ١٢ ٣٤ ٥٦ ٧٨"),
        ("+464", "+464"),
        ("sip:bob@example.com", "sip:Bob@example.com"),
    ],
)
async def test_the_line_is_forgotten_whichever_way_it_is_written(
    inbox: Inbox, forgotten: Number | str, called: str
) -> None:
    callback = told(Kind.VOICE, new_sid(), From=called, To=COMPANY)
    await inbox.store(callback)
    await kept(inbox, *incoming(new_sid(), PAULS))
    assert await calls_of(inbox, forgotten, region="FR") == {callback.root_sid}


async def test_both_numbers_of_a_line_are_forgotten(inbox: Inbox) -> None:
    await Forgotten(inbox, [KEY]).remember(Number("+541123456789"), now=TEN)
    numbers = {"+541123456789", "+5491123456789"}
    assert await Forgotten(inbox, [KEY]).among([*numbers, JANES]) == dict.fromkeys(numbers, TEN)


async def counted(inbox: Inbox, *keys: str) -> list[int]:
    async with inbox.reading() as connection:
        return await hashes_of(connection, keys or (KEY, OLD_KEY))


async def test_while_the_key_is_rotated_numbers_of_both_keys_are_known(inbox: Inbox) -> None:
    """Each number that is seen meanwhile is hashed anew; when all were, the old key can go."""
    later = TEN + timedelta(days=1)
    await Forgotten(inbox, [OLD_KEY]).remember(JANES, now=TEN)
    await Forgotten(inbox, [OLD_KEY]).remember(PAULS, now=TEN)
    rotating = Forgotten(inbox, [KEY, OLD_KEY])
    assert await counted(inbox) == [0, 2, 0]
    await rotating.remember(THIRD, now=later)
    assert await rotating.among([JANES, THIRD, "+33639980009"]) == {JANES: TEN, THIRD: later}
    assert await counted(inbox) == [2, 1, 0]
    with pytest.raises(ForgetKeyWrong, match="separated by a comma"):
        await Forgotten(inbox, [KEY]).among([JANES])
    await rotating.remember(PAULS, now=later)
    assert await counted(inbox) == [3, 0, 0]
    assert await counted(inbox, "neither") == [0, 3]
    assert await Forgotten(inbox, [KEY]).among([JANES, PAULS, THIRD]) == {
        JANES: TEN,
        PAULS: later,
        THIRD: later,
    }
