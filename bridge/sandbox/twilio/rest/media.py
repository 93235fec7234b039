"""The sound of a recording: silence of the right length, as .wav or .mp3, whole or in ranges.

https://www.twilio.com/docs/voice/api/recording#fetch-a-recordings-media-file
"""

import io
import wave

from aiohttp import web

from bridge.sandbox.twilio.rest.recordings import find_recording

WAV_RATE = 8000
# A frame of MPEG-2 layer III, 32 kbit/s, 22.05 kHz, mono: its header, then zeros, which decode to silence.
_FRAME = bytes.fromhex("fff340c0") + bytes(100)
_FRAMES_A_SECOND = 22050 / 576


async def fetch_media(request: web.Request) -> web.Response:
    """The media; without an extension they are a .wav."""
    recording = find_recording(request)
    if not recording.is_over:
        raise web.HTTPNotFound
    seconds = recording.duration or 0
    if request.match_info["extension"] == ".mp3":
        return _ranged(request, silent_mp3(seconds), "audio/mpeg")
    return _ranged(request, silent_wav(seconds, recording.channels), "audio/x-wav")


def silent_wav(seconds: int, channels: int) -> bytes:
    """So much silence, 16 bits, 8 kHz."""
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(2)
        wav.setframerate(WAV_RATE)
        wav.writeframes(bytes(2 * channels * WAV_RATE * seconds))
    return out.getvalue()


def silent_mp3(seconds: int) -> bytes:
    """So much silence."""
    return _FRAME * round(seconds * _FRAMES_A_SECOND)


def _ranged(request: web.Request, media: bytes, content_type: str) -> web.Response:
    headers = {"Accept-Ranges": "bytes"}
    try:
        start, stop, _ = request.http_range.indices(len(media))
    except ValueError:
        start = stop = len(media)
    if "Range" not in request.headers:
        return web.Response(body=media, content_type=content_type, headers=headers)
    if start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(media)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(media)}"
    return web.Response(status=206, body=media[start:stop], content_type=content_type, headers=headers)
