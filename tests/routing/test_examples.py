"""The examples of docs/routing.md, as they stand there, and the calls that it tells of."""

import re
from pathlib import Path

from bridge.sandbox.twenty import TwentySandbox
from tests.routing.conftest import JANE, MOBILE, OpenPhone, answers, declines, no_answer, paris
from tests.routing.test_scenarios_of_people import company_of, first_dial, member
from tests.support import create_person

DOCUMENT = Path("docs/routing.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```yaml\n# (\w+)\n(.*?)```", DOCUMENT, re.DOTALL))
MONDAY, NOON, CHRISTMAS = (
    paris(moment) for moment in ("2026-11-23T10:00", "2026-11-23T13:00", "2026-12-25T10:00")
)


async def test_a_shop(phone: OpenPhone) -> None:
    shop = await phone(EXAMPLES["shop"], clock=MONDAY)
    taken = await shop.call({"alice": no_answer, "bob": answers(talks=60)})
    assert taken.legs == ["alice: canceled", "bob: completed"]
    assert taken.played.spoken == ["Welcome to the shop."]
    assert taken.record["status"] == "COMPLETED"
    assert (taken.handling or "").endswith("Also rung: alice.")

    mobile = await shop.call({"bob": no_answer, MOBILE: answers(talks=60)})
    assert mobile.legs == ["alice: no-answer", "bob: no-answer", f"{MOBILE}: completed"]
    assert (mobile.handling or "").startswith("Answered by +33 6 98 76 54 32 ")

    nobody = await shop.call({MOBILE: no_answer}, says="I would like to order.")
    assert (nobody.record["status"], nobody.legs[-1]) == ("VOICEMAIL", f"{MOBILE}: no-answer")
    assert nobody.record["transcript"] == {"markdown": "I would like to order.\n"}


async def test_a_shop_at_noon(phone: OpenPhone) -> None:
    closed = await (await phone(EXAMPLES["shop"], clock=NOON)).call({"alice": answers()})
    assert (closed.legs, closed.record["status"]) == ([], "MISSED")
    assert closed.played.spoken == [
        "We are closed. We open from Monday to Friday at nine, and on Saturday at ten."
    ]


async def test_a_shop_at_christmas(phone: OpenPhone) -> None:
    closed = await (await phone(EXAMPLES["shop"], clock=CHRISTMAS)).call({"alice": answers()})
    assert (closed.legs, closed.record["status"]) == ([], "MISSED")


async def test_a_support_line(phone: OpenPhone) -> None:
    support = await phone(EXAMPLES["support"])
    taken = await support.call({"ann": answers(talks=60), "bob": declines})
    assert taken.played.spoken == ["Bonjour, vous êtes au support d'Acme.", "Cet appel est enregistré."]
    assert taken.legs == ["ann: completed", "bob: busy"]
    (recording,) = support.twilio.account.recordings_of(taken.played.sid)
    assert recording.channels == 2

    parties = {"ann": no_answer, "bob": no_answer, "carol": no_answer, "dave": answers(talks=60)}
    second_row = await support.call(parties)
    assert second_row.legs == [
        *("ann: no-answer", "bob: no-answer", "carol: no-answer", "dave: completed"),
    ]

    nobody = await support.call({"dave": declines}, says="Rappelez-moi.", speaks=70)
    assert nobody.record["status"] == "VOICEMAIL"
    (message,) = support.twilio.account.recordings_of(nobody.played.sid)
    assert message.duration == 60


async def test_a_support_line_while_ann_talks(phone: OpenPhone) -> None:
    support = await phone(EXAMPLES["support"])
    support.scripted({"ann": answers(talks=None), "bob": declines, "carol": answers(talks=60)})
    first = support.in_the_background()
    parent = await support.talking("ann")
    second = await support.twilio.call_from_phone(MOBILE)
    support.hang_up(parent)
    assert support.rung(second) == ["client:bob", "client:carol"]
    await first


async def test_a_sales_team(phone: OpenPhone, twenty: TwentySandbox) -> None:
    sales, jane = await phone(EXAMPLES["sales"]), await create_person(twenty, "Jane", primaryPhoneNumber=JANE)
    await company_of(twenty, jane, await member(twenty, "bela@sandbox.example"))
    hers = await sales.call({"bela": answers(talks=60)})
    assert (hers.legs, hers.record["agent"]) == (["bela: completed"], {"name": {"firstName": "Bela"}})

    late = await sales.call({"bela": no_answer, "ann": answers(talks=60)})
    assert late.legs == ["bela: no-answer", "ann: completed", "bela: canceled"]
    assert late.handling == "Answered by Chloe Caron after 25 s. Also rung: Bela Berger."

    nobody = await sales.call({"ann": declines, "bela": declines})
    assert nobody.record["status"] == "MISSED"
    assert nobody.played.spoken == ["All of us are with customers. Please write to sales@example.com."]
    assert await sales.tasks() == ["Call back Jane"]

    stranger = await sales.call({"ann": answers(talks=60)}, from_=MOBILE)
    assert (first_dial(stranger), stranger.record["person"]) == (["ann", "bela"], None)

    sales.scripted({MOBILE: answers(talks=30)})
    out = await sales.seen(await sales.twilio.call_from_browser("ann", MOBILE))
    assert out.played.spoken == ["This call is recorded."]
    assert len(sales.twilio.account.recordings_of(out.played.sid)) == 1
