"""The running sandbox: an account, its calls, and the server that speaks for it."""

import asyncio
import secrets
import time
from collections.abc import Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack
from urllib.parse import urlencode, urlsplit

from bridge.sandbox.sound import Conversation
from bridge.sandbox.twilio.account import Account, Application, Key, PhoneNumber
from bridge.sandbox.twilio.calls import Call, PlayedCall, run_call, run_outgoing, run_participant
from bridge.sandbox.twilio.conferences import Conference, Participant
from bridge.sandbox.twilio.delivery import Postman
from bridge.sandbox.twilio.effects import Flow, Request
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.faults import Delivery, Faults
from bridge.sandbox.twilio.legs import Leg, Subscription
from bridge.sandbox.twilio.parties import Caller, Party, speech_seconds
from bridge.sandbox.twilio.placing import place_from_api, place_from_browser, place_from_phone, voice_request
from bridge.sandbox.twilio.rest.switches import RestSwitches
from bridge.sandbox.twilio.runner import Line, Runner, join, wake
from bridge.sandbox.twilio.signalling.hub import Hub
from bridge.sandbox.twilio.tokens import Grant, check_token
from bridge.sandbox.twilio.twiml import Document

ACCOUNT_SID = "AC5a0db0c5a0db0c5a0db0c5a0db0c0001"
API_KEY = "SK5a0db0c5a0db0c5a0db0c5a0db0c0001"
APP_SID = "AP5a0db0c5a0db0c5a0db0c5a0db0c0001"
PHONE_NUMBER = "+33159130001"


class Credentials(TypedDict, total=False):
    """Who the account is; what is not given is invented, the secrets anew at every start."""

    account_sid: str
    auth_token: str
    api_key: str
    api_secret: str
    app_sid: str
    phone_number: str


class TwilioSandbox:
    """A Twilio account that calls can be placed in.

    Who is not in `parties` lets it ring. `start` is the date of every call; without it a call is placed
    now. `rest` holds the switches of the REST API.
    """

    def __init__(
        self,
        *,
        delivery: Delivery | None = None,
        start: datetime | None = None,
        real_time: bool = False,
        **credentials: Unpack[Credentials],
    ) -> None:
        self.url = ""
        self.account_sid = credentials.get("account_sid", ACCOUNT_SID)
        self.auth_token = credentials.get("auth_token") or secrets.token_hex(16)
        self.api_key = credentials.get("api_key", API_KEY)
        self.api_secret = credentials.get("api_secret") or secrets.token_urlsafe(24)
        self.app_sid = credentials.get("app_sid", APP_SID)
        self.phone_number = credentials.get("phone_number", PHONE_NUMBER)
        self.delivery = delivery or Delivery()
        self.start = start
        self.real_time = real_time
        self.rest = RestSwitches()
        self._app = Application(sid=self.app_sid, friendly_name="Sandbox")
        self.account = self._open_account()
        self._postman: Postman | None = None
        self._placed = 0
        self._lines: dict[str, Line] = {}
        self._running: dict[str, asyncio.Task[PlayedCall]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self.signalling = Hub(self)

    def _open_account(self) -> Account:
        account = Account(self.account_sid, self.auth_token)
        account.applications[self.app_sid] = self._app
        account.keys[self.api_key] = Key(self.api_key, self.api_secret, "Sandbox")
        account.add_number(self.phone_number).voice_application_sid = self.app_sid
        return account

    @property
    def parties(self) -> dict[str, Party]:
        """Who is behind `+33612345678` or `client:bob`."""
        return self.account.parties

    @parties.setter
    def parties(self, parties: dict[str, Party]) -> None:
        self.account.parties = parties

    @property
    def conversation(self) -> Conversation | None:
        """What is said in recordings that begin from now on; None: a tone on each channel."""
        return self.account.conversation

    @conversation.setter
    def conversation(self, conversation: Conversation | None) -> None:
        self.account.conversation = conversation

    @property
    def routes(self) -> dict[str, str]:
        """From public origins (with a path prefix, if they have one) to where they are served."""
        return self.postman.routes

    @routes.setter
    def routes(self, routes: dict[str, str]) -> None:
        self.postman.routes = routes

    @property
    def voice_url(self) -> str | None:
        """Where the voice requests of the application go."""
        return self._app.voice_url

    @voice_url.setter
    def voice_url(self, url: str | None) -> None:
        self._app.voice_url = url

    @property
    def status_url(self) -> str | None:
        """Where the end of the application's calls is told."""
        return self._app.status_callback

    @status_url.setter
    def status_url(self, url: str | None) -> None:
        self._app.status_callback = url

    @property
    def voice_fallback_url(self) -> str | None:
        """Where a call goes whose document cannot be run."""
        return self._app.voice_fallback_url

    @voice_fallback_url.setter
    def voice_fallback_url(self, url: str | None) -> None:
        self._app.voice_fallback_url = url

    @property
    def signalling_host(self) -> str:
        """Where browsers connect: what the Voice SDK takes as `chunderw`."""
        return urlsplit(self.url).netloc

    def telephone_url(self, number: str) -> str:
        """The page that is the telephone of a number."""
        return f"{self.url}/sandbox/telephone?{urlencode({'number': number})}"

    @property
    def postman(self) -> Postman:
        """Who delivers, while the sandbox runs."""
        if self._postman is None:
            raise RuntimeError("the sandbox is not running")
        return self._postman

    @postman.setter
    def postman(self, postman: Postman) -> None:
        self._postman = postman

    def promote(self, auth_token: str) -> None:
        """Makes a secondary Auth Token the primary one: it signs from now on, the former opens nothing.

        https://www.twilio.com/docs/iam/api/authtoken-promotion
        """
        self.auth_token = self.account.auth_token = auth_token

    def now(self) -> datetime:
        """When a call that is placed now begins."""
        return self.start or datetime.now(UTC)

    async def call_from_browser(
        self,
        identity: str,
        to: str,
        *,
        parameters: Mapping[str, str] | None = None,
        caller_hangs_up_after: float | None = None,
        application_sid: str = "",
    ) -> PlayedCall:
        """A browser calls; returns when the call is over and everything is delivered or given up.

        `caller_hangs_up_after` counts from the start of the call.
        """
        application = self.account.applications[application_sid or self.app_sid]
        caller = Caller(hangs_up_after=caller_hangs_up_after)
        call = place_from_browser(
            self.account, application, identity=identity, to=to, caller=caller, now=self.now()
        )
        return await self._run(call, run_call(call, voice_request(call, application, parameters or {})))

    async def call_from_token(
        self,
        token: str,
        to: str,
        *,
        parameters: Mapping[str, str] | None = None,
        caller_hangs_up_after: float | None = None,
        now: float | None = None,
    ) -> PlayedCall:
        """A browser calls with an access token; raises TokenRefused if it opens no call."""
        grant = check_token(token, self.account, now=time.time() if now is None else now)
        return await self.call_from_browser(
            grant.identity,
            to,
            # What the server put into the token wins over what the browser says.
            parameters={**(parameters or {}), **grant.params},
            caller_hangs_up_after=caller_hangs_up_after,
            application_sid=grant.application_sid,
        )

    async def call_from_phone(
        self,
        from_: str,
        to: str | None = None,
        *,
        caller_hangs_up_after: float | None = None,
        says: str = "",
        speaks: float | None = None,
        presses: str = "",
    ) -> PlayedCall:
        """Somebody calls a number of ours; what they `say` (for `speaks` seconds) is their message."""
        number = self._number(to or self.phone_number)
        length = speech_seconds(says) if speaks is None else speaks
        caller = Caller(hangs_up_after=caller_hangs_up_after, says=says, speaks=length, presses=presses)
        call = place_from_phone(self.account, number, from_=from_, caller=caller, now=self.now())
        request = voice_request(call, self.account.voice_settings(number), {})
        return await self._run(call, run_call(call, request))

    def call_from_api(
        self,
        *,
        to: str,
        from_: str,
        step: Request | Document,
        subscription: Subscription | None = None,
        timeout: float = 60,
        detection: str = "",
    ) -> Leg:
        """The REST API has a party rung; the call goes on by itself, `finished` waits for it."""
        call = place_from_api(self.account, to=to, from_=from_, subscription=subscription, now=self.now())
        party = self.account.party(to)
        call.leg.device = next(iter(self.account.devices.get(to, [])), None)
        flow = run_outgoing(call, step, party=party, timeout=timeout, detection=detection)
        return self._start(call, flow)

    def invite(
        self,
        conference: Conference,
        part: Mapping[str, Any],
        *,
        to: str,
        from_: str,
        step: Document,
        parameters: Mapping[str, str],
        subscription: Subscription | None = None,
        timeout: float = 60,
        detection: str = "",
    ) -> Participant:
        """The REST API has a party rung into a conference; `part` is what it is there."""
        now = self.time_in(conference)
        call = place_from_api(self.account, to=to, from_=from_, subscription=subscription, now=now)
        call.leg.device = next(iter(self.account.devices.get(to, [])), None)
        call.leg.parameters = parameters
        participant = Participant(leg=call.leg, created=now, **part)
        conference.participants[call.leg.sid] = participant
        flow = run_participant(
            call,
            step,
            conference=conference,
            participant=participant,
            party=self.account.party(to),
            timeout=timeout,
            detection=detection,
        )
        self._start(call, flow)
        return participant

    def time_in(self, conference: Conference) -> datetime:
        """What time it is in a conference."""
        for one in conference.participants.values():
            if (line := self._lines.get(one.leg.sid)) is not None:
                conference.reach(one.leg.clock.when(line.now()))
        return conference.at

    def wake(self, participants: Iterable[Participant]) -> None:
        """Their conference has changed: those in it look for themselves, those that ring stop."""
        wake(self._lines, (one.leg for one in participants))

    def tell(self, participant: Participant, request: Request | None) -> None:
        """Sends a callback about a conference; `participant` is in it."""
        line = self._lines.get(participant.leg.sid)
        if line is not None and request is not None:
            line.tell(request)

    def dial_from_browser(self, grant: Grant, parameters: Mapping[str, str], *, device: str) -> Leg:
        """A connected browser calls; the call goes on by itself, `finished` waits for it."""
        application = self.account.applications[grant.application_sid]
        to = {**parameters, **grant.params}.get("To", "")
        call = place_from_browser(
            self.account, application, identity=grant.identity, to=to, caller=Caller.live(), now=self.now()
        )
        call.leg.device = device
        # What the server put into the token wins over what the browser says.
        request = voice_request(call, application, {**parameters, **grant.params})
        return self._start(call, run_call(call, request))

    def dial_from_telephone(self, from_: str, to: str, *, device: str) -> Leg:
        """A connected telephone calls a number of ours; the call goes on by itself."""
        number = self._number(to)
        call = place_from_phone(self.account, number, from_=from_, caller=Caller.live(), now=self.now())
        call.leg.device = device
        request = voice_request(call, self.account.voice_settings(number), {})
        return self._start(call, run_call(call, request))

    async def finished(self, call_sid: str) -> PlayedCall:
        """A call that the REST API or a device placed, when it is over."""
        return await self._running[call_sid]

    def command(self, leg: Leg, step: Request | Document | None) -> None:
        """Sends a running leg elsewhere, or ends it."""
        self.line(leg).put(leg.sid, step)

    def line(self, leg: Leg) -> Line:
        """The line that a leg runs on: its own, or that of the call which rang it."""
        line = self._lines.get(leg.sid) or self._lines.get(leg.parent_sid or "")
        if line is None or leg.is_over:
            raise RestError(400, 21220, leg.sid)
        return line

    def skip(self, seconds: float) -> None:
        """Lets so many seconds pass at once for every call that devices take part in."""
        for line in self._lines.values():
            line.skip(seconds)

    def work(self, job: Coroutine[Any, Any, None]) -> None:
        """Goes on with something that no call waits for."""
        task = asyncio.create_task(job)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def worked(self) -> None:
        """Returns when nothing of that is left: transcripts are done, their webhooks delivered."""
        while self._background:
            await join(self._background)

    async def close(self) -> None:
        """Ends what still runs."""
        tasks = [*self._running.values(), *self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.signalling.close()

    def _start(self, call: Call, flow: Flow[None]) -> Leg:
        task = self._running[call.leg.sid] = asyncio.create_task(self._run(call, flow))
        task.add_done_callback(_report)
        return call.leg

    def _number(self, phone_number: str) -> PhoneNumber:
        number = self.account.find_number(phone_number)
        if number is None:
            raise ValueError(f"{phone_number}: the account does not own it")
        return number

    async def _run(self, call: Call, flow: Flow[None]) -> PlayedCall:
        self._placed += 1
        faults = Faults(self.delivery, self._placed)
        tell = self.signalling.tell
        runner = Runner(self.postman, faults, self._lines, tell=tell, real_time=self.real_time)
        await runner.run(call, flow)
        call.played.status, call.played.duration = call.leg.status, call.leg.duration
        return call.played


def _report(task: "asyncio.Task[PlayedCall]") -> None:
    """A call that breaks off says so at once, even where its end is not awaited."""
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": "a call broke off", "exception": error})
