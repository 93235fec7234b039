"""The sound of a recording, whole or in ranges: .wav as it was recorded, .mp3 as silence of its length.

https://www.twilio.com/docs/voice/api/recording#fetch-a-recordings-media-file
"""

import hashlib

from aiohttp import web

from bridge.sandbox.sound import wav_of
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.recordings import find_recording

# A frame of MPEG-2 layer III, 32 kbit/s, 22.05 kHz, mono: its header, then zeros, which decode to silence.
_FRAME = bytes.fromhex("fff340c0") + bytes(100)
_FRAMES_A_SECOND = 22050 / 576


async def fetch_media(request: web.Request) -> web.Response:
    """The media; without an extension they are a .wav."""
    recording = find_recording(request)
    if not recording.is_over or recording.status == "absent":
        raise web.HTTPNotFound
    extension = request.match_info["extension"]
    if kept_at := request.app[SANDBOX].rest.media_at:
        raise web.HTTPTemporaryRedirect(f"{kept_at}/media/{recording.sid}{extension}?X-Amz-Signature=sandbox")
    return _sound(request, recording, extension)


async def fetch_kept_media(request: web.Request) -> web.Response:
    """The media where they are kept, which is S3: the URL says who may, and nothing else may say it too.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (InvalidArgument, AccessDenied)
    """
    recording = request.app[SANDBOX].account.recordings.get(request.match_info["Sid"])
    if "Authorization" in request.headers:
        raise web.HTTPBadRequest(text="<Error><Code>InvalidArgument</Code></Error>")
    if recording is None or "X-Amz-Signature" not in request.query:
        raise web.HTTPForbidden(text="<Error><Code>AccessDenied</Code></Error>")
    return _sound(request, recording, request.match_info["extension"])


def _sound(request: web.Request, recording: Recording, extension: str) -> web.Response:
    seconds = recording.duration or 0
    if extension == ".mp3":
        return _ranged(request, silent_mp3(seconds), "audio/mpeg")
    channels = _requested_channels(request, recording)
    sound = wav_of(recording.conversation, seconds=seconds, channels=recording.channels, requested=channels)
    return _ranged(request, sound, "audio/x-wav")


def _requested_channels(request: web.Request, recording: Recording) -> int:
    """`?RequestedChannels=1` mixes two channels; two of a recording that has one are refused."""
    asked = request.query.get("RequestedChannels", str(recording.channels))
    if asked not in {"1", "2"} or int(asked) > recording.channels:
        raise RestError(400, 20001, f"RequestedChannels={asked}")
    return int(asked)


def silent_mp3(seconds: int) -> bytes:
    """So much silence."""
    return _FRAME * round(seconds * _FRAMES_A_SECOND)


def _ranged(request: web.Request, media: bytes, content_type: str) -> web.Response:
    tag = f'"{hashlib.md5(media, usedforsecurity=False).hexdigest()}"'
    headers = {"Accept-Ranges": "bytes", "ETag": tag}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    try:
        start, stop, _ = request.http_range.indices(len(media))
    except ValueError:
        start = stop = len(media)
    changed = request.headers.get("If-Range", tag) != tag
    if changed or "Range" not in request.headers:
        return web.Response(body=media, content_type=content_type, headers=headers)
    if start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(media)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(media)}"
    return web.Response(status=206, body=media[start:stop], content_type=content_type, headers=headers)
