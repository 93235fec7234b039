"""Callbacks of many calls, signed as Twilio signs them, sent by several senders at once."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from twilio.request_validator import RequestValidator

from bridge.demo.bridge import PUBLIC_URL
from bridge.sandbox.twenty import TwentySandbox
from tests.support import ask, nodes_of

PATH = "/twilio/status"
STATUSES = ("initiated", "ringing", "in-progress", "completed")
STEPS = range(len(STATUSES))
SECONDS = 61
AGAIN_SECONDS = 0.05
PAUSE = 0.03
"""Of senders that are as many as ever, and send some two hundred callbacks a second."""


@dataclass
class Load:
    """Four callbacks a call. `acknowledged` has call and status of each that was answered with 204."""

    auth_token: str
    sids: list[str]
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    _begun: set[str] = field(default_factory=set)
    _waiting: list[tuple[str, int]] = field(default_factory=list)

    async def send(
        self, url: Callable[[], str], *, senders: int = 8, again: bool, seed: int = 1, pause: float = 0.0
    ) -> None:
        """Sends all to where the bridge is at the time; `again` tries each until it is taken.

        Each sender pauses for so many seconds after one: what is sent meanwhile must be written in the end.
        """
        # Nearby ones change places, as they do on their way.
        chance = random.Random(seed)
        order = [
            (place + 8 * chance.random(), sid, step) for place, sid in enumerate(self.sids) for step in STEPS
        ]
        self._waiting = [(sid, step) for _, sid, step in sorted(order, reverse=True)]
        async with aiohttp.ClientSession() as session:
            await asyncio.gather(
                *[self._sender(session, url, again=again, pause=pause) for _ in range(senders)]
            )

    def stop(self) -> None:
        """Sends those calls to their end of which anything was sent, and no others."""
        self._waiting = [one for one in self._waiting if one[0] in self._begun]

    def wanted(self) -> list[tuple[str, str, int | None]]:
        """What Twenty shall show: of each call that was acknowledged wholly, that it is over."""
        whole = Counter(sid for sid, _ in self.acknowledged)
        return sorted((sid, "COMPLETED", SECONDS) for sid, times in whole.items() if times == len(STATUSES))

    async def _sender(
        self, session: aiohttp.ClientSession, url: Callable[[], str], *, again: bool, pause: float
    ) -> None:
        while self._waiting:
            sid, step = self._waiting.pop()
            self._begun.add(sid)
            while (outcome := await self._post(session, url(), sid, step)) != "204":
                self.refused[outcome] += 1
                if not again:
                    break
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self.acknowledged.add((sid, STATUSES[step]))
            await asyncio.sleep(pause)

    async def _post(self, session: aiohttp.ClientSession, url: str, sid: str, step: int) -> str:
        form = {
            "CallSid": f"{sid[:-1]}f",
            "ParentCallSid": sid,
            "From": "+33159130001",
            "To": "+33612345678",
            "CallStatus": STATUSES[step],
            "SequenceNumber": str(step),
            "Timestamp": f"Sun, 22 Nov 2026 10:00:0{step} +0000",
        }
        if STATUSES[step] == "completed":
            form["CallDuration"] = str(SECONDS)
        headers = signed(PATH, form, auth_token=self.auth_token)
        try:
            async with session.post(url + PATH, data=urlencode(form), headers=headers) as answer:
                return "204" if answer.status == 204 else f"{answer.status} {await answer.text()}"
        except (aiohttp.ClientError, OSError) as gone:
            return type(gone).__name__


def signed(path: str, form: Mapping[str, str], *, auth_token: str) -> dict[str, str]:
    """The headers that Twilio sends along."""
    signature = RequestValidator(auth_token).compute_signature(PUBLIC_URL + path, form)
    return {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}


async def post_signed(url: str, path: str, form: Mapping[str, str], env: Mapping[str, str]) -> str:
    """The TwiML that a bridge with this environment answers."""
    headers = signed(path, form, auth_token=env["TWILIO_AUTH_TOKEN"])
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(url + path, data=urlencode(form), headers=headers) as answer,
    ):
        return await answer.text()


async def shown(twenty: TwentySandbox) -> list[tuple[str, str, int | None]]:
    """Call SID, status and seconds of every record, page by page."""
    found: list[tuple[str, str, int | None]] = []
    after: str | None = None
    while True:
        data = await ask(twenty, PAGE, after=after)
        found += [(n["externalCallId"], n["status"], n["durationInSeconds"]) for n in nodes_of(data)]
        info = data["phoneCalls"]["pageInfo"]
        if not info["hasNextPage"]:
            return sorted(found)
        after = info["endCursor"]


async def on_timelines(twenty: TwentySandbox) -> list[str]:
    """The records that timeline rows are about."""
    rows = nodes_of(await ask(twenty, ROWS))
    return sorted(row["linkedRecordId"] for row in rows if row["name"] == "linked-phoneCall.created")


PAGE = """query ($after: String) { phoneCalls(first: 500, after: $after) {
  edges { node { externalCallId status durationInSeconds } } pageInfo { hasNextPage endCursor } } }"""
ROWS = "{ timelineActivities(first: 100000) { edges { node { name linkedRecordId } } } }"
