"""Whether the servers that are compared do the same: their answers are looked at before they are measured."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from xml.etree import ElementTree

import aiohttp
import jwt

from benchmarks import requests
from benchmarks.requests import Request
from benchmarks.servers import SETTINGS, Server

NUMBER = 2_000_000_000
"""Of the requests that are sent to look; none of them is measured."""

NOT_UNDERSTOOD = (ValueError, LookupError, TypeError, AttributeError, jwt.PyJWTError, ElementTree.ParseError)


class Unequal(Exception):
    """A server does not do what it is compared for."""


@dataclass(frozen=True)
class Case:
    """A request, its answer's status, and what the body says as `read` reads it."""

    request: Request
    status: int
    read: Callable[[str], object] = lambda _: None
    said: object = None


async def hold(server: Server) -> None:
    """Raises Unequal unless a token, TwiML and a status callback are answered, and forgeries refused."""
    async with aiohttp.ClientSession(server.url) as session:
        for case in _cases():
            await _check(session, server, case)


async def _check(session: aiohttp.ClientSession, server: Server, case: Case) -> None:
    request = case.request
    async with session.post(request.path, data=request.body, headers=request.headers) as answer:
        status, body = answer.status, await answer.text()
    try:
        same = (status, case.read(body)) == (case.status, case.said)
    except NOT_UNDERSTOOD:
        same = False
    if not same:
        raise Unequal(
            f"{server.name} answers {request.path} with {status}, {body!r}; not {case.status}, {case.said}"
        )


def _cases() -> list[Case]:
    voice, status = requests.voice(NUMBER), requests.status(NUMBER * 4)
    agent, application = f"agent{NUMBER}", SETTINGS["TWILIO_APP_SID"]
    dialled, caller_id = f"+336{NUMBER % 10**8:08}", SETTINGS["TWILIO_PHONE_NUMBER"]
    return [
        Case(requests.token(NUMBER), 200, _granted, (agent, application)),
        Case(voice, 200, _dialled, (dialled, caller_id)),
        Case(status, 204),
        Case(_forged(voice), 403),
        Case(_forged(status), 403),
    ]


def _forged(request: Request) -> Request:
    """Signed rightly, but for another call."""
    signature = requests.voice(NUMBER + 1).headers["X-Twilio-Signature"]
    return replace(request, headers={**request.headers, "X-Twilio-Signature": signature})


def _granted(body: str) -> tuple[str, str]:
    """Who may call with which application, by a token that is signed with the API key's secret."""
    token = json.loads(body)["token"]
    grants = jwt.decode(token, SETTINGS["TWILIO_API_SECRET"], algorithms=["HS256"])["grants"]
    return grants["identity"], grants["voice"]["outgoing"]["application_sid"]


def _dialled(body: str) -> tuple[str | None, str]:
    """Who is dialled with which number; the call's progress is asked for."""
    (dial,) = ElementTree.fromstring(body).findall("Dial")
    (number,) = dial.findall("Number")
    return number.text, dial.attrib["callerId"] if number.attrib["statusCallback"] else ""
