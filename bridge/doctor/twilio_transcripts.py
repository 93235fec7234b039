"""Checks which of Twilio's two products for transcripts the account has: it can have one of them.

https://www.twilio.com/docs/voice/transcription/batch-transcriptions
"""

from collections.abc import Iterator, Sequence

from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.errors import TwilioDenied
from bridge.language.phrase import Phrase, phrase
from bridge.settings.systems import TwilioAccount
from bridge.settings.transcripts import TranscriptSettings
from bridge.twilio.transcripts.intelligence import Intelligence, Service
from bridge.twilio.transcripts.opening import TranscriptsRest, open_transcripts

HOW_TO = phrase("docs/how-to/transcripts.md says which of Twilio's products an account can have.")
ONE_TRY: Sequence[float] = ()


def checks(account: TwilioAccount, transcripts: TranscriptSettings, *, seconds: float) -> Iterator[Check]:
    """One check, where the engine is Twilio's; each request has `seconds`."""

    async def examined() -> Verdict:
        async with open_transcripts(account, seconds=seconds, pauses=ONE_TRY) as rest:
            if transcripts.engine == "twilio-batch":
                return await examine_batch(rest)
            return await examine_classic(rest.intelligence, transcripts.service or "")

    if transcripts.engine in {"twilio-classic", "twilio-batch"}:
        yield Check("twilio.transcripts", examined, HOW_TO, needs=["twilio.rest"])


async def examine_classic(intelligence: Intelligence, name: str) -> Verdict:
    """Whether the service is there, by SID or unique name, and does not transcribe by itself."""
    services = await intelligence.services()
    found = next((one for one in services if name in {one.sid, one.unique_name}), None)
    if found is None:
        known = ", ".join(one.unique_name or one.sid for one in services) or phrase("none")
        return error(
            phrase(
                "Conversation Intelligence has no service {name}; there is {known}.", name=name, known=known
            ),
            HOW_TO,
        )
    if found.transcribes_all:
        return warning(
            phrase("The service transcribes all recordings by itself: one can be paid for twice."),
            phrase("Switch AutoTranscribe of the service off."),
        )
    return ok(_described(found))


def _described(service: Service) -> Phrase:
    if service.redacts:
        return phrase(
            "Conversation Intelligence (classic) transcribes in {language}, and redacts personal data.",
            language=service.language,
        )
    return phrase(
        "Conversation Intelligence (classic) transcribes in {language}, without redaction.",
        language=service.language,
    )


async def examine_batch(rest: TranscriptsRest) -> Verdict:
    """Whether Twilio gives batch transcription to this account."""
    if await _uses_classic(rest.intelligence):
        return error(
            phrase(
                "The account has services of Conversation Intelligence (classic): Twilio refuses batch "
                "transcription there."
            ),
            phrase("Set transcripts.engine to twilio-classic, or delete these services."),
        )
    try:
        await rest.batch.configurations()
    except TwilioDenied as denied:
        return error(phrase("Twilio refuses batch transcription here: {denied}.", denied=denied), HOW_TO)
    return ok(phrase("The account has batch transcription."))


async def _uses_classic(intelligence: Intelligence) -> bool:
    """Whether it has services; a restricted key without permission to see them shows none."""
    try:
        return bool(await intelligence.services())
    except TwilioDenied:
        return False
