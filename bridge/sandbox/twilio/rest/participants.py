"""`/Conferences/{}/Participants`. https://www.twilio.com/docs/voice/api/conference-participant-resource"""

from collections.abc import Mapping

from aiohttp import web

from bridge.sandbox.twilio.conferences import Conference, Participant
from bridge.sandbox.twilio.effects import Request
from bridge.sandbox.twilio.errors import RestError, TwimlError
from bridge.sandbox.twilio.legs import Webhook
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.conferences import announcement, find_conference
from bridge.sandbox.twilio.rest.forms import read_form, read_query
from bridge.sandbox.twilio.rest.known import PARTICIPANT_FILTERS, UPDATE_PARTICIPANT
from bridge.sandbox.twilio.rest.paging import page
from bridge.sandbox.twilio.rest.show import show_participant


async def list_participants(request: web.Request) -> web.Response:
    """Those who are in it or on their way; who has left is not shown any more."""
    account = request.app[SANDBOX].account
    conference = find_conference(account, request.match_info["ConferenceSid"])
    query = read_query(request, PARTICIPANT_FILTERS)
    found = [one for one in _present(conference) if _matches(one, query)]
    return page(
        request,
        found,
        name="participants",
        sid=lambda one: one.leg.sid,
        show=lambda one: show_participant(account, conference, one),
    )


def _present(conference: Conference) -> list[Participant]:
    return [one for one in conference.participants.values() if not one.left]


def _matches(participant: Participant, query: Mapping[str, str]) -> bool:
    flags = {"Muted": participant.muted, "Hold": participant.held, "Coaching": bool(participant.coached)}
    return all(query.get(name, str(flag)).lower() == str(flag).lower() for name, flag in flags.items())


async def fetch_participant(request: web.Request) -> web.Response:
    """One participant, by the SID of its call or by its label."""
    conference, participant = _find(request)
    return web.json_response(show_participant(request.app[SANDBOX].account, conference, participant))


async def update_participant(request: web.Request) -> web.Response:
    """Mutes, holds, lets coach, announces; refused while the participant is on its way."""
    sandbox = request.app[SANDBOX]
    form = await read_form(request, UPDATE_PARTICIPANT)
    conference, participant = _find(request, connected=True)
    ended_before = participant.ends
    _check_coach(conference, participant, form)
    sandbox.time_in(conference)
    participant.updated = conference.at
    for event in _change(participant, form):
        sandbox.tell(participant, conference.callback(event, participant))
    _play(participant, form)
    sandbox.wake([participant])
    shown = show_participant(sandbox.account, conference, participant)
    if participant.held and "EndConferenceOnExit" in form:
        # Shown as accepted, and without effect while on hold: flex-dialpad-addon-plugin#60, twilio-go#259.
        participant.ends = ended_before
    return web.json_response(shown)


def _check_coach(conference: Conference, participant: Participant, form: Mapping[str, str]) -> None:
    if not is_true(form, "Coaching"):
        return
    coached = form.get("CallSidToCoach") or participant.coached
    if not coached or coached == participant.leg.sid:
        raise RestError(400, 16028, coached or "CallSidToCoach is missing")
    try:
        conference.check_coached(coached)
    except TwimlError as error:
        raise RestError(400, error.code, coached) from error


def _change(participant: Participant, form: Mapping[str, str]) -> list[str]:
    """Writes what the form names; the callbacks that tell of it."""
    events = []
    for name, member, event in (("Muted", "muted", "mute"), ("Hold", "held", "hold")):
        if name in form and (asked := is_true(form, name)) != getattr(participant, member):
            setattr(participant, member, asked)
            events.append(f"participant-{event}" if asked else f"participant-un{event}")
    if form.keys() & {"BeepOnExit", "EndConferenceOnExit", "Coaching", "CallSidToCoach", "WaitUrl"}:
        _modify(participant, form)
        events.append("participant-modify")
    return events


def _modify(participant: Participant, form: Mapping[str, str]) -> None:
    if "EndConferenceOnExit" in form:
        participant.ends = is_true(form, "EndConferenceOnExit")
    if "Coaching" in form:
        coached = form.get("CallSidToCoach") or participant.coached
        participant.coached = coached if is_true(form, "Coaching") else ""


def _play(participant: Participant, form: Mapping[str, str]) -> None:
    """Has the participant hear what the form names: while on hold, or as an announcement."""
    if form.get("HoldUrl") and participant.held:
        target = Webhook(form["HoldUrl"], form.get("HoldMethod", "GET"))
        participant.music = Request("hold", target, participant.leg.base)
    if announced := announcement(form):
        participant.announced.append((announced, False))


async def delete_participant(request: web.Request) -> web.Response:
    """Puts the participant out: its call goes on with what comes after its `<Dial>`."""
    sandbox = request.app[SANDBOX]
    conference, participant = _find(request, connected=True)
    sandbox.time_in(conference)
    participant.left, participant.kicked = "participant_updated_via_api", True
    sandbox.wake([participant])
    return web.Response(status=204)


def is_true(form: Mapping[str, str], name: str) -> bool:
    """A parameter that is taken as false unless it is true."""
    return form.get(name, "").lower() == "true"


def _find(request: web.Request, *, connected: bool = False) -> tuple[Conference, Participant]:
    """The participant of the path, or 20404; one who is on the way cannot be changed yet."""
    account = request.app[SANDBOX].account
    conference = find_conference(account, request.match_info["ConferenceSid"])
    wanted = request.match_info["CallSid"]
    found = conference.participants.get(wanted) or conference.named(wanted)
    if found is None or found.left or (connected and not found.connected):
        raise RestError(404, 20404, request.path)
    return conference, found
