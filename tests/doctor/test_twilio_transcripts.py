"""Which of Twilio's two products for transcripts an account has, and whether the engine fits."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.doctor.checks import examine
from bridge.doctor.twilio_transcripts import checks
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.sandbox.twilio.account import Key
from bridge.sandbox.twilio.transcribing import Service
from bridge.settings.transcripts import TranscriptSettings
from tests.support import twilio_settings

BATCH = {"engine": "twilio-batch"}
CLASSIC = {"engine": "twilio-classic", "service": "bridge"}


def restricted(twilio: TwilioSandbox) -> None:
    twilio.account.keys[twilio.api_key] = Key(twilio.api_key, twilio.api_secret, allow=frozenset())


def service(twilio: TwilioSandbox, **settings: str) -> None:
    made = Service(unique_name="bridge", language_code="fr-FR", settings=settings)
    twilio.account.transcribing.services[made.sid] = made


async def found(twilio: TwilioSandbox, engine: dict[str, Any]) -> tuple[str, str]:
    """Status and reason of the check, without the checks that it needs."""
    [check] = checks(twilio_settings(twilio), TranscriptSettings(**engine), seconds=5)
    assert check.name == "twilio.transcripts"
    [finding] = await examine([replace(check, needs=())], seconds=5)
    return finding.verdict.status, finding.verdict.reason


@pytest.mark.parametrize(
    ("prepare", "engine", "status", "said"),
    [
        (lambda twilio: None, BATCH, "ok", "has batch transcription"),
        (service, BATCH, "error", "has services of Conversation Intelligence"),
        (restricted, BATCH, "error", "Twilio refuses batch transcription here"),
        (service, CLASSIC, "ok", "transcribes in fr-FR, without redaction"),
        (lambda twilio: service(twilio, AutoRedaction="true"), CLASSIC, "ok", "redacts personal data"),
        (lambda twilio: service(twilio, AutoTranscribe="true"), CLASSIC, "warning", "paid for twice"),
        (lambda twilio: None, CLASSIC, "error", "has no service bridge; there is none"),
        (service, {**CLASSIC, "service": "other"}, "error", "has no service other; there is bridge"),
    ],
)
async def test_which_product_the_account_has(
    prepare: Any, engine: dict[str, Any], status: str, said: str
) -> None:
    async with twilio_sandbox() as twilio:
        prepare(twilio)
        assert (await found(twilio, engine))[0] == status
        assert said in (await found(twilio, engine))[1]


def test_other_engines_are_not_twilios() -> None:
    for engine in ({}, {"engine": "openai", "url": "http://127.0.0.1:9/v1"}):
        settings = TranscriptSettings(**engine)
        assert not list(checks(None, settings, seconds=5))  # type: ignore[arg-type]
