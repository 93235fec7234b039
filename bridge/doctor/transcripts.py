"""Checks what transcribes recordings: the server of the engine `openai`, and which voicemails have none."""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

import aiohttp
from aiohttp import hdrs

from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.language.phrase import phrase
from bridge.network_errors import why
from bridge.settings import Settings, TranscriptSettings

HOW_TO = phrase("Compare transcripts in config.yaml with docs/how-to/transcripts.md.")
MOST_MODELS = 1000


def checks(settings: Settings, session: aiohttp.ClientSession) -> Iterator[Check]:
    """One check; the engines of Twilio have one of their own (`twilio_transcripts`)."""
    transcripts = settings.transcripts
    if transcripts.engine == "openai":
        yield Check("transcripts", partial(_server, transcripts, session), HOW_TO)
    elif not transcripts.is_on:
        old_way = any(line.voicemail.enabled for _, line in settings.lines.each())
        yield Check("transcripts", partial(_none, old_way=old_way))


async def _none(*, old_way: bool) -> Verdict:
    if not old_way:
        return ok(phrase("Transcripts are off: docs/how-to/transcripts.md says how calls get them."))
    return ok(
        phrase(
            "Transcripts are off. Voicemails are transcribed the old way, by Twilio's Record: in English "
            "alone, and up to two minutes. docs/how-to/transcripts.md has better ones."
        )
    )


async def _server(transcripts: TranscriptSettings, session: aiohttp.ClientSession) -> Verdict:
    """Whether the server answers, takes the key and has the model; not every server lists its models."""
    key = transcripts.api_key
    headers = {hdrs.AUTHORIZATION: f"Bearer {key.get_secret_value()}"} if key else {}
    try:
        async with session.get(f"{transcripts.url}/models", headers=headers, allow_redirects=False) as answer:
            status = answer.status
            listed = await answer.read() if status == 200 else b""
    except (aiohttp.ClientError, TimeoutError, OSError) as away:
        reason = phrase("The server of transcripts.url does not answer: {reason}.", reason=why(away))
        return error(reason, HOW_TO)
    if status in {401, 403}:
        return error(
            phrase("The server of transcripts.url refuses the key ({status}).", status=status),
            phrase("Set TRANSCRIPTS_API_KEY."),
        )
    if status >= 500:
        return error(phrase("The server of transcripts.url answers {status}.", status=status), HOW_TO)
    return _model(transcripts.model, _models(listed))


def _models(listed: bytes) -> Collection[str]:
    """The ids of a list of models; empty where it cannot be read."""
    try:
        answer: Any = json.loads(listed)
    except (ValueError, RecursionError):
        return ()
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, list):
        return ()
    return {str(one.get("id")) for one in data[:MOST_MODELS] if isinstance(one, Mapping)}


def _model(model: str, known: Collection[str]) -> Verdict:
    if known and model not in known:
        return warning(
            phrase("The server of transcripts.url lists no model {model}.", model=model),
            phrase("Set transcripts.model to one that it has."),
        )
    return ok(
        phrase("The server of transcripts.url answers; recordings are transcribed by {model}.", model=model)
    )
