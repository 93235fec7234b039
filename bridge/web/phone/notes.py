"""`PUT /api/calls/{sid}/note`: what an agent types about a call, saved while they type."""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from aiohttp import hdrs, web

from bridge.calls.agent_call import in_it
from bridge.calls.agents import Identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.dispositions import Disposition, note_digest, note_of
from bridge.calls.fold.parties import Evidence
from bridge.errors import CallUnknown, NotInCall
from bridge.inbox.queries import known_call
from bridge.inbox.store import Inbox
from bridge.json_text import utc
from bridge.observability import context
from bridge.twilio import forms
from bridge.web.authentication.rates import Rate
from bridge.web.operation.problems import problem
from bridge.web.phone.agents import Agent, AgentAuthentication
from bridge.web.phone.bodies import NoteRequest, read_request

PER_MINUTE = 240
"""Notes that one agent can save: a page saves about once a second while they type."""

CHANGED = "Another device saved this note meanwhile. Compare with it, and save again on its version."

log = structlog.get_logger()


class AgentNotes:
    """The endpoint of notes.

    A note has versions: a save names the version that it is based on and is refused if another device has
    saved a newer one, unless the text is the same. Raises InboxUnavailable.
    """

    def __init__(self, inbox: Inbox, agents: AgentAuthentication) -> None:
        self._inbox = inbox
        self._agents = agents
        self._rate = Rate("Too many notes are saved")

    async def save(self, request: web.Request) -> web.Response:
        """Answers once the note is stored: with its new version, or 409 with the other device's."""
        asked = await read_request(request, NoteRequest)
        agent = await self._agents.agent(request, asked.identity)
        self._rate.take((*agent.caller.key, agent.identity), per_minute=PER_MINUTE)
        root_sid, owner, before = await self._known(agent, request.match_info["sid"])
        if before and _is_same(before, asked):
            return _answer(before)
        if asked.version != (before.version if before else 0):
            return _conflict(before)
        stored = await self._store(root_sid, owner, asked)
        if stored is None:
            return await self._stored_meanwhile(agent, root_sid, asked)
        log.info("call.noted", call_sid=root_sid, agent=owner, version=stored.version)
        return _answer(stored)

    async def _known(self, agent: Agent, sid: str) -> tuple[str, Identity, Disposition | None]:
        """The call, the identity under which the agent's note is stored, and the stored note.

        Raises CallUnknown, NotInCall and InboxUnavailable.
        """
        known = await known_call(self._inbox, sid) if forms.CALL_SID.fullmatch(sid) else None
        if known is None or not known.callbacks:
            raise CallUnknown("There is no such call.")
        context.bind(call_sid=known.root_sid)
        note = note_of(agent.own, known.callbacks)
        return known.root_sid, _owner(agent, note, known.callbacks), note

    async def _store(self, root_sid: str, owner: Identity, asked: NoteRequest) -> Disposition | None:
        """The stored note; None where the version that it is based on is not the newest."""
        named = {"CallSid": root_sid, "Agent": owner, "Version": str(asked.version + 1)}
        said = {"Outcome": asked.outcome, "Note": asked.note}
        new = forms.callback(Kind.NOTE, "", named, received_at=datetime.now(UTC), answered=said)
        former = note_digest(root_sid, owner, asked.version) if asked.version else None
        return note_of([owner], [new]) if await self._inbox.replace(new, former) else None

    async def _stored_meanwhile(self, agent: Agent, root_sid: str, asked: NoteRequest) -> web.Response:
        """Answers when another request came first; the same text, as in a page's retry, is not a conflict."""
        _, _, note = await self._known(agent, root_sid)
        return _answer(note) if note and _is_same(note, asked) else _conflict(note)


def _owner(agent: Agent, note: Disposition | None, callbacks: Sequence[Callback]) -> Identity:
    """The identity under which to store the agent's note; raises NotInCall."""
    if note:
        return Identity(note.agent)
    identity = in_it(agent.own, Evidence.of(callbacks))
    if identity is None:
        raise NotInCall("This is another agent's call.")
    return identity


def _is_same(note: Disposition, asked: NoteRequest) -> bool:
    return (note.outcome, note.note) == (asked.outcome, asked.note)


def note_body(note: Disposition | None) -> dict[str, object]:
    """The JSON of a note; version 0 where none was saved yet."""
    return {
        "outcome": note.outcome if note else "",
        "note": note.note if note else "",
        "version": note.version if note else 0,
        "savedAt": utc(note.at) if note else None,
    }


def _answer(note: Disposition | None) -> web.Response:
    return web.json_response(note_body(note), headers={hdrs.CACHE_CONTROL: "no-store"})


def _conflict(note: Disposition | None) -> web.Response:
    return problem(409, CHANGED, code="note.conflict", more={"current": note_body(note)})
