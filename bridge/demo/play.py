"""Plays the morning's calls and looks what became of each in Twenty."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bridge.demo import bridge
from bridge.demo.company import AGENT, MORNING, Script
from bridge.demo.process import running
from bridge.demo.speech import summarized
from bridge.demo.twenty import Record, Twenty, open_twenty
from bridge.sandbox.company import PEOPLE
from bridge.sandbox.speech import speech_sandbox
from bridge.sandbox.twenty import NEWEST, TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import Delivered, PlayedCall, TwilioSandbox, twilio_sandbox

ARRIVES_SECONDS = 30
TRANSCRIBED_SECONDS = 60
OVER = {"completed", "busy", "no-answer", "failed", "canceled"}


@dataclass(frozen=True, slots=True)
class DemoResult:
    """A call from its script to its record; `record` is None if Twenty never got it."""

    script: Script
    played: PlayedCall
    record: Record | None
    transcript: str = ""
    """What was said, in Markdown, below its summary."""

    @property
    def person(self) -> str | None:
        """Whom Twenty shows it on."""
        person = self.record and self.record["person"]
        return f"{person['name']['firstName']} {person['name']['lastName']}" if person else None

    @property
    def latency_ms(self) -> float | None:
        """From the 204 for what ended the call to the write in Twenty that says so."""
        if self.record is None:
            return None
        written = datetime.fromisoformat(self.record["updatedAt"]).timestamp()
        ended = [at for sent in self.played.deliveries if (at := sent.acknowledged_at) and _ends(sent)]
        told = min(ended, default=self.played.deliveries[0].acknowledged_at)
        return round(max(0.0, written - told) * 1000, 1) if told else None

    def as_json(self) -> dict[str, Any]:
        """One of the `calls` that `--json` prints."""
        leg = self.played.legs[0] if self.played.legs else None
        record = self.record or {}
        return {
            "call_sid": self.played.sid,
            "direction": record.get("direction"),
            "status": record.get("status"),
            "from": leg.from_ if leg else self.script.from_ or f"client:{AGENT}",
            "to": leg.to if leg else self.script.to,
            "person": self.person,
            "activity_id": record.get("id"),
            "duration_seconds": record.get("durationInSeconds"),
            "latency_ms": self.latency_ms,
            "transcript": self.transcript or None,
        }


def _ends(sent: Delivered) -> bool:
    return sent.params.get("CallStatus") in OVER or sent.params.get("DialCallStatus") in OVER


@dataclass(frozen=True, slots=True)
class Stage:
    """All that runs during the demo."""

    twenty: TwentySandbox
    twilio: TwilioSandbox
    user: Twenty
    bridge_url: str
    folder: Path
    environment: Mapping[str, str]

    async def phones(self) -> dict[str, str]:
        """Agent → the address of their phone, which signs a browser in, once."""
        return await bridge.phone_links(self.environment, self.folder, url=self.bridge_url)


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """Two sandboxes, a provisioned workspace with people, and the bridge between them."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="twenty-bridge-")))
        twenty = await stack.enter_async_context(twenty_sandbox(generation=NEWEST))
        twilio = await stack.enter_async_context(twilio_sandbox())
        # Calls that can be put on hold need their sound mixed from the beginning.
        twilio.signalling.switches.sound = "mixer" if find_spec("aiortc") else "relay"
        env = bridge.environment(twilio, twenty, folder)
        models = await stack.enter_async_context(speech_sandbox())
        models.reply = summarized
        config = bridge.config_with_phones(twilio) + bridge.config_with_models(models.url)
        folder.joinpath("config.yaml").write_text(config)
        await bridge.set_up_twenty(env, folder)
        user = await stack.enter_async_context(open_twenty(twenty.url, twenty.user_token))
        await user.create_people(PEOPLE)
        process = await stack.enter_async_context(running(env, folder))
        bridge.known_to(twilio, listens_on=process.url)
        yield Stage(twenty, twilio, user, process.url, folder, env)


async def play(stage: Stage, scripts: Sequence[Script] = MORNING) -> list[DemoResult]:
    """Places the calls, one after the other, and waits until Twenty has them all."""
    token = await bridge.fetch_token(stage.bridge_url, AGENT)
    played = [await _place(stage.twilio, script, token) for script in scripts]
    wanted = {call.sid: script.status for script, call in zip(scripts, played, strict=True)}
    records = await stage.user.calls_that_became(wanted, within=ARRIVES_SECONDS)
    recorded = [call.sid for script, call in zip(scripts, played, strict=True) if script.is_transcribed]
    spoken = await stage.user.transcripts(recorded, within=TRANSCRIBED_SECONDS)
    return [
        DemoResult(script, call, records.get(call.sid), spoken.get(call.sid, ""))
        for script, call in zip(scripts, played, strict=True)
    ]


async def _place(twilio: TwilioSandbox, script: Script, token: str) -> PlayedCall:
    if script.party:
        twilio.parties[_e164(script.to) or f"client:{AGENT}"] = script.party
    twilio.conversation = script.conversation
    if script.to:
        return await twilio.call_from_token(token, script.to)
    return await twilio.call_from_phone(
        script.from_, says=script.says, caller_hangs_up_after=script.hangs_up_after
    )


def _e164(dialled: str) -> str:
    """Who is behind a number is asked by the number that the bridge dials."""
    digits = dialled.replace(" ", "")
    return f"+33{digits[1:]}" if digits.startswith("0") else digits
