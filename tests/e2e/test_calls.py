"""Calls, all the way from a browser to the person's page, through real processes."""

import asyncio
from typing import Any

import pytest

from bridge.demo.bridge import fetch_token, known_to
from bridge.demo.process import BridgeProcess, run_to_end
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Delivery, Party, TwilioSandbox, twilio_sandbox
from tests.support import create_person, phone_calls, timeline, until

JANE = "+33612345678"


async def until_finished(twenty: TwentySandbox, sids: set[str]) -> dict[str, dict[str, Any]]:
    """The records, once all are over."""

    async def are_over() -> dict[str, dict[str, Any]]:
        found = await phone_calls(twenty)
        assert {found[sid]["status"] for sid in sids}.isdisjoint({"RINGING", "IN_PROGRESS"}), found
        return found

    return await until(are_over, KeyError, AssertionError)


CALLS = [
    (JANE, Party.answers(after=8, talks=192), "COMPLETED", "Outbound call · Jane Doe · 3 min 12 s"),
    ("06 12 34 56 78", Party.answers(talks=45), "COMPLETED", "Outbound call · Jane Doe · 45 s"),
    (JANE, Party.busy(), "BUSY", "Busy · Jane Doe"),
    (JANE, Party.no_answer(), "MISSED", "No answer · Jane Doe"),
    (JANE, Party.failed(), "FAILED", "Failed call · Jane Doe"),
    ("+442079460018", Party.answers(talks=5), "COMPLETED", "Outbound call · +44 20 7946 0018 · 5 s"),
    ("client:bob", Party.answers(talks=30), "COMPLETED", "Outbound call · bob · 30 s"),
    ("12", Party.no_answer(), "FAILED", "Not placed: short number or service code · 12"),
    ("112", Party.answers(), "FAILED", "Not placed: emergency number · 112"),
    (
        "0899123456",
        Party.answers(),
        "FAILED",
        "Not placed: premium-rate or special number · +33 899 12 34 56",
    ),
    ("+1 242 359 1234", Party.answers(), "FAILED", "Not placed: country not allowed · Bahama Mama"),
]


async def test_calls_from_the_browser(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await create_person(twenty, "Bahama Mama", primaryPhoneNumber="+12423591234")
    token, wanted = await fetch_token(bridge.url, "alice"), {}
    for to, party, status, title in CALLS:
        twilio.parties = {JANE: party, to: party}
        played = await twilio.call_from_token(token, to)
        assert played.errors == []
        wanted[played.sid] = (status, title)
    shown = await until_finished(twenty, {*wanted})
    assert {sid: (record["status"], record["name"]) for sid, record in shown.items()} == wanted


async def test_a_call_that_the_agent_gives_up(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    twilio.parties[JANE] = Party.answers(after=20)
    played = await twilio.call_from_browser("alice", JANE, caller_hangs_up_after=6)
    record = (await until_finished(twenty, {played.sid}))[played.sid]
    assert record["status"] in ("CANCELED", "MISSED")
    assert record["durationInSeconds"] is None


@pytest.mark.parametrize(
    ("alice", "status", "title"),
    [
        (Party.answers(after=4, talks=45), "COMPLETED", "Inbound call · Jane Doe · 45 s"),
        (Party.rejects(), "VOICEMAIL", "Voicemail · Jane Doe"),
    ],
)
async def test_a_call_in(
    bridge: BridgeProcess,
    twilio: TwilioSandbox,
    twenty: TwentySandbox,
    alice: Party,
    status: str,
    title: str,
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    twilio.parties = {"client:alice": alice, "client:bob": Party.rejects()}
    played = await twilio.call_from_phone(JANE, says="Please call me back.")
    assert played.errors == []
    record = (await until_finished(twenty, {played.sid}))[played.sid]
    assert (record["direction"], record["personId"]) == ("INBOUND", jane)
    await until_titled(twenty, played.sid, f"{status}: {title}")


async def until_titled(twenty: TwentySandbox, sid: str, shown: str) -> None:
    """Until a call stands there like that: a voicemail was a missed call before."""

    async def is_titled() -> None:
        record = (await phone_calls(twenty))[sid]
        assert f"{record['status']}: {record['name']}" == shown

    await until(is_titled, AssertionError)


async def test_shuffled_and_doubled_deliveries_are_each_call_once(
    bridge: BridgeProcess, twenty: TwentySandbox
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    delivery = Delivery(seed=7, shuffle=True, duplicate=0.5)
    async with twilio_sandbox(delivery=delivery, auth_token=bridge.env["TWILIO_AUTH_TOKEN"]) as twilio:
        known_to(twilio, listens_on=bridge.url)
        twilio.parties[JANE] = Party.answers(after=8, talks=192)
        played = await asyncio.gather(*[twilio.call_from_browser("alice", JANE) for _ in range(10)])
    records = await until_finished(twenty, {call.sid for call in played})
    assert {r["status"] for r in records.values()} == {"COMPLETED"}
    assert {r["durationInSeconds"] for r in records.values()} == {192}
    assert {r["personId"] for r in records.values()} == {jane}
    assert len(records) == 10

    async def on_the_timeline_once() -> None:
        rows = [row["linkedRecordId"] for row in await timeline(twenty)]
        assert sorted(rows) == sorted(record["id"] for record in records.values())

    # A call's row on the timeline is written after the call.
    await until(on_the_timeline_once, AssertionError)


async def test_deliveries_with_wrong_signatures_count_for_nothing(
    bridge: BridgeProcess, twenty: TwentySandbox
) -> None:
    async with twilio_sandbox(auth_token="another") as stranger:
        known_to(stranger, listens_on=bridge.url)
        played = await stranger.call_from_browser("alice", JANE)
    assert {sent.status_code for sent in played.deliveries} == {403}
    assert played.legs == []
    assert await phone_calls(twenty) == {}


async def test_a_kill_between_204_and_twenty_loses_nothing(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    twenty.faults.down = True
    twilio.parties[JANE] = Party.answers(talks=60)
    played = [await twilio.call_from_browser("alice", JANE) for _ in range(5)]
    assert all(sent.acknowledged_at for call in played for sent in call.deliveries)
    await bridge.kill()
    twenty.faults.clear()
    assert await phone_calls(twenty) == {}
    await bridge.start()
    records = await until_finished(twenty, {call.sid for call in played})
    assert {record["status"] for record in records.values()} == {"COMPLETED"}
    assert len(records) == 5


async def test_a_term_ends_in_order(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    twilio.parties[JANE] = Party.answers(talks=60)
    played = await twilio.call_from_browser("alice", JANE)
    await until_finished(twenty, {played.sid})
    assert await bridge.stop() == 0


async def test_settings_that_do_not_hold_end_the_start_with_all_that_is_wrong(
    bridge: BridgeProcess,
) -> None:
    env = {k: v for k, v in bridge.env.items() if not k.startswith(("TWILIO_", "TWENTY_"))}
    status, told = await run_to_end("serve", env=env | {"TWILIO_APP_SID": "SK1"}, folder=bridge.folder)
    assert status == 2
    assert "Traceback" not in told
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_APP_SID", "TWENTY_API_URL"):
        assert name in told
