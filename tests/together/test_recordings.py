"""Links to recordings, opened: what Twilio keeps, for whoever has a link of the bridge's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientPayloadError, ClientResponse, web
from msgspec.structs import replace

from bridge.calls.callback import Callback, Kind
from bridge.calls.recording_links import RecordingLinks, derived_key
from bridge.inbox.queries import known_call
from bridge.inbox.store import open_inbox
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.rest.media import silent_mp3
from bridge.web.recordings import GRACE_SECONDS, OF_ONE_ADDRESS, OF_ONE_LINK, SLOWEST_BYTES_A_SECOND, Pace
from tests.support import eventually, new_sid, phone_calls, told, until
from tests.together.conftest import House, OpenHouse
from tests.web.conftest import PUBLIC_URL

KEY, NEW_KEY = "the key that signs links", "a key that signs them later"
SECONDS = 30
SOUND = silent_mp3(SECONDS)
NO_SOUND = "RE" + "f" * 32


def recorded(house: House, *, seconds: int = SECONDS) -> str:
    """A recording that Twilio has, so long; its SID."""
    recording = Recording(
        sid=f"RE{len(house.twilio.account.recordings):032x}",
        call_sid="CA" + "1" * 32,
        source="DialVerb",
        started=house.twilio.now(),
        began_at=0,
    )
    recording.finish(seconds)
    house.twilio.account.keep_recording(recording)
    return recording.sid


def link(house: House, sid: str, key: str | None = None, *, account: str | None = None) -> str:
    """The link to it; without `key` as a bridge makes it for which none was set."""
    own = key.encode() if key else derived_key(house.twilio.api_secret)
    links = RecordingLinks(PUBLIC_URL, account or house.twilio.account_sid, keys=[own])
    return links.link(sid)


@pytest.mark.parametrize("media_auth", [False, True])
@pytest.mark.parametrize("redirected", [False, True])
async def test_a_recording_is_heard_wherever_it_is_kept(
    open_house: OpenHouse, *, media_auth: bool, redirected: bool
) -> None:
    house = await open_house(recordings={"media_hosts": ("localhost",)})
    house.twilio.rest.media_auth = media_auth
    # By another name this is another host, and one that refuses credentials.
    house.twilio.rest.media_at = house.twilio.url.replace("127.0.0.1", "localhost") if redirected else ""
    answer, body = await house.open(link(house, recorded(house)))
    assert (answer.status, answer.content_type, body) == (200, "audio/mpeg", SOUND)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "media-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.content_length == len(SOUND)


@pytest.mark.parametrize(
    ("headers", "status", "content_range", "body"),
    [
        ({"Range": "bytes=0-9"}, 206, f"bytes 0-9/{len(SOUND)}", SOUND[:10]),
        ({"Range": "bytes=100-"}, 206, f"bytes 100-{len(SOUND) - 1}/{len(SOUND)}", SOUND[100:]),
        ({"Range": "bytes=-5"}, 206, f"bytes {len(SOUND) - 5}-{len(SOUND) - 1}/{len(SOUND)}", SOUND[-5:]),
        ({"Range": "bytes=0-9", "If-Range": "of now"}, 206, f"bytes 0-9/{len(SOUND)}", SOUND[:10]),
        ({"Range": "bytes=0-9", "If-Range": '"of yesterday"'}, 200, None, SOUND),
        ({"If-None-Match": "of now"}, 304, None, b""),
        ({"Range": f"bytes={len(SOUND)}-"}, 416, f"bytes */{len(SOUND)}", None),
        # What a server may ignore, it ignores: several ranges, and no range at all.
        ({"Range": "bytes=0-1,5-6"}, 200, None, SOUND),
        ({"Range": "seconds=1-2"}, 200, None, SOUND),
    ],
)
async def test_ranges(
    house: House, headers: Mapping[str, str], status: int, content_range: str | None, body: bytes | None
) -> None:
    opened = link(house, recorded(house))
    whole, _ = await house.open(opened)
    asked = {name: whole.headers["ETag"] if value == "of now" else value for name, value in headers.items()}
    answer, got = await house.open(opened, **asked)
    assert (answer.status, answer.headers.get("Content-Range")) == (status, content_range)
    assert body is None or got == body


async def test_head(house: House) -> None:
    answer, body = await house.open(link(house, recorded(house)), "HEAD")
    assert (answer.status, answer.headers["Content-Length"], body) == (200, str(len(SOUND)), b"")
    answer, _ = await house.open(link(house, NO_SOUND), "HEAD")
    assert answer.status == 404


def message(sid: str, *, minutes_ago: float) -> list[Callback]:
    """A call in that left a message, so long ago."""
    call = new_sid()
    end: Any = {"From": "+33639980001", "To": "+33159130001", "CallStatus": "completed"}
    heard: Any = {
        "RecordingSid": sid,
        "RecordingUrl": f"https://api.twilio.com/{sid}",
        "RecordingDuration": "17",
    }
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    both = (told(Kind.VOICEMAIL, call, Direction="inbound", **end, **heard), told(Kind.STATUS, call, **end))
    return [replace(one, received_at=at) for one in both]


@pytest.mark.parametrize(("minutes_ago", "shown"), [(60, ""), (1, "http")])
async def test_a_recording_that_twilio_has_no_more_leaves_twenty(
    house: House, tmp_path: Path, minutes_ago: float, shown: str
) -> None:
    told_of = message(NO_SOUND, minutes_ago=minutes_ago)
    async with open_inbox(f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}") as inbox:
        for callback in told_of:
            await inbox.store(callback)
        sid = told_of[0].call_sid

        async def links_to(url: str) -> None:
            (call,) = [
                one for one in (await phone_calls(house.twenty)).values() if one["externalCallId"] == sid
            ]
            assert call["recording"]["primaryLinkUrl"][:4] == url

        await until(partial(links_to, "http"), AssertionError, ValueError)
        for _ in range(2):
            assert (await house.open(link(house, NO_SOUND)))[0].status == 404
        known = await known_call(inbox, sid)
        assert known
        assert len(known.callbacks) == (3 if not shown else 2)
        await until(partial(links_to, shown), AssertionError, ValueError)


async def test_a_link_dies_when_its_key_is_rotated_out(open_house: OpenHouse) -> None:
    house = await open_house(recordings={"link_keys": (NEW_KEY, KEY)})
    sid = recorded(house)
    for key, status in ((KEY, 200), (NEW_KEY, 200), ("a key that nobody set", 403), (None, 403)):
        answer, _ = await house.open(link(house, sid, key))
        assert answer.status == status


async def test_under_a_path(open_house: OpenHouse) -> None:
    house = await open_house(server={"public_url": "https://crm.example.com/phone"})
    opened = link(house, recorded(house)).removeprefix(PUBLIC_URL)
    for prefix in ("", "/phone"):
        answer, _ = await house.open(f"{house.url}{prefix}{opened}")
        assert answer.status == 200


async def test_who_has_no_link_hears_nothing(house: House) -> None:
    sid, other = recorded(house), recorded(house)
    right = link(house, sid)
    signature = right.rpartition("=")[2]
    account = link(house, sid, account="AC" + "9" * 32)
    no_links = {
        right.rpartition("?")[0]: 403,
        right[:-1]: 403,
        right + "A": 403,
        right.replace(sid, other): 403,
        f"{right}&signature={signature}": 403,
        account: 403,
        f"{PUBLIC_URL}/recordings/{sid}.mp3?signature={signature}": 404,
        f"{PUBLIC_URL}/recordings/{sid.lower()}?signature={signature}": 404,
        f"{PUBLIC_URL}/recordings/..%2fCalls%2f{sid}?signature={signature}": 404,
        f"{PUBLIC_URL}/recordings/{quote('https://evil.example/', safe='')}?signature={signature}": 404,
        f"{PUBLIC_URL}/recordings/RE{'é' * 32}?signature={signature}": 404,
        f"{PUBLIC_URL}/recordings/{sid}%00?signature={signature}": 404,
        f"{PUBLIC_URL}/recordings/{sid}/?signature={signature}": 404,
        f"{PUBLIC_URL}/recordings/?signature={signature}": 404,
    }
    for opened, status in no_links.items():
        answer, body = await house.open(opened)
        assert (answer.status, answer.content_type) == (status, "application/problem+json"), opened
        assert signature.encode() not in body


@pytest.mark.parametrize("redirected", [False, True])
async def test_a_recording_that_is_gone(open_house: OpenHouse, *, redirected: bool) -> None:
    house = await open_house(recordings={"media_hosts": ("localhost",)})
    house.twilio.rest.media_at = house.twilio.url.replace("127.0.0.1", "localhost") if redirected else ""
    sid, absent = recorded(house), recorded(house, seconds=0)
    opened = link(house, sid)
    assert (await house.open(opened))[0].status == 200
    house.twilio.account.drop_recording(house.twilio.account.recordings[sid])
    for gone in (opened, link(house, absent)):
        answer, body = await house.open(gone)
        assert (answer.status, b"deleted" in body) == (404, True)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def saying(status: int, **headers: str) -> Handler:
    """Answers everything with that."""

    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers)

    return handle


@asynccontextmanager
async def elsewhere(handle: Handler) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """A server somewhere, and what it was asked."""
    asked: list[web.Request] = []

    async def noting(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        return await handle(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", noting)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


async def test_a_redirect_to_anywhere_else_is_not_followed(open_house: OpenHouse) -> None:
    house = await open_house(recordings={"media_hosts": ("localhost",)})
    opened = link(house, recorded(house))
    async with elsewhere(saying(200)) as (url, asked):
        for place in (url, "file://localhost", "//", "https://user@localhost", "http://["):
            house.twilio.rest.media_at = place
            assert (await house.open(opened))[0].status == 503
        assert asked == []


async def test_a_redirect_without_end(open_house: OpenHouse) -> None:
    house = await open_house(recordings={"media_hosts": ("127.0.0.1",)})
    async with elsewhere(saying(302, Location="/round")) as (url, asked):
        house.twilio.rest.media_at = url
        assert (await house.open(link(house, recorded(house))))[0].status == 503
        assert len(asked) == 3
        assert not any("Authorization" in request.headers for request in asked)


@pytest.mark.parametrize(
    ("said", "status"),
    [(500, 503), (429, 503), (401, 502), (403, 502), (404, 404), (410, 404), (418, 502)],
)
async def test_what_twilio_says(open_house: OpenHouse, said: int, status: int) -> None:
    async with elsewhere(saying(said)) as (url, _):
        house = await open_house(twilio={"api_url": url})
        assert (await house.open(link(house, recorded(house))))[0].status == status


async def test_twilio_is_down(open_house: OpenHouse) -> None:
    async with elsewhere(saying(200)) as (url, _):
        pass
    house = await open_house(twilio={"api_url": url})
    answer, _ = await house.open(link(house, recorded(house)))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


@asynccontextmanager
async def endless() -> AsyncIterator[tuple[str, list[web.Request]]]:
    """Where recordings have no end; whose are being sent."""
    listeners: list[web.Request] = []
    ending = asyncio.Event()

    async def sends(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/mpeg"})
        await response.prepare(request)
        listeners.append(request)
        try:
            while not ending.is_set():
                await response.write(bytes(1024))
                # So little that it fits in the buffers while the test lasts: no listener is too slow.
                await asyncio.sleep(0.1)
        except ConnectionError:
            pass
        finally:
            listeners.remove(request)
        return response

    async with elsewhere(sends) as (url, _):
        yield url, listeners
        ending.set()


class Listeners:
    """Those who open links and do not read on."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._answers: list[ClientResponse] = []

    async def open(self, opened: str, times: int, **headers: str) -> list[int]:
        """The statuses of so many."""
        url = opened.replace(PUBLIC_URL, self._house.url)
        answers = [await self._house.session.get(url, headers=headers) for _ in range(times)]
        self._answers += answers
        return [answer.status for answer in answers]

    def leave(self) -> None:
        """All of them."""
        while self._answers:
            self._answers.pop().close()


async def test_so_many_hear_one_recording_and_who_leaves_makes_room(open_house: OpenHouse) -> None:
    async with endless() as (url, sent):
        house = await open_house(twilio={"api_url": url})
        opened, listeners = link(house, recorded(house)), Listeners(house)
        assert await listeners.open(opened, OF_ONE_LINK + 1) == [200] * OF_ONE_LINK + [503]
        listeners.leave()
        await eventually(lambda: not sent)
        assert await listeners.open(opened, 1) == [200]
        listeners.leave()
        await eventually(lambda: not sent)


async def test_who_holds_one_link_keeps_no_other_recording_from_anyone(open_house: OpenHouse) -> None:
    async with endless() as (url, sent):
        house = await open_house(twilio={"api_url": url}, server={"trusted_proxies": ["127.0.0.1"]})
        listeners = Listeners(house)
        held, held_too, other = (link(house, recorded(house)) for _ in range(3))
        attacker, user = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
        got = await listeners.open(held, OF_ONE_LINK + 2, **attacker)
        assert got == [200] * OF_ONE_LINK + [503] * 2
        assert await listeners.open(other, 1, **attacker) == [200]
        more = await listeners.open(held_too, OF_ONE_LINK, **attacker)
        assert more == [200] * (OF_ONE_ADDRESS - OF_ONE_LINK - 1) + [503]
        assert await listeners.open(other, 1, **attacker) == [503]
        assert await listeners.open(other, 1, **user) == [200]
        listeners.leave()
        await eventually(lambda: not sent)


@pytest.mark.parametrize(
    ("bytes_a_second", "seconds"),
    [(0, GRACE_SECONDS), (100, GRACE_SECONDS + 3), (SLOWEST_BYTES_A_SECOND, None), (100_000, None)],
)
def test_a_listener_that_is_too_slow_is_left(bytes_a_second: int, seconds: int | None) -> None:
    pace, lasted = Pace(), 0
    # What was taken fast gives no more than the grace.
    pace.took(100 * 2**20, 1)
    while pace.left > 0 and lasted < 1000:
        pace.took(bytes_a_second, 1)
        lasted += 1
    assert lasted <= (seconds or 1000)
    assert seconds or lasted == 1000


@pytest.mark.parametrize(
    ("named", "sent", "shown"),
    [
        ("audio/mpeg", "audio/mpeg", "inline"),
        ("AUDIO/WAV; charset=x", "audio/wav", "inline"),
        ("binary/octet-stream", "audio/mpeg", "inline"),
        ("text/html", "application/octet-stream", "attachment"),
        ("audio/x><script>", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
    ],
)
async def test_a_recording_is_audio_or_a_file_to_save(
    open_house: OpenHouse, named: str, sent: str, shown: str
) -> None:
    async with elsewhere(saying(200, **{"Content-Type": named})) as (url, _):
        house = await open_house(twilio={"api_url": url})
        answer, _ = await house.open(link(house, recorded(house)))
        assert answer.headers["Content-Type"] == sent
        assert answer.headers["Content-Disposition"].startswith(shown)


async def test_media_that_break_off_end_as_a_connection_that_does(open_house: OpenHouse) -> None:
    async def breaks_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/mpeg", "Content-Length": "1000"})
        await response.prepare(request)
        await response.write(bytes(10))
        if request.transport:
            request.transport.abort()
        return response

    async with elsewhere(breaks_off) as (url, _):
        house = await open_house(twilio={"api_url": url})
        with pytest.raises(ClientPayloadError):
            await house.open(link(house, recorded(house)))
