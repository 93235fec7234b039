"""One scenario for each rule of routing, and for each two rules that can disagree.

Each reads as: the config, what everybody does, which phones rang, what Twenty shows.
"""

from tests.routing.conftest import (
    COMPANY,
    MOBILE,
    OpenPhone,
    answers,
    away,
    busy,
    declines,
    no_answer,
    paris,
)

TEAM = "agents: {names: [ann, bob, carol, dave, eve]}"
TWO = "agents: {names: [ann, bob]}"
CALLER = "+33 6 12 34 56 78"

# Who rings


async def test_scenario_naming_the_agents_is_enough(phone: OpenPhone) -> None:
    company = await phone(TWO)
    seen = await company.call({"ann": answers(after=4, talks=60), "bob": no_answer})
    assert seen.legs == ["ann: completed", "bob: canceled"]
    assert seen.outcome == f"COMPLETED: Inbound call · {CALLER} · 1 min 0 s"
    assert seen.handling == "Answered by ann after 5 s. Also rung: bob."


async def test_scenario_five_rung_one_answers_two_decline_two_time_out(phone: OpenPhone) -> None:
    company = await phone(TEAM)
    parties = {"ann": declines, "bob": answers(after=9, talks=120), "carol": declines}
    seen = await company.call(parties | {"dave": away, "eve": away})
    assert seen.legs == [
        *("ann: busy", "bob: completed", "carol: busy", "dave: no-answer", "eve: no-answer"),
    ]
    assert seen.outcome == f"COMPLETED: Inbound call · {CALLER} · 2 min 0 s"
    assert seen.handling == (
        "Answered by bob after 10 s. "
        "Also rung: ann (declined), carol (declined), dave (no answer), eve (no answer)."
    )
    assert len(await company.records()) == 1


async def test_scenario_one_after_the_other_each_for_its_seconds(phone: OpenPhone) -> None:
    company = await phone(TWO + "\nlines: {default: {ring: [{order: sequential, seconds: 10}]}}")
    seen = await company.call({"ann": no_answer, "bob": answers(after=3, talks=30)})
    assert seen.legs == ["ann: no-answer", "bob: completed"]
    assert [document.count("<Client ") for document in seen.dials] == [1, 1]
    assert seen.handling == "Answered by bob after 15 s. Also rung: ann (no answer)."


async def test_scenario_a_second_group_rings_when_the_first_does_not_answer(phone: OpenPhone) -> None:
    company = await phone(
        TEAM + "\nlines: {default: {ring: [{agents: [ann, bob], seconds: 10}, {agents: [carol]}]}}"
    )
    seen = await company.call({"ann": declines, "bob": busy, "carol": answers(talks=20)})
    assert seen.legs == ["ann: busy", "bob: busy", "carol: completed"]
    assert seen.outcome == f"COMPLETED: Inbound call · {CALLER} · 20 s"
    assert await company.tasks() == []


async def test_scenario_an_agent_who_is_rung_again_is_named_once(phone: OpenPhone) -> None:
    company = await phone(TWO + "\nlines: {default: {ring: [{agents: [ann]}, {seconds: 30}]}}")
    seen = await company.call({"ann": no_answer, "bob": answers(talks=20)})
    assert seen.legs == ["ann: no-answer", "ann: canceled", "bob: completed"]
    assert seen.handling == "Answered by bob after 30 s. Also rung: ann."


async def test_scenario_an_agent_who_declines_is_not_rung_by_the_next_step(phone: OpenPhone) -> None:
    company = await phone(TWO + "\nlines: {default: {ring: [{agents: [ann]}, {seconds: 30}]}}")
    seen = await company.call({"ann": declines, "bob": answers(talks=20)})
    assert seen.legs == ["ann: busy", "bob: completed"]
    assert seen.handling == "Answered by bob after 8 s. Also rung: ann (declined)."


async def test_scenario_no_more_than_ten_phones_ring_at_once(phone: OpenPhone) -> None:
    names = [f"agent{n}" for n in range(12)]
    company = await phone(f"agents: {{names: [{', '.join(names)}]}}")
    seen = await company.call(dict.fromkeys(names, declines))
    assert [leg.partition(":")[0] for leg in seen.legs] == names[:10]
    assert seen.played.errors == []


async def test_scenario_nobody_is_there_and_a_mobile_takes_it(phone: OpenPhone) -> None:
    company = await phone(TWO + f"\nlines: {{default: {{ring: [{{seconds: 10}}, {{number: {MOBILE}}}]}}}}")
    seen = await company.call({"ann": away, "bob": declines, MOBILE: answers(talks=90)})
    assert seen.legs == ["ann: no-answer", "bob: busy", f"{MOBILE}: completed"]
    assert seen.played.legs[-1].from_ == seen.played.legs[0].from_, "the mobile shows who calls"
    assert seen.record["direction"] == "INBOUND"
    assert seen.outcome == f"COMPLETED: Inbound call · {CALLER} · 1 min 30 s"
    assert seen.handling == (
        "Answered by +33 6 98 76 54 32 after 8 s. Also rung: ann (no answer), bob (declined)."
    )


async def test_scenario_who_withholds_their_number_is_forwarded_under_the_company_s(phone: OpenPhone) -> None:
    company = await phone(f"lines: {{default: {{ring: [{{number: {MOBILE}}}]}}}}")
    seen = await company.call({MOBILE: answers(talks=9)}, from_="anonymous")
    assert [leg.from_ for leg in seen.played.legs] == [COMPANY]
    assert seen.outcome == "COMPLETED: Inbound call · Withheld number · 9 s"


# Hours


HOURS = "hours: {zone: Europe/Paris, open: {mon-fri: '09:00-18:00'}, closed: [2026-12-25]}"


MONDAY, SUNDAY, CHRISTMAS = (paris(f"2026-{day}T10:00") for day in ("11-23", "11-29", "12-25"))


async def test_scenario_within_hours_it_rings(phone: OpenPhone) -> None:
    company = await phone(f"{TWO}\nlines: {{default: {{{HOURS}}}}}", clock=MONDAY)
    seen = await company.call({"ann": answers(), "bob": no_answer})
    assert seen.legs == ["ann: completed", "bob: canceled"]


async def test_scenario_out_of_hours_there_is_voicemail_at_once(phone: OpenPhone) -> None:
    company = await phone(f"{TWO}\nlines: {{default: {{{HOURS}}}}}", clock=SUNDAY)
    seen = await company.call({"ann": answers()}, says="Please call me back.")
    assert seen.legs == []
    assert seen.outcome == f"VOICEMAIL: Voicemail · {CALLER}"


async def test_scenario_on_a_closed_date_there_is_a_message(phone: OpenPhone) -> None:
    plan = f"lines: {{default: {{{HOURS}, closed_message: We are closed.}}}}"
    company = await phone(f"{TWO}\n{plan}", clock=CHRISTMAS)
    seen = await company.call({"ann": answers()}, says="Please call me back.")
    assert (seen.legs, seen.played.spoken) == ([], ["We are closed."])
    assert seen.outcome == f"MISSED: Missed call · {CALLER}"


# Nobody takes it


async def test_scenario_voicemail_wins_over_completed(phone: OpenPhone) -> None:
    company = await phone(TWO)
    seen = await company.call({"ann": no_answer, "bob": declines}, says="Please call me back.", speaks=17)
    assert seen.played.status == "completed"
    assert seen.outcome == f"VOICEMAIL: Voicemail · {CALLER}"
    assert seen.record["transcript"] == {"markdown": "Please call me back.\n"}
    assert seen.record["recording"]["primaryLinkUrl"]
    assert seen.handling == "Rung for 25 s: ann (no answer), bob (declined)."


async def test_scenario_a_voicemail_that_ends_with_a_key(phone: OpenPhone) -> None:
    company = await phone(TWO, status_url=False)
    seen = await company.call({}, says="Please call me back.", presses="#")
    assert seen.outcome == f"VOICEMAIL: Voicemail · {CALLER}"


async def test_scenario_a_caller_who_says_nothing_is_missed_once(phone: OpenPhone) -> None:
    company = await phone(TWO)
    seen = await company.call({"ann": no_answer, "bob": no_answer})
    assert seen.outcome == f"MISSED: Missed call · {CALLER}"
    assert seen.record["recording"] is None or not seen.record["recording"]["primaryLinkUrl"]
    assert len(await company.records()) == 1


async def test_scenario_without_voicemail_there_is_an_apology(phone: OpenPhone) -> None:
    company = await phone(TWO + "\nlines: {default: {voicemail: {enabled: false}}}")
    seen = await company.call({"ann": declines, "bob": declines}, says="Please call me back.")
    assert seen.played.spoken == [
        "We are sorry, no one can take your call right now. Please try again later."
    ]
    assert seen.outcome == f"MISSED: Missed call · {CALLER}"


async def test_scenario_the_plan_ends_with_a_message(phone: OpenPhone) -> None:
    company = await phone(TWO + "\nlines: {default: {ring: [{seconds: 9}, {message: Send us a mail.}]}}")
    seen = await company.call({"ann": declines, "bob": declines}, says="Please call me back.")
    assert seen.played.spoken == ["Send us a mail."]
    assert seen.outcome == f"MISSED: Missed call · {CALLER}"


async def test_scenario_no_agents_are_configured(phone: OpenPhone) -> None:
    company = await phone("agents: {names: []}")
    seen = await company.call(says="Is anybody there?")
    assert (seen.legs, seen.outcome) == ([], f"VOICEMAIL: Voicemail · {CALLER}")


async def test_scenario_a_caller_who_gives_up_while_it_rings(phone: OpenPhone) -> None:
    company = await phone(TWO)
    seen = await company.call({"ann": answers(after=20), "bob": no_answer}, caller_hangs_up_after=8)
    assert seen.legs == ["ann: canceled", "bob: canceled"]
    assert seen.outcome == f"MISSED: Missed call · {CALLER}"
    assert seen.handling == "Rung for 8 s: ann, bob."


async def test_scenario_a_caller_who_gives_up_before_the_tone(phone: OpenPhone) -> None:
    company = await phone(TWO)
    parties = {"ann": declines, "bob": declines}
    seen = await company.call(parties, says="Please call me back.", caller_hangs_up_after=6)
    assert seen.outcome == f"MISSED: Missed call · {CALLER}"


# A number whose end nobody tells of


async def test_scenario_without_a_status_callback_an_answered_call_ends(phone: OpenPhone) -> None:
    company = await phone(TWO, status_url=False)
    seen = await company.call({"ann": answers(talks=60), "bob": away})
    assert seen.outcome == f"COMPLETED: Inbound call · {CALLER} · 1 min 0 s"


async def test_scenario_without_a_status_callback_a_missed_call_ends(phone: OpenPhone) -> None:
    company = await phone(TWO, status_url=False)
    seen = await company.call({"ann": declines, "bob": away})
    assert seen.outcome == f"MISSED: Missed call · {CALLER}"
    assert seen.record["endedAt"]


async def test_scenario_without_a_status_callback_a_message_ends_the_call(phone: OpenPhone) -> None:
    plan = f"lines: {{default: {{{HOURS}, closed_message: We are closed.}}}}"
    seen = await (await phone(f"{TWO}\n{plan}", status_url=False, clock=SUNDAY)).call()
    assert seen.outcome == f"MISSED: Missed call · {CALLER}"
    assert seen.record["endedAt"]


async def test_scenario_without_a_status_callback_a_caller_gives_up(phone: OpenPhone) -> None:
    company = await phone(TWO, status_url=False)
    seen = await company.call({"ann": no_answer, "bob": no_answer}, caller_hangs_up_after=8)
    assert seen.outcome == f"MISSED: Missed call · {CALLER}"


# Lines

LINES = f"""
agents: {{names: [ann, bob]}}
lines:
  default: {{greeting: "Bonjour.", language: fr-FR, owner: {{seconds: 0}}}}
  numbers:
    "{COMPANY}": {{language: en-US, greeting: "https://example.com/hello.mp3", ring: [{{agents: [bob]}}]}}
"""
OTHER = "+33159130002"


async def test_scenario_each_number_has_its_line(phone: OpenPhone) -> None:
    company = await phone(LINES)
    company.twilio.account.add_number(OTHER).voice_application_sid = company.twilio.app_sid
    listed = await company.call({"bob": declines}, says="Hello.", to=COMPANY)
    other = await company.call({"ann": declines, "bob": declines}, says="Allô.", to=OTHER)
    assert listed.legs == ["bob: busy"]
    assert "<Play>https://example.com/hello.mp3</Play>" in listed.played.twiml[0]
    assert other.legs == ["ann: busy", "bob: busy"]
    assert '<Say language="fr-FR">Bonjour.</Say>' in other.played.twiml[0]
    assert ["transcribe" in call.played.twiml[1] for call in (listed, other)] == [True, False]


# Recording

RECORDED = "lines: {default: {recording: {inbound: true, outbound: true, announcement: true}}}"


async def test_scenario_a_call_in_is_recorded_after_the_caller_was_told(phone: OpenPhone) -> None:
    company = await phone(f"{TWO}\n{RECORDED}")
    seen = await company.call({"ann": answers(talks=30), "bob": declines})
    assert seen.played.spoken == ["This call is recorded."]
    (recording,) = company.twilio.account.recordings_of(seen.played.sid)
    assert (recording.channels, recording.source) == (2, "DialVerb")
    assert seen.record["recording"]["primaryLinkUrl"]


async def test_scenario_a_call_out_is_recorded_after_the_called_was_told(phone: OpenPhone) -> None:
    company = await phone(f"{TWO}\n{RECORDED}")
    company.scripted({MOBILE: answers(talks=30)})
    seen = await company.seen(await company.twilio.call_from_browser("ann", MOBILE))
    assert seen.played.spoken == ["This call is recorded."]
    (recording,) = company.twilio.account.recordings_of(seen.played.sid)
    assert (recording.channels, seen.played.errors) == (2, [])
    assert seen.outcome == "COMPLETED: Outbound call · +33 6 98 76 54 32 · 30 s"


async def test_scenario_colleagues_are_not_recorded(phone: OpenPhone) -> None:
    company = await phone(f"{TWO}\n{RECORDED}")
    company.scripted({"bob": answers(talks=30)})
    seen = await company.seen(await company.twilio.call_from_browser("ann", "client:bob"))
    assert company.twilio.account.recordings_of(seen.played.sid) == []
    assert seen.played.spoken == []


async def test_scenario_one_direction_alone_is_recorded(phone: OpenPhone) -> None:
    company = await phone(f"{TWO}\nlines: {{default: {{recording: {{outbound: true}}}}}}")
    seen = await company.call({"ann": answers(talks=30), "bob": declines})
    assert company.twilio.account.recordings_of(seen.played.sid) == []
