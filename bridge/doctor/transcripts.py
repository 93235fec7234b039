"""Checks what transcribes recordings and summarises calls: their servers, and what they could not do."""

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
from aiohttp import hdrs
from pydantic import SecretStr

from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.doctor.webhook import is_there, reading
from bridge.inbox.transcripts.jobs import count_parked
from bridge.inbox.transcripts.summaries import count_failed
from bridge.language.phrase import Phrase, phrase, verbatim
from bridge.network.client import body_upto
from bridge.network.errors import why
from bridge.settings import Settings

LARGEST_LIST = 1 << 20
MOST_MODELS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _ModelServer:
    """A server of the section `name` of the settings; `works` is what it does where it answers."""

    name: str
    url: str
    key: SecretStr | None
    model: str
    works: Phrase

    @property
    def how_to(self) -> Phrase:
        return phrase("Compare {name} in config.yaml with docs/how-to/transcripts.md.", name=self.name)


def checks(settings: Settings, session: aiohttp.ClientSession) -> Iterator[Check]:
    """The servers, and what is parked; the engines of Twilio have a check of their own."""
    transcripts, summaries = settings.transcripts, settings.summaries
    if transcripts.engine == "openai":
        works = phrase("recordings are transcribed by {model}", model=transcripts.model)
        server = _ModelServer(
            name="transcripts",
            url=str(transcripts.url),
            key=transcripts.api_key,
            model=transcripts.model,
            works=works,
        )
        yield _check(server, session)
    elif not transcripts.is_on:
        old_way = any(line.voicemail.enabled for _, line in settings.lines.each())
        yield Check("transcripts", partial(_none, old_way=old_way))
    if summaries.is_on:
        works = phrase("calls are summarised by {model}", model=summaries.model)
        server = _ModelServer(
            name="summaries",
            url=str(summaries.url),
            key=summaries.api_key,
            model=summaries.model or "",
            works=works,
        )
        yield _check(server, session)
    if transcripts.is_on or summaries.is_on:
        url = settings.inbox.database_url.get_secret_value()
        yield Check("transcripts.parked", partial(_parked, url), needs=["database.migrated"])


def _check(server: _ModelServer, session: aiohttp.ClientSession) -> Check:
    return Check(server.name, partial(_asked, server, session), server.how_to)


async def _parked(database_url: str) -> Verdict:
    """What an operator can retry."""
    recordings, calls = 0, 0
    if is_there(database_url):
        async with reading(database_url) as connection:
            recordings, calls = await count_parked(connection), await count_failed(connection)
    if not recordings and not calls:
        return ok(phrase("No transcript or summary is parked."))
    return warning(
        phrase(
            "{recordings} recordings have no transcript, {calls} calls no summary; they are not tried again.",
            recordings=recordings,
            calls=calls,
        ),
        phrase(
            "{show} says why; fix that, then run {retry}.",
            show=verbatim("twenty-bridge calls show CA…"),
            retry=verbatim("twenty-bridge calls retry --parked"),
        ),
    )


async def _none(*, old_way: bool) -> Verdict:
    if not old_way:
        return ok(phrase("Transcripts are off: docs/how-to/transcripts.md says how calls get them."))
    return ok(
        phrase(
            "Transcripts are off. Voicemails are transcribed the old way, by Twilio's Record: in English "
            "alone, and up to two minutes. docs/how-to/transcripts.md has better ones."
        )
    )


async def _asked(server: _ModelServer, session: aiohttp.ClientSession) -> Verdict:
    """Whether the server answers, takes the key and has the model; not every server lists its models."""
    name = server.name
    headers = {hdrs.AUTHORIZATION: f"Bearer {server.key.get_secret_value()}"} if server.key else {}
    try:
        async with session.get(f"{server.url}/models", headers=headers, allow_redirects=False) as answer:
            status = answer.status
            listed = await body_upto(answer, LARGEST_LIST) if status == 200 else b""
    except (aiohttp.ClientError, TimeoutError, OSError) as away:
        reason = phrase("The server of {name}.url does not answer: {reason}.", name=name, reason=why(away))
        return error(reason, server.how_to)
    if status in {401, 403}:
        return error(
            phrase("The server of {name}.url refuses the key ({status}).", name=name, status=status),
            phrase("Set {variable}.", variable=f"{name.upper()}_API_KEY"),
        )
    if status >= 500:
        return error(
            phrase("The server of {name}.url answers {status}.", name=name, status=status), server.how_to
        )
    return _model(server, _models(listed))


def _models(listed: bytes) -> Set[str]:
    """The ids of a list of models; empty where it cannot be read."""
    try:
        answer: Any = json.loads(listed)
    except (ValueError, RecursionError):
        return frozenset()
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, list):
        return frozenset()
    return {str(one.get("id")) for one in data[:MOST_MODELS] if isinstance(one, Mapping)}


def _model(server: _ModelServer, known: Set[str]) -> Verdict:
    # Ollama lists a model that is named without its tag as that of the tag `latest`.
    if known and known.isdisjoint({server.model, f"{server.model}:latest"}):
        return warning(
            phrase("The server of {name}.url lists no model {model}.", name=server.name, model=server.model),
            phrase("Set {name}.model to one that it has.", name=server.name),
        )
    return ok(phrase("The server of {name}.url answers; {works}.", name=server.name, works=server.works))
