"""`calls show`: all that is known of a call."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from bridge.calls.activity import record_id, title
from bridge.calls.callback import Callback
from bridge.calls.fold.call import Call, fold
from bridge.calls.people.matching import NO_PERSON
from bridge.cli import terminal
from bridge.cli.options import AsJson, ConfigFile, utf8
from bridge.cli.terminal import Row
from bridge.inbox.queries import Attempt, KnownCall, attempts_of, known_call
from bridge.inbox.store import open_inbox
from bridge.inbox.transcripts.jobs import JobState, KnownJob, jobs_of
from bridge.inbox.transcripts.results import StoredResult, results_of
from bridge.inbox.transcripts.summaries import KnownSummary, SummaryState, summary_job_of
from bridge.json_text import utc
from bridge.language.phrase import phrase
from bridge.settings import Settings, load

SHOWN = ("CallStatus", "DialCallStatus", "CallDuration", "AnsweredBy", "RecordingSid", "Reason", "Outcome")
"""What of a callback's parameters tells most."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What the inbox has of a call."""

    known: KnownCall
    attempts: Sequence[Attempt]
    results: Sequence[StoredResult]
    jobs: Sequence[KnownJob]
    summary: KnownSummary | None


def show(
    sid: Annotated[str, typer.Argument(help="The SID of the call, or of one of its legs.", callback=utf8)],
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of a call: callbacks, legs, what was written, every attempt."""
    settings = load(config)
    told = asyncio.run(_find(settings.inbox.database_url.get_secret_value(), sid))
    if told is None:
        terminal.say(phrase("{sid}: the inbox has no such call.", sid=sid), err=True)
        raise typer.Exit(1)
    call = fold(told.known.callbacks) if told.known.callbacks else None
    summary = _summary(told.known, call, settings)
    parts = _parts(told, call, summarises=settings.summaries.is_on)
    if as_json:
        terminal.print_json(summary | parts)
    else:
        _print(summary, parts)


async def _find(database_url: str, sid: str) -> _Found | None:
    async with open_inbox(database_url, must_exist=True) as inbox:
        known = await known_call(inbox, sid)
        if known is None:
            return None
        sids = [made.sid for made in fold(known.callbacks).recordings] if known.callbacks else []
        root_sid = known.root_sid
        return _Found(
            known,
            await attempts_of(inbox, root_sid),
            await results_of(inbox, sids),
            await jobs_of(inbox, root_sid),
            await summary_job_of(inbox, root_sid),
        )


def _parts(told: _Found, call: Call | None, *, summarises: bool) -> dict[str, list[Row]]:
    known = told.known
    parts = {
        "callbacks": [_callback(c) for c in known.callbacks],
        "legs": _legs(call) if call else [],
        "attempts": [_attempt(a) for a in told.attempts],
    }
    if told.jobs:
        parts["transcription"] = [_job(job) for job in told.jobs]
    if told.summary and summarises:
        parts["summary"] = [_summary_job(told.summary)]
    if told.results:
        parts["transcripts"] = [_transcript(r) for r in told.results]
    return parts


def _print(summary: Mapping[str, object], parts: Mapping[str, Sequence[Row]]) -> None:
    for name, value in summary.items():
        if value is not None:
            terminal.say(f"{name:<10} {value}")
    for name, rows in parts.items():
        terminal.say("", name.capitalize())
        terminal.show(rows, as_json=False, nothing=phrase("none"))


def _title(call: Call, known: KnownCall, settings: Settings) -> str:
    texts, region = settings.voice.spoken, settings.region
    return title(call, known.match or NO_PERSON, names={}, texts=texts, region=region)


def _summary(known: KnownCall, call: Call | None, settings: Settings) -> dict[str, object]:
    person = known.match and known.match.person
    pages = f"{settings.twenty.pages}/object"
    return {
        "sid": known.root_sid,
        "title": _title(call, known, settings) if call else None,
        "status": call.status.value if call else None,
        "started": _time(call.started_at) if call else None,
        "agent": call.agent if call else None,
        "state": known.state.value,
        "settled": _time(known.settled_at),
        "error": known.error,
        "person": f"{person.name} {pages}/person/{person.id}" if person else None,
        "record": f"{pages}/phoneCall/{record_id('phoneCall', known.root_sid)}",
    }


def _callback(callback: Callback) -> Row:
    return {
        "arrived": _time(callback.received_at),
        "kind": callback.kind.value,
        "leg": callback.call_sid,
        "from": callback.get("From"),
        "to": callback.get("To"),
        "told": " ".join(f"{name}={value}" for name in SHOWN if (value := callback.get(name))),
    }


def _legs(call: Call) -> list[Row]:
    return [
        {
            "leg": leg.sid,
            "from": leg.from_,
            "to": leg.to,
            "status": leg.status,
            "answered": _time(leg.answered_at),
            "ended": _time(leg.ended_at),
            "seconds": leg.duration,
        }
        for leg in call.legs
    ]


def _attempt(attempt: Attempt) -> Row:
    return {
        "revision": attempt.revision,
        "outcome": attempt.outcome.value,
        "times": attempt.times,
        "first": _time(attempt.first_at),
        "last": _time(attempt.last_at),
        "error": attempt.error,
    }


def _job(job: KnownJob) -> Row:
    """How far a recording's transcript is; the text is for Twenty."""
    return {
        "recording": job.recording_sid,
        "state": job.state.value,
        "due": _time(job.due_at) if job.state is JobState.DUE else None,
        "attempts": job.attempts,
        "engine": job.engine,
        "seconds": job.seconds,
        "changed": _time(job.changed_at),
        "reason": job.reason,
    }


def _summary_job(job: KnownSummary) -> Row:
    return {
        "state": job.state.value,
        "due": _time(job.due_at) if job.state is SummaryState.DUE else None,
        "attempts": job.attempts,
        "changed": _time(job.changed_at),
        "reason": job.reason,
    }


def _transcript(result: StoredResult) -> Row:
    """What arrived and when; the text is for Twenty."""
    return {"of": result.source_sid, "received": _time(result.received_at), "characters": len(result.body)}


def _time(moment: datetime | None) -> str | None:
    return utc(moment, sep=" ", timespec="milliseconds") if moment else None
