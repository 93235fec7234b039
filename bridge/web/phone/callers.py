"""Screen pops: the person who has a calling number, for an agent whose phone rings."""

import structlog
from aiohttp import hdrs, web

from bridge.calls.numbers import e164, is_withheld
from bridge.calls.people.matching import Person
from bridge.errors import NotUnderstood, TwentyError
from bridge.twenty.people.callers import Callers, LastCall, Profile, ScreenPop
from bridge.web.authentication.authenticate import Authentication
from bridge.web.authentication.rates import Rate
from bridge.web.operation.problems import problem

UNKNOWN = ScreenPop()

log = structlog.get_logger()


class ScreenPops:
    """The callers endpoint. National numbers are read as numbers of `region` (ISO 3166).

    `per_minute` look-ups that ask Twenty are allowed for each agent, and for each key.
    """

    def __init__(
        self, callers: Callers, authentication: Authentication, *, region: str, per_minute: int
    ) -> None:
        self._callers = callers
        self._per_minute = per_minute
        self._rate = Rate("Too many look-ups of callers")
        self._authentication = authentication
        self._region = region

    async def show(self, request: web.Request) -> web.Response:
        """Answers an authenticated caller with the person and their last calls."""
        caller = await self._authentication.authenticate(request)
        address = request.match_info["number"]
        # A sign alone (`-`, `+`) is neither a withheld number nor a number.
        if is_withheld(address) and any(map(str.isalnum, address)):
            return _answer(UNKNOWN)
        number = e164(address, self._region)
        if number is None:
            raise NotUnderstood("The last part of the path should be a telephone number, as +33159130001.")
        if not self._callers.is_known(number):
            self._rate.take(caller.key, per_minute=self._per_minute)
        try:
            found = await self._callers.screen_pop(number)
        except TwentyError as error:
            log.warning("caller.not_asked", number=number, reason=str(error))
            return problem(503, "Twenty does not answer now; try again.", code="twenty.unavailable")
        log.info("caller.shown", number=number, person_id=found.person and found.person.id)
        return _answer(found)


def _answer(found: ScreenPop) -> web.Response:
    body = {
        "person": found.person and _person(found.person),
        "url": found.person and found.person.page,
        "others": [_other(person) for person in found.others],
        "lastCalls": [_last_call(call) for call in found.last_calls],
    }
    return web.json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})


def _person(profile: Profile) -> dict[str, object]:
    return {
        "id": profile.id,
        "name": profile.name,
        "company": profile.company,
        "avatar": profile.avatar,
    }


def _other(person: Person) -> dict[str, object]:
    return {"id": person.id, "name": person.name}


def _last_call(call: LastCall) -> dict[str, object]:
    return {
        "callSid": call.call_sid,
        "direction": call.direction,
        "status": call.status,
        "startedAt": call.started_at,
        "durationInSeconds": call.duration_seconds,
        "title": call.title,
    }
