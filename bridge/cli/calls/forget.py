"""`calls forget` erases a person from the inbox, and says what remains of them elsewhere."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from bridge.calls.activity import record_id
from bridge.calls.fold.call import fold
from bridge.calls.numbers import Number
from bridge.cli import terminal
from bridge.cli.numbers import address
from bridge.cli.options import AsJson, ConfigFile, utf8
from bridge.errors import NumberRefused
from bridge.inbox.forgetting import Forgotten, calls_of, erase
from bridge.inbox.queries import KnownCall, known_call
from bridge.inbox.store import Inbox, open_inbox
from bridge.language.phrase import phrase
from bridge.settings import Settings, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What the bridge wrote or knew of elsewhere, and does not erase."""

    people: Sequence[str]
    records: Sequence[str]
    legs: Sequence[str]
    recordings: Sequence[str]


def forget(
    number: Annotated[str | None, typer.Argument(help="The person's number, as calls list shows it.")] = None,
    config: ConfigFile = None,
    *,
    call: Annotated[
        str | None, typer.Option("--call", help="One call's SID, in place of a number.", callback=utf8)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a person's number and callbacks here, for good; say what remains elsewhere."""
    if (number is None) == (call is None):
        raise typer.BadParameter("give a number, or --call with the SID of one call")
    settings = load(config)
    if call is not None:
        forgetting = _forget_call(settings, call, yes=yes, as_json=as_json)
    else:
        theirs = their_number(number or "", settings)
        forgetting = _forget(settings, theirs, yes=yes, as_json=as_json)
    if not asyncio.run(forgetting):
        raise typer.Exit(1)


def their_number(number: str, settings: Settings) -> Number | str:
    """The number to forget, valid or not; raises NumberRefused for what is none, or the company's."""
    theirs = address(number, settings.region)
    if theirs in settings.own_numbers:
        raise NumberRefused(
            "invalid",
            phrase("{number}: the company's own, so every call would be forgotten", number=number),
        )
    return theirs


async def _forget_call(settings: Settings, sid: str, *, yes: bool, as_json: bool) -> bool:
    """One call alone: a new call of the same number is kept as before. Whether the operator agreed."""
    async with open_inbox(settings.inbox.database_url.get_secret_value(), must_exist=True) as inbox:
        known = await known_call(inbox, sid)
        if known is None or not known.callbacks:
            raise NumberRefused(
                "invalid", phrase("{sid}: no such call; `twenty-bridge calls list` shows their SIDs", sid=sid)
            )
        question = phrase("Erase the call {sid} here, for good?", sid=sid)
        if not yes and not terminal.confirm(question, err=True):
            return False
        erased = await erase(inbox, {sid})
    _tell(settings, erased, _elsewhere([known]), as_json=as_json)
    return True


async def _forget(settings: Settings, number: Number | str, *, yes: bool, as_json: bool) -> bool:
    async with open_inbox(settings.inbox.database_url.get_secret_value(), must_exist=True) as inbox:
        forgotten = Forgotten(inbox, [key.get_secret_value() for key in settings.inbox.forget_key])
        forgotten.check_key()
        found = await calls_of(inbox, number, region=settings.region)
        if not yes and not terminal.confirm(
            phrase(
                "Erase {calls} of {number} here, for good?", calls=terminal.calls(len(found)), number=number
            ),
            err=True,
        ):
            return False
        remains = _elsewhere([call for sid in sorted(found) if (call := await known_call(inbox, sid))])
        await forgotten.remember(number, now=datetime.now(UTC))
        erased = await _erase_all(inbox, number, found, region=settings.region)
    _tell(settings, erased, remains, as_json=as_json)
    return True


async def _erase_all(inbox: Inbox, number: Number | str, found: set[str], *, region: str) -> int:
    """A running bridge may take in more of them meanwhile."""
    erased = 0
    while found:
        erased += await erase(inbox, found)
        found = await calls_of(inbox, number, region=region)
    return erased


def _elsewhere(known: Sequence[KnownCall]) -> Elsewhere:
    told = [call for call in known if call.callbacks]
    people = {call.match.person.id for call in told if call.match and call.match.person}
    return Elsewhere(
        people=sorted(people),
        records=[record_id("phoneCall", call.root_sid) for call in told],
        legs=_once(callback.call_sid for call in told for callback in call.callbacks),
        recordings=_once(made.sid for call in told for made in fold(call.callbacks).recordings),
    )


def _once(sids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sids))


def _tell(settings: Settings, erased: int, remains: Elsewhere, *, as_json: bool) -> None:
    if as_json:
        twenty = {"people": remains.people, "phone_calls": remains.records}
        twilio = {"calls": remains.legs, "recordings": remains.recordings}
        terminal.print_json({"erased": erased, "twenty": twenty, "twilio": twilio})
        return
    terminal.say(
        phrase(
            "Erased here: {calls}. Their history does not come back; a new call is a new call.",
            calls=terminal.calls(erased),
        )
    )
    for line in (*_in_twenty(settings, remains), *_at_twilio(remains)):
        terminal.say(line)
    terminal.say(
        "", phrase("Backups of the database hold what they held. Logs have shortened numbers alone.")
    )


def _in_twenty(settings: Settings, remains: Elsewhere) -> list[str]:
    pages = f"{settings.twenty.pages}/object"
    return [
        "",
        phrase("In Twenty remain, to be deleted there, and then destroyed (Deleted records):"),
        *(phrase("  the person           {url}", url=f"{pages}/person/{one}") for one in remains.people),
        *(phrase("  a call               {url}", url=f"{pages}/phoneCall/{one}") for one in remains.records),
        phrase("  notes and tasks on them, and other people and calls with the number"),
    ]


def _at_twilio(remains: Elsewhere) -> list[str]:
    known = [
        *(f"  twilio api:core:recordings:remove --sid {sid}" for sid in remains.recordings),
        *(f"  twilio api:core:calls:remove --sid {sid}" for sid in remains.legs),
    ]
    heading = phrase("At Twilio remain call logs and recordings; with Twilio's command line:")
    return [
        "",
        *([heading] if known else []),
        *known,
        phrase(
            "Calls that are no longer kept here are in Twilio's console, by number: Monitor → Logs → Calls."
        ),
        phrase("Transcripts that Twilio made are deleted there by the bridge, as soon as it runs."),
    ]
