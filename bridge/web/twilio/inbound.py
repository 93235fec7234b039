"""Inbound calls: whom to ring, and what to do when no agent answers."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime

import structlog
from aiohttp import web

from bridge.calls.callback import FORWARDED, Kind
from bridge.calls.dialling.admission import Admission, Admitted
from bridge.calls.fold.legs import FINAL
from bridge.calls.numbers import e164, readable
from bridge.calls.routing.lines import Group, Line, Lines, Message, Voicemail
from bridge.calls.routing.steps import (
    Decision,
    Forward,
    Phones,
    Ring,
    begin,
    go_on,
    is_open,
    rings_agents,
    spoken_since,
)
from bridge.errors import NumberRefused
from bridge.inbox.store import Inbox
from bridge.observability import metrics
from bridge.twenty.people.members import Members
from bridge.twenty.people.recognition import Recognised, Recognition
from bridge.twenty.values import person_page
from bridge.twilio import answers, twiml
from bridge.twilio.answers import CallerDetails, TwimlAnswers
from bridge.web.availabilities import Availabilities
from bridge.web.twilio.callbacks import answer, read, store_in_background

NEXT: Mapping[type, str] = {Ring: "dial", Forward: "dial", Voicemail: "voicemail", Message: "message"}
"""Decision → `Next` of the callback, from which the fold knows whether agents still ring."""

Clock = Callable[[], datetime]

log = structlog.get_logger()


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


class Inbound:
    """Answers inbound calls step by step; the URL of a Dial's action names the step.

    National numbers are read as numbers of `region` (ISO 3166). Agents do not ring who are `in_call`, who
    `declined` this call (by SID), or whom `availabilities` has as not available.
    """

    def __init__(
        self,
        inbox: Inbox,
        lines: Lines,
        writes: TwimlAnswers,
        *,
        recognition: Recognition,
        members: Members,
        in_call: Callable[[str, datetime], bool],
        declined: Callable[[str, str], bool],
        availabilities: Availabilities,
        admission: Admission,
        twenty_url: str,
        region: str,
        clock: Clock,
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._lines = lines
        self._writes = writes
        self._recognition = recognition
        self._members = members
        self._in_call = in_call
        self._declined = declined
        self._availabilities = availabilities
        self._admission = admission
        self._twenty_url = twenty_url
        self._region = region

    async def answer(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """TwiML for a caller; the voice request is stored without delaying the answer."""
        line, now = self._lines.of(parameters.get("To")), self._clock()
        found = Recognised()
        if is_open(line, now) and rings_agents(line):
            found = await self._who(parameters, spoken_since=spoken_since(line, now))
        decision = begin(line, self._phones(line, found, now, parameters), now=now)
        store_in_background(self._inbox, read(Kind.VOICE, request, parameters, **_answered(decision)))
        return self._told(decision, line, found, parameters, first=True)

    async def dialled(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """The action of a Dial that ended: TwiML for the next step if no agent answered.

        https://www.twilio.com/docs/voice/twiml/dial#action
        """
        if _is_over(parameters):
            await self._inbox.store(read(Kind.DIAL, request, parameters, Next="end"))
            return answer(twiml.EMPTY)
        if "joins" in request.query:
            return await self._not_taken(request, parameters)
        line, now = self._lines.of(parameters.get("To")), self._clock()
        step = _step_after(request.query["step"], line)
        found = await self._who(parameters, spoken_since=None) if rings_agents(line, step) else Recognised()
        decision = go_on(line, step, self._phones(line, found, now, parameters))
        store_in_background(self._inbox, read(Kind.DIAL, request, parameters, **_answered(decision)))
        return self._told(decision, line, found, parameters, first=False)

    async def _not_taken(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """The party of a call out was passed on in vain: says so, as there is none left to talk with."""
        await self._inbox.store(read(Kind.DIAL, request, parameters, Next="message"))
        line = self._lines.of(parameters.get("From"))
        return answer(twiml.say(line.texts.no_inbound, language=line.texts.language))

    async def announce(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """TwiML that announces the recording to a called person, in the language of the line in the URL."""
        # Calls that a former version placed have no such parameter.
        number = request.query.get("line") or parameters.get("From")
        return answer(answers.announcement(self._lines.of(number)))

    async def _who(self, parameters: Mapping[str, str], *, spoken_since: datetime | None) -> Recognised:
        """Looks the caller up in Twenty, and reads the agents' availability at the same time."""
        number = e164(parameters.get("From", ""), self._region)
        found, _ = await asyncio.gather(
            self._recognition.of(number, spoken_since=spoken_since), self._availabilities.refresh()
        )
        return found

    def _phones(self, line: Line, found: Recognised, now: datetime, parameters: Mapping[str, str]) -> Phones:
        call_sid = parameters.get("CallSid", "")
        return Phones(
            identities=self._members.identities(_agents(line)),
            owners=[self._members.identities_of(member_id) for member_id in found.owners],
            in_call=lambda identity: self._in_call(identity, now),
            declined=lambda identity: self._declined(call_sid, identity),
            available=lambda identities: self._availabilities.of(identities).takes_calls,
            forward=lambda number: self._forward(number, line),
        )

    def _forward(self, number: str, line: Line) -> Admitted | None:
        """The number if the dialling rules allow it; None sends the call to the next step."""
        try:
            return self._admission.forward(number, now=datetime.now(UTC))
        except NumberRefused as refused:
            metrics.NUMBERS_REFUSED.inc(refused.reason)
            log.warning("call.not_forwarded", line=line.name, reason=refused.reason, detail=str(refused))
            return None

    def _told(
        self,
        decision: Decision,
        line: Line,
        found: Recognised,
        parameters: Mapping[str, str],
        *,
        first: bool,
    ) -> web.Response:
        metrics.TWIML.inc({"dial": "rung"}.get(NEXT[type(decision)], NEXT[type(decision)]))
        log.info(
            "call.routed",
            call_sid=parameters.get("CallSid"),
            line=line.name,
            person_id=found.person and found.person.id,
            to=decision.identities if isinstance(decision, Ring) else type(decision).__name__.lower(),
        )
        caller = self._caller(found, parameters)
        called = parameters.get("To", "")
        return answer(self._writes.write(decision, line, caller, called=called, first=first))

    def _caller(self, found: Recognised, parameters: Mapping[str, str]) -> CallerDetails:
        number = e164(parameters.get("From", ""), self._region)
        shown = number if number and number.is_valid and number == parameters.get("From") else None
        details: dict[str, str | None] = {"call_sid": parameters.get("CallSid")}
        if number and number.is_valid:
            details |= {"number": shown, "readable": readable(number)}
        if person := found.person:
            page = person_page(self._twenty_url, person.id)
            details |= {"name": person.name, "person_id": person.id, "url": page}
        return CallerDetails(**details)


def _agents(line: Line) -> Collection[str]:
    return {agent for step in line.steps if isinstance(step, Group) for agent in step.agents}


def _answered(decision: Decision) -> dict[str, str]:
    """The callback's fields about the bridge's answer."""
    fields = {"Next": NEXT[type(decision)]}
    return {**fields, FORWARDED: decision.number} if isinstance(decision, Forward) else fields


def _is_over(parameters: Mapping[str, str]) -> bool:
    """Whether the call was answered, or the caller hung up; `DialBridged=false` means no connection."""
    answered = parameters.get("DialCallStatus") in ("completed", "answered")
    connected = parameters.get("DialBridged", "").lower() != "false"
    return (answered and connected) or parameters.get("CallStatus") in FINAL


def _step_after(step: str, line: Line) -> int:
    """The next step's index; past the last one after a transfer, or after an unknown step."""
    known = step.isascii() and step.isdecimal() and len(step) <= 3
    return int(step) + 1 if known else len(line.steps)
