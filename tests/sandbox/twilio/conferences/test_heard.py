"""What a HoldUrl and an AnnounceUrl answer is executed, and held to what Twilio allows there."""

import pytest

from bridge.sandbox.twilio import PlayedCall
from tests.sandbox.twilio.conferences.support import Meeting
from tests.sandbox.twilio.support import App, Connect, calling_the_api, until

LONG = "<Pause length='600'/>"


def response(verbs: str) -> str:
    return f"<Response>{verbs}</Response>"


async def ended(meeting: Meeting) -> list[PlayedCall]:
    await meeting.post(f"Conferences/{meeting.conference.sid}.json", Status="completed")
    return await meeting.over()


def reported(calls: list[PlayedCall]) -> list[int]:
    return [code for call in calls for code, _ in call.errors]


@pytest.mark.parametrize(
    ("verbs", "spoken", "errors"),
    [
        (f"<Say>Please wait</Say>{LONG}", ["Please wait"], []),
        ("<Play loop='0'>https://music.example.com/one.mp3</Play><Redirect>/music</Redirect>", [], []),
        ("<Hangup/><Say>Still here</Say>", ["Still here"], [13238]),
        ("<Dial>+33639980009</Dial><Record/><Say>Still here</Say>", ["Still here"], [13238, 13238]),
        ("<Redirect>/more</Redirect><Say>Never</Say>", ["More"], []),
        ("<Redirect/>", [], [11215]),
        ("<Gather", [], [12100]),
    ],
)
async def test_on_hold(meeting: Meeting, app: App, verbs: str, spoken: list[str], errors: list[int]) -> None:
    _, customer = await meeting.moved()
    app.on("/music", response(verbs))
    app.on("/more", response(f"<Say>More</Say>{LONG}"))
    await meeting.change(customer, 200, Hold="true", HoldUrl=f"{app.url}/music", HoldMethod="POST")
    last = "/more" if "more" in verbs else "/music"
    await until(lambda: len(app.got(last)) == (50 if 11215 in errors else 1))
    await meeting.change(customer, 200, Hold="false")
    assert {one.left for one in meeting.conference.connected} == {""}
    [call] = await ended(meeting)
    assert ([*call.spoken], reported([call])) == (spoken, errors)


async def test_music_that_redirects_goes_on_until_the_hold_ends(app: App, connect: Connect) -> None:
    async with connect(app, real_time=True) as sandbox, calling_the_api(sandbox) as rest:
        meeting = Meeting(app, sandbox, rest)
        customer = await meeting.calls()
        music = "<Play>https://music.example.com/one.mp3</Play><Redirect>/music</Redirect>"
        app.on("/music", response(music))
        await meeting.change(customer, 200, Hold="true", HoldUrl=f"{app.url}/music")
        for heard in (1, 2, 3):
            await until(lambda heard=heard: len(app.got("/music")) == heard)  # type: ignore[misc]
            sandbox.skip(6)
        assert [r.method for r in app.received if r.path == "/music"][:3] == ["GET", "POST", "POST"]
        await meeting.change(customer, 200, Hold="false")
        await meeting.hears("participant-unhold")
        requested = len(app.got("/music"))
        sandbox.skip(60)
        meeting.hang_up(customer)
        await meeting.over()
        assert len(app.got("/music")) == requested


@pytest.mark.parametrize(
    ("answer", "event", "spoken"),
    [
        (response("<Say>You are listened to</Say>"), "announcement-end", ["You are listened to"]),
        (response("<Hangup/><Say>You are listened to</Say>"), "announcement-end", ["You are listened to"]),
        ("<Response><Say>", "announcement-fail", []),
    ],
)
async def test_an_announcement(
    meeting: Meeting, app: App, answer: str, event: str, spoken: list[str]
) -> None:
    _, customer = await meeting.moved()
    app.on("/announcement", answer)
    url = f"{app.url}/announcement"
    await meeting.change(customer, 200, AnnounceUrl=url)
    [told] = await meeting.hears(event)
    assert (told["CallSid"], told["AnnounceUrl"]) == (customer.sid, url)
    assert ("ReasonAnnouncementFailed" in told) == (event == "announcement-fail")
    await meeting.post(f"Conferences/{meeting.conference.sid}.json", AnnounceUrl=url)
    [_, to_all] = await meeting.hears(event, 2)
    assert "CallSid" not in to_all
    [call] = await ended(meeting)
    assert call.spoken == spoken * 2


async def test_a_recording_of_a_conference_pauses_and_stops(meeting: Meeting) -> None:
    await meeting.calls(record="record-from-start")
    await meeting.calls("+33639980004")
    await meeting.hears("conference-start")
    path = f"Conferences/{meeting.conference.sid}/Recordings"
    [recording] = (await meeting.get(f"{path}.json"))["recordings"]
    one = f"{path}/{recording['sid']}.json"
    for asked in ("paused", "in-progress"):
        assert (await meeting.post(one, 200, Status=asked))["status"] == asked
        assert (await meeting.get(one))["status"] == asked
    assert (await meeting.post(one, 400, Status="louder"))["code"] == 20001
    meeting.sandbox.skip(9)
    await meeting.post(f"{path}/Twilio.CURRENT.json", 200, Status="stopped")
    shown = await meeting.get(one)
    assert (shown["status"], shown["conference_sid"]) == ("completed", meeting.conference.sid)
    assert (await meeting.post(one, 404, Status="paused"))["code"] == 20404
    await ended(meeting)
