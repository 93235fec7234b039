"""What the bridge's own part of a transcript costs: CPU per hour of audio, and memory.

    .venv/bin/python -m benchmarks.transcripts --hours 3
    .venv/bin/python -m benchmarks.transcripts --hours 3 --serve

The recording has noise on both channels, so that every piece is sent. Twilio's media and the server of speech
to text run in a process of their own; the server answers at once with 30 segments a piece. With `--serve` the
bridge is `twenty-bridge serve`, Twilio is the sandbox, and the peak is VmHWM of the process, reset before.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from benchmarks.memory import resident_mb
from bridge.calls.transcripts.segments import AudioChannel, Recorded, Role, Speaker
from bridge.demo.bridge import CONFIG, PUBLIC_URL, environment
from bridge.demo.process import BridgeProcess, running, sandbox_twenty
from bridge.inbox.store import open_inbox
from bridge.inbox.transcripts.texts import transcripts_of
from bridge.sandbox.sound import Conversation
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.sandbox.twilio.recordings import Recording
from bridge.settings import TranscriptSettings
from bridge.settings.systems import TwilioSettings
from bridge.transcripts.engines.openai import open_openai
from bridge.twilio.rest.media import open_media

RATE, FRAME = 8000, 4
HEADER = 44
NOISE = os.urandom(1 << 20)
SEGMENTS = {
    "language": "english",
    "text": "x",
    "segments": [
        {
            "start": 10 * n,
            "end": 10 * n + 9,
            "text": f" Sentence {n} has some eight words in it.",
            "avg_logprob": -0.2,
        }
        for n in range(30)
    ],
}


def header(frames: int) -> bytes:
    """Of a WAV file with two channels of 16 bits."""
    size = frames * FRAME
    return (
        b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
        + (1).to_bytes(2, "little") + (2).to_bytes(2, "little") + RATE.to_bytes(4, "little")
        + (RATE * FRAME).to_bytes(4, "little") + FRAME.to_bytes(2, "little") + (16).to_bytes(2, "little")
        + b"data" + size.to_bytes(4, "little")
    )  # fmt: skip


def serve(told: Connection, frames: int) -> None:
    """Both servers, until the process is ended."""
    whole = HEADER + frames * FRAME

    async def media(request: web.Request) -> web.Response:
        start, stop, _ = request.http_range.indices(whole)
        body = (NOISE * ((stop - start) // len(NOISE) + 1))[: stop - start]
        if start == 0:
            body = header(frames) + body[HEADER:]
        headers = {"Content-Range": f"bytes {start}-{stop - 1}/{whole}"}
        return web.Response(status=206, body=body, headers=headers)

    async def transcribe(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text=json.dumps(SEGMENTS), content_type="application/json")

    async def run() -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_get("/2010-04-01/{rest:.*}", media)
        app.router.add_post("/v1/audio/transcriptions", transcribe)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.Event().wait()

    asyncio.run(run())


class Progress:
    """Kept in memory; the database's part is one small update a piece."""

    text = ""

    async def save(self, text: str, *, is_piece: bool = False) -> None:
        """See `bridge.transcripts.transcriber.Progress`."""
        self.text = text


PATH = "/twilio/recording?direction=inbound"
CONFIG_MORE = """\
transcripts: {{engine: openai, url: '{url}/v1', minutes_per_day: 1440}}
lines: {{default: {{recording: {{inbound: true, announcement: true}}}}}}
"""


async def measure_serve(url: str, hours: float) -> None:
    """The same within a whole bridge, from the report of the recording to its text in the database."""
    seconds, call = int(hours * 3600), "CA" + "1" * 32
    with TemporaryDirectory() as folder:
        async with twilio_sandbox() as twilio, sandbox_twenty() as twenty:
            sound = header(seconds * RATE) + (NOISE * (seconds * RATE * FRAME // len(NOISE) + 1))
            talk = Conversation([], media=sound[: HEADER + seconds * RATE * FRAME])
            made = Recording(
                "RE" + "1" * 32, call, "DialVerb", datetime.now(UTC), 0, channels=2, conversation=talk
            )
            made.finish(seconds)
            twilio.account.keep_recording(made)
            Path(folder, "config.yaml").write_text(CONFIG + CONFIG_MORE.format(url=url))
            env = environment(twilio, twenty, Path(folder))
            async with running(env, Path(folder)) as bridge:
                await report(twilio, bridge, made)
                print(await watched(bridge.pid, env["BRIDGE_DATABASE_URL"], call, hours=hours))


async def report(twilio: TwilioSandbox, bridge: BridgeProcess, made: Recording) -> None:
    """Reports a recording as Twilio does; the peak begins anew just before."""
    form = {
        "CallSid": made.call_sid,
        **made.parameters(api_url=twilio.url, account_sid=twilio.account_sid),
        "From": "+33639980001",
        "To": "+33159130001",
    }
    signature = RequestValidator(twilio.auth_token).compute_signature(PUBLIC_URL + PATH, form)
    Path(f"/proc/{bridge.pid}/clear_refs").write_text("5")
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        await session.post(bridge.url + PATH, data=form, headers={"X-Twilio-Signature": signature})


async def watched(pid: int, database: str, call: str, *, hours: float) -> str:
    """Waits for the transcript; what it took."""
    before, cpu, began = resident_mb(pid), cpu_seconds(pid), time.perf_counter()
    async with open_inbox(database) as inbox:
        while not (found := (await transcripts_of(inbox, [call])).get(call)):
            await asyncio.sleep(0.2)
    cpu, took = cpu_seconds(pid) - cpu, time.perf_counter() - began
    status = Path(f"/proc/{pid}/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    return (
        f"{hours:g} h of two channels in serve: {len(found[0][1].segments)} segments, {took:.1f} s, CPU "
        f"{cpu / hours:.2f} s per hour of audio, memory {before:.0f} MB before, {peak:.0f} MB at most"
    )


def cpu_seconds(pid: int) -> float:
    """CPU of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, hours: float) -> None:
    """Transcribes one recording, and prints what that took."""
    zeros = "0" * 32
    twilio = TwilioSettings(
        account_sid=f"AC{zeros}",
        auth_token=(SecretStr("12345678901234567890"),),
        api_key=f"SK{zeros}",
        api_secret=SecretStr("an invented secret"),
        app_sid=f"AP{zeros}",
        phone_number="+33159130001",
        api_url=url,
    )
    settings = TranscriptSettings(engine="openai", url=f"{url}/v1")
    both = (AudioChannel(1, Speaker(Role.CUSTOMER)), AudioChannel(2, Speaker(Role.AGENT)))
    recorded = Recorded(
        recording_sid=f"RE{zeros}", starts_at=datetime.now(UTC), seconds=int(hours * 3600), channels=both
    )
    async with open_media(twilio, hosts=()) as media, open_openai(settings, media) as engine:
        before, cpu, began = resident_mb(), time.process_time(), time.perf_counter()
        made = await engine.transcribe(recorded, Progress())
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{hours:g} h of two channels: {len(made.segments)} segments, {took:.1f} s, "
        f"CPU {cpu / hours:.2f} s per hour of audio, memory {before:.0f} MB before, {peak:.0f} MB at most"
    )


def main() -> None:
    """Measures in this process, and serves from another one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=3)
    parser.add_argument("--serve", action="store_true", help="within a whole bridge")
    asked = parser.parse_args()
    hours = asked.hours
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(
        target=serve, args=(theirs, int(hours * 3600 * RATE)), daemon=True
    )
    server.start()
    try:
        asyncio.run((measure_serve if asked.serve else measure)(ours.recv(), hours))
    finally:
        server.kill()


if __name__ == "__main__":
    main()
