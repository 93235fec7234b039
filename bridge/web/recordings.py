"""Recordings: streams Twilio's media to holders of a signed link.

Where Twilio answers 404 for a recording, its links leave Twenty, as after Twilio's own `absent`.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import structlog
from aiohttp import hdrs, web

from bridge.calls.callback import Callback, Kind, digest_of
from bridge.calls.recording_links import RECORDING_SID, RecordingLinks
from bridge.errors import InboxUnavailable, NotAllowed, TooBusy, TwilioDenied, TwilioRefused
from bridge.inbox.queries import calls_of_recording
from bridge.inbox.store import Inbox
from bridge.network.errors import media_type
from bridge.twilio.rest.media import Media
from bridge.web.authentication.client_address import Addresses
from bridge.web.operation.problems import problem

STILL_MADE = timedelta(minutes=15)
"""Until this long after its callback a recording can still be missing at Twilio."""

MOST_REMEMBERED = 10_000

log = structlog.get_logger()


class GoneRecordings:
    """Stores that recordings are gone; one look-up at a time, and one for each recording."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._told: set[str] = set()
        self._lock = asyncio.Lock()

    async def tell(self, sid: str) -> None:
        """Stores that the recording is gone, of each call that has it."""
        try:
            async with self._lock:
                if sid not in self._told and await self._put(sid, datetime.now(UTC)):
                    self._remember(sid)
        except InboxUnavailable as error:
            log.warning("recording.gone_not_stored", recording_sid=sid, reason=str(error))

    async def _put(self, sid: str, now: datetime) -> bool:
        named = await calls_of_recording(self._inbox, sid)
        if any(at > now - STILL_MADE for at in named.values()):
            return False
        for root_sid in named:
            await self._inbox.store(absent(sid, root_sid, now))
            log.info("recording.gone", recording_sid=sid, call_sid=root_sid)
        return True

    def _remember(self, sid: str) -> None:
        if len(self._told) >= MOST_REMEMBERED:
            self._told.clear()
        self._told.add(sid)


def absent(sid: str, root_sid: str, now: datetime) -> Callback:
    """The form that Twilio posts for a recording that is absent."""
    parameters = {"CallSid": root_sid, "RecordingSid": sid, "RecordingStatus": "absent"}
    return Callback(
        kind=Kind.RECORDING,
        call_sid=root_sid,
        parameters=parameters,
        received_at=now,
        digest=digest_of(Kind.RECORDING, f"/recordings/{sid}", parameters),
    )


MOST_AT_ONCE = 96
"""The number of connections that the session opens to Twilio."""
OF_ONE_ADDRESS = 64
OF_ONE_LINK = 32

CHUNK = 64 * 1024
GRACE_SECONDS = 60
"""How many seconds a listener can fall behind; a paused player requests the rest by a range."""
SLOWEST_BYTES_A_SECOND = 4 * 1024
"""Half of what it takes to hear a call's recording without a pause (MP3, 64 kbit/s)."""

ONE_RANGE = re.compile(r"bytes=(\d+-\d*|-\d+)", re.ASCII)
AUDIO = frozenset(
    {"audio/mpeg", "audio/mp3", "audio/mp4", "audio/ogg", "audio/wav", "audio/wave", "audio/x-wav"}
)
UNNAMED = "application/octet-stream"
BINARY = frozenset({UNNAMED, "binary/octet-stream"})
"""What a bucket answers for files without a media type."""

CONDITIONS = (hdrs.IF_RANGE, hdrs.IF_NONE_MATCH, hdrs.IF_MODIFIED_SINCE)
PASSED_ON = (
    hdrs.CONTENT_LENGTH,
    hdrs.CONTENT_RANGE,
    hdrs.ACCEPT_RANGES,
    hdrs.ETAG,
    hdrs.LAST_MODIFIED,
)
# A browser shows media in a page that it generates, with an inline style.
A_PLAYER = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
NO_LINK = "The link is not one of ours, or its key is not in use any more. Open the call in Twenty again."
NO_MORE = "There is no such recording at Twilio: it is not ready yet, or it was deleted."

log = structlog.get_logger()


class Places:
    """Bounds how many recordings play at once: of one link, to one address, and in all."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, sid: str, address: str) -> Iterator[None]:
        """Holds one place; raises TooBusy where all are taken."""
        bounds = {"all": MOST_AT_ONCE, f"link {sid}": OF_ONE_LINK, f"address {address}": OF_ONE_ADDRESS}
        if any(self._taken[name] >= most for name, most in bounds.items()):
            raise TooBusy("Too many recordings are listened to; try again.")
        self._taken.update(bounds.keys())
        try:
            yield
        finally:
            self._taken.subtract(bounds.keys())
            # Only what is taken is remembered.
            self._taken += Counter()


class Pace:
    """Seconds that a listener has `left`: each byte that it takes gives some, up to GRACE_SECONDS.

    Only the time that sending waits for it counts: Twilio's slowness is not the listener's.
    """

    def __init__(self) -> None:
        self.left = float(GRACE_SECONDS)

    def took(self, size: int, seconds: float) -> None:
        """Counts bytes that the listener received, and the seconds that sending waited."""
        self.left = min(GRACE_SECONDS, self.left - seconds + size / SLOWEST_BYTES_A_SECOND)


class Recordings:
    """Streams recordings, a few at a time and a chunk at a time."""

    def __init__(
        self, links: RecordingLinks, media: Media, addresses: Addresses, gone: GoneRecordings
    ) -> None:
        self._gone = gone
        self._links = links
        self._media = media
        self._addresses = addresses
        self._places = Places()

    async def play(self, request: web.Request) -> web.StreamResponse:
        """Answers GET and HEAD of a link, whole or in ranges."""
        sid = request.match_info["sid"]
        signatures = request.query.getall("signature", [])
        if not RECORDING_SID.fullmatch(sid):
            return problem(404, "The last part of the path should be a recording's SID, as RE….")
        if len(signatures) != 1 or not self._links.holds(sid, signatures[0]):
            raise NotAllowed(NO_LINK)
        with self._places.place(sid, self._addresses.of(request)):
            return await self._play(request, sid)

    async def _play(self, request: web.Request, sid: str) -> web.StreamResponse:
        try:
            async with self._media.open(sid, method=request.method, headers=dict(_asked(request))) as media:
                log.info("recording.opened", recording_sid=sid, status=media.status)
                return await _pass_on(request, sid, media)
        except TwilioRefused as refused:
            if refused.status != 404:
                raise
            await self._gone.tell(sid)
            return problem(404, NO_MORE)
        except TwilioDenied as denied:
            log.error("recording.denied", recording_sid=sid, reason=str(denied))
            return problem(502, "Twilio does not give the recording to the bridge's API key.")


def _asked(request: web.Request) -> Iterator[tuple[str, str]]:
    """What a player asks for beyond the whole; several ranges at once are answered with the whole."""
    if ONE_RANGE.fullmatch(request.headers.get(hdrs.RANGE, "")):
        yield hdrs.RANGE, request.headers[hdrs.RANGE]
    for name in CONDITIONS:
        if name in request.headers:
            yield name, request.headers[name]


async def _pass_on(request: web.Request, sid: str, media: aiohttp.ClientResponse) -> web.StreamResponse:
    if media.status == 416:
        length = {str(hdrs.CONTENT_RANGE): media.headers.get(hdrs.CONTENT_RANGE, "bytes */*")}
        return problem(416, "There is nothing in that range of the recording.", headers=length)
    response = web.StreamResponse(status=media.status, headers=dict(_headers(sid, media)))
    await response.prepare(request)
    pace = Pace()
    try:
        async for chunk in media.content.iter_chunked(CHUNK):
            await _send(response, chunk, pace)
        async with asyncio.timeout(pace.left):
            await response.write_eof()
    except (ConnectionError, TimeoutError, aiohttp.ClientError) as broken:
        # The answer has begun, so no problem body can be sent: the broken connection reports the failure.
        log.info("recording.broken_off", recording_sid=sid, reason=type(broken).__name__)
        if request.transport:
            request.transport.abort()
    return response


async def _send(response: web.StreamResponse, chunk: bytes, pace: Pace) -> None:
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(pace.left):
        await response.write(chunk)
    pace.took(len(chunk), asyncio.get_running_loop().time() - began)


def _headers(sid: str, media: aiohttp.ClientResponse) -> Iterator[tuple[str, str]]:
    for name in PASSED_ON:
        if name in media.headers:
            yield name, media.headers[name]
    if media.status in (200, 206):
        kind = _shown_as(media_type(media.headers))
        yield hdrs.CONTENT_TYPE, kind
        shown = "attachment" if kind == UNNAMED else "inline"
        yield hdrs.CONTENT_DISPOSITION, f'{shown}; filename="{sid}.mp3"'
    # No shared cache stores it; the listener's browser can, and revalidates.
    yield hdrs.CACHE_CONTROL, "private, no-cache"
    yield "Content-Security-Policy", A_PLAYER


def _shown_as(named: str) -> str:
    """The media type for the browser: audio types of the list are played, all others are saved as a file."""
    if named in BINARY:
        return "audio/mpeg"
    return named if named in AUDIO else UNNAMED
