"""Scenarios in which it matters who calls, and who of the company is busy or looks after them."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import aiohttp

from bridge.demo.bridge import WIDGET_KEY
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Delivery
from bridge.twenty.people.recognition import WAITS_SECONDS
from tests.routing.conftest import (
    JANE,
    OpenPhone,
    Phone,
    Seen,
    answers,
    away,
    declines,
    is_there,
    no_answer,
)
from tests.support import ask, create_person, nodes_of

TWO = "agents: {names: [ann, bob]}"
MEMBERS = "agents: {names: [ann, bob], members: {ann: bela@sandbox.example}}"
HOLDS = answers(after=3, talks=None)


async def member(twenty: TwentySandbox, email: str) -> str:
    """The id of a member of the workspace: bela@sandbox.example, chloe@sandbox.example."""
    found = nodes_of(await ask(twenty, "{ workspaceMembers { edges { node { id userEmail } } } }"))
    (member_id,) = [str(node["id"]) for node in found if node["userEmail"] == email]
    return member_id


async def company_of(twenty: TwentySandbox, person_id: str, owner_id: str) -> None:
    """Puts a person into a company that somebody looks after."""
    made = await ask(
        twenty,
        "mutation ($data: CompanyCreateInput!) { createCompany(data: $data) { id } }",
        data={"name": "Acme", "accountOwnerId": owner_id},
    )
    await ask(
        twenty,
        "mutation ($id: UUID!, $data: PersonUpdateInput!) { updatePerson(id: $id, data: $data) { id } }",
        id=person_id,
        data={"companyId": made["createCompany"]["id"]},
    )


async def spoke(twenty: TwentySandbox, person_id: str, agent_id: str, *, days_ago: int) -> None:
    """A call that somebody had with a person."""
    at = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    data = {
        "externalCallId": f"CA{days_ago}",
        "personId": person_id,
        "agentId": agent_id,
        "status": "COMPLETED",
        "startedAt": at,
        "answeredAt": at,
    }
    await ask(
        twenty, "mutation ($data: PhoneCallCreateInput!) { createPhoneCall(data: $data) { id } }", data=data
    )


def first_dial(seen: Seen) -> list[str]:
    """Whom the first document rings."""
    identities = [identity.text or "" for identity in ET.fromstring(seen.dials[0]).iter("Identity")]
    return [identity for identity in identities if is_there(f"client:{identity}", seen.logged_in)]


# Owner first


async def test_scenario_the_owner_of_the_caller_s_company_rings_first(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    company, jane = await phone(MEMBERS), await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await company_of(twenty, jane, await member(twenty, "bela@sandbox.example"))
    seen = await company.call({"ann": answers(after=2, talks=60)})
    assert seen.legs == ["ann: completed"]
    assert seen.outcome == "COMPLETED: Inbound call · Jane Doe · 1 min 0 s"
    assert seen.handling == "Answered by Bela Berger after 3 s."
    assert seen.record["agent"] == {"name": {"firstName": "Bela"}}


async def test_scenario_when_the_owner_does_not_answer_the_group_rings(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    company, jane = await phone(MEMBERS), await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await company_of(twenty, jane, await member(twenty, "bela@sandbox.example"))
    seen = await company.call({"ann": no_answer, "bob": answers(after=2, talks=60)})
    assert seen.legs == ["ann: no-answer", "ann: canceled", "bob: completed"]
    assert seen.handling == "Answered by bob after 19 s. Also rung: Bela Berger."


async def test_scenario_an_owner_who_is_no_configured_agent_rings_as_a_user_of_twenty(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    company, jane = await phone(TWO), await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    chloe = await member(twenty, "chloe@sandbox.example")
    await company_of(twenty, jane, chloe)
    seen = await company.call({f"wm_{chloe.replace('-', '')}": answers(talks=60)})
    assert seen.handling == "Answered by Chloe Caron after 4 s."
    assert seen.record["agent"] == {"name": {"firstName": "Chloe"}}


async def test_scenario_without_an_owner_whoever_spoke_with_them_last_rings_first(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    company, jane = await phone(MEMBERS), await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await spoke(twenty, jane, await member(twenty, "chloe@sandbox.example"), days_ago=9)
    await spoke(twenty, jane, await member(twenty, "bela@sandbox.example"), days_ago=2)
    seen = await company.call({"ann": answers(talks=60)})
    assert seen.legs == ["ann: completed"]


async def test_scenario_who_spoke_with_them_long_ago_does_not_ring_first(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    company, jane = await phone(MEMBERS), await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await spoke(twenty, jane, await member(twenty, "bela@sandbox.example"), days_ago=31)
    seen = await company.call({"ann": answers(talks=60), "bob": declines})
    assert first_dial(seen) == ["ann", "bob"]


async def test_scenario_owner_first_can_be_turned_off(phone: OpenPhone, twenty: TwentySandbox) -> None:
    company = await phone(MEMBERS + "\nlines: {default: {owner: {seconds: 0}}}")
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await company_of(twenty, jane, await member(twenty, "bela@sandbox.example"))
    seen = await company.call({"ann": answers(talks=60), "bob": declines})
    assert first_dial(seen) == ["ann", "bob"]


async def test_scenario_an_agent_named_by_e_mail_rings_as_a_user_of_twenty(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    bela = f"wm_{(await member(twenty, 'bela@sandbox.example')).replace('-', '')}"
    company = await phone("agents: {names: [bela@sandbox.example, nobody@example.com]}")
    seen = await company.call({bela: answers(talks=60)})
    # A page of the company's own may have had a token for what the address is without Twenty.
    assert first_dial(seen) == [bela, "nobody_example_com", "bela_sandbox_example"]
    assert seen.handling == "Answered by Bela Berger after 4 s. Also rung: nobody_example_com."


async def test_scenario_an_agent_who_uses_twenty_s_login_rings_there(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    bela = f"wm_{(await member(twenty, 'bela@sandbox.example')).replace('-', '')}"
    company = await phone(MEMBERS)
    seen = await company.call({"ann": away, "bob": no_answer, bela: answers(talks=60)})
    assert seen.legs == ["ann: no-answer", "bob: canceled", f"{bela}: completed"]
    assert seen.handling == "Answered by Bela Berger after 4 s. Also rung: bob."


# Agents in a call


async def test_scenario_an_agent_in_a_call_is_not_rung(phone: OpenPhone) -> None:
    company = await phone(TWO)
    company.scripted({"ann": HOLDS, "bob": declines})
    first = company.in_the_background()
    parent = await company.talking("ann")
    second = await company.twilio.call_from_phone("+33698765432")
    company.hang_up(parent)
    assert company.rung(second) == ["client:bob"]
    assert (await first).legs == ["ann: completed", "bob: busy"]


async def test_scenario_all_are_in_a_call_and_there_is_voicemail_at_once(phone: OpenPhone) -> None:
    company = await phone("agents: {names: [ann]}")
    company.scripted({"ann": HOLDS})
    first = company.in_the_background()
    parent = await company.talking("ann")
    second = await company.twilio.call_from_phone("+33698765432", says="Please call me back.")
    company.hang_up(parent)
    assert second.legs == []
    assert (await company.seen(second)).record["status"] == "VOICEMAIL"
    await first


async def test_scenario_an_owner_in_a_call_leaves_it_to_who_spoke_with_them_last(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    company = await phone(
        "agents: {names: [ann, bob], members: {ann: bela@sandbox.example, bob: chloe@sandbox.example}}"
    )
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await company_of(twenty, jane, await member(twenty, "bela@sandbox.example"))
    await spoke(twenty, jane, await member(twenty, "chloe@sandbox.example"), days_ago=2)
    company.scripted({"ann": HOLDS, "bob": answers(talks=9)})
    first = company.in_the_background(from_="+33698765432")
    parent = await company.talking("ann")
    second = await company.twilio.call_from_phone(JANE)
    company.hang_up(parent)
    assert company.rung(second) == ["client:bob"]
    await first


# What the phones are told


async def test_scenario_the_phones_are_told_who_calls(phone: OpenPhone, twenty: TwentySandbox) -> None:
    company = await phone(TWO)
    name = '<Hangup/> & "Ja\u0007ne"'
    jane = await create_person(twenty, name, primaryPhoneNumber=JANE)
    seen = await company.call({"ann": answers(talks=60), "bob": declines})
    assert seen.played.errors == []
    for leg in seen.played.legs:
        assert leg.parameters == {
            "callSid": seen.played.sid,
            "readable": "+33 6 12 34 56 78",
            "name": '<Hangup/> & "Jane"',
            "personId": jane,
            "url": f"{twenty.url}/object/person/{jane}",
        }


async def test_scenario_nobody_s_number_and_a_withheld_one_ring_without(phone: OpenPhone) -> None:
    company = await phone(TWO)
    numbers = {JANE: {"readable": "+33 6 12 34 56 78"}, "anonymous": {}, "+266696687": {}}
    for caller, number in numbers.items():
        seen = await company.call({"ann": answers(talks=9), "bob": declines}, from_=caller)
        assert [leg.parameters for leg in seen.played.legs] == [{"callSid": seen.played.sid, **number}] * 2


# Twenty is away


async def test_scenario_twenty_is_down_and_the_group_rings(phone: OpenPhone, twenty: TwentySandbox) -> None:
    company = await phone(TWO)
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    twenty.faults.down = True
    company.scripted({"ann": answers(talks=60), "bob": declines})
    played = await company.twilio.call_from_phone(JANE)
    assert [leg.status for leg in played.legs] == ["completed", "busy"]
    twenty.faults.clear()
    assert (await company.seen(played)).outcome == "COMPLETED: Inbound call · Jane Doe · 1 min 0 s"


async def test_scenario_twenty_does_not_answer_and_only_the_first_caller_waits(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    company = await phone(TWO, recognition_seconds=WAITS_SECONDS)
    twenty.faults.slow_seconds = 2
    company.scripted({"ann": answers(talks=60), "bob": declines})
    played = [await company.twilio.call_from_phone(JANE) for _ in range(5)]
    assert all(leg.status in {"completed", "busy"} for call in played for leg in call.legs)
    waited = [(call.deliveries[0].acknowledged_at or 0) - call.deliveries[0].sent_at for call in played]
    assert waited[0] > WAITS_SECONDS, "the first one waits for an answer"
    assert max(waited[1:]) < WAITS_SECONDS, "no other one does"
    twenty.faults.clear()
    assert len(await company.records()) <= 5


# A transfer


async def transfer(company: Phone, call_sid: str, *, agent: str, to: str) -> None:
    """As the widget asks for it."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {WIDGET_KEY}"}) as session:
        url = f"{company.url}/api/calls/{call_sid}/transfer"
        async with session.post(url, json={"identity": agent, "to": to}) as answer:
            assert answer.status == 204, await answer.text()


async def test_scenario_a_transfer_is_one_call_with_both_agents(phone: OpenPhone) -> None:
    company = await phone(TWO + "\nlines: {default: {ring: [{agents: [ann]}]}}")
    company.scripted({"ann": HOLDS, "bob": answers(talks=60)})
    first = company.in_the_background()
    parent = await company.talking("ann")
    await transfer(company, parent, agent="ann", to="client:bob")
    seen = await first
    assert seen.legs == ["ann: completed", "bob: completed"]
    assert seen.record["status"] == "COMPLETED"
    assert seen.record["durationInSeconds"] == sum(leg.duration or 0 for leg in seen.played.legs)
    assert seen.handling == "Answered by ann after 4 s. Passed on to bob."
    assert len(await company.records()) == 1


async def test_scenario_a_transfer_that_nobody_takes_ends_in_voicemail(phone: OpenPhone) -> None:
    company = await phone(TWO + "\nlines: {default: {ring: [{agents: [ann]}]}}")
    company.scripted({"ann": HOLDS, "bob": declines})
    first = company.in_the_background(says="Please call me back.")
    parent = await company.talking("ann")
    await transfer(company, parent, agent="ann", to="client:bob")
    seen = await first
    assert seen.record["status"] == "COMPLETED", "a talk wins over a voicemail"
    assert seen.record["transcript"] == {"markdown": "Please call me back.\n"}
    assert seen.handling == "Answered by ann after 4 s. Also rung: bob (declined)."


# One log


async def test_scenario_in_any_order_and_twice_a_call_is_the_same(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    company = await phone(
        TWO + "\nlines: {default: {ring: [{agents: [ann], seconds: 9}, {agents: [bob]}]}}",
        delivery=Delivery(seed=3, shuffle=True, duplicate=0.5),
    )
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    company.scripted({"ann": no_answer, "bob": answers(talks=60)})
    seen = [await company.call() for _ in range(10)]
    assert {call.outcome for call in seen} == {"COMPLETED: Inbound call · Jane Doe · 1 min 0 s"}
    assert {call.handling for call in seen} == {"Answered by bob after 14 s. Also rung: ann (no answer)."}
    assert len(await company.records()) == 10


async def test_scenario_a_missed_call_is_a_task_once(phone: OpenPhone, twenty: TwentySandbox) -> None:
    company, jane = await phone(MEMBERS), await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await company_of(twenty, jane, await member(twenty, "bela@sandbox.example"))
    await company.call({"ann": declines, "bob": declines})
    await company.call({"ann": declines, "bob": declines}, says="Please call me back.")
    assert await company.tasks() == ["Call back Jane Doe"]


async def test_scenario_while_later_steps_ring_nothing_is_missed(
    phone: OpenPhone, twenty: TwentySandbox
) -> None:
    company = await phone(MEMBERS + "\nlines: {default: {ring: [{agents: [ann]}, {agents: [bob]}]}}")
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await company_of(twenty, jane, await member(twenty, "bela@sandbox.example"))
    seen = await company.call({"ann": no_answer, "bob": answers(talks=60)})
    assert seen.legs == ["ann: no-answer", "ann: no-answer", "bob: completed"]
    assert await company.tasks() == []
