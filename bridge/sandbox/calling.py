"""`twenty-bridge sandbox call`: somebody calls, and what became of it."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import typer

CALL_SECONDS = 120
ANSWERS = {"does": "answers", "after": 6, "talks": 95}
LETS_IT_RING = {"does": "no_answer"}


class CallRefused(Exception):
    """The sandbox did not place the call."""


def run(asked: dict[str, Any], *, answered_by: str | None, url: str) -> bool:
    """Whether the call was placed; prints its legs, and what Twilio's debugger would say."""
    try:
        if answered_by:
            _does(url, answered_by, ANSWERS)
        played = _post(f"{url}/sandbox/calls", asked)
        if answered_by:
            _does(url, answered_by, LETS_IT_RING)
    except CallRefused as refused:
        typer.echo(str(refused), err=True)
        return False
    for line in _lines(played):
        typer.echo(line)
    return not played["errors"]


def _does(url: str, agent: str, script: dict[str, Any]) -> None:
    _post(f"{url}/sandbox/settings", {"parties": {f"client:{agent}": script}})


def _post(url: str, body: dict[str, Any]) -> Any:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urlopen(request, timeout=CALL_SECONDS) as answer:  # noqa: S310 - whoever types it names the URL
            return json.load(answer)
    except HTTPError as refused:
        raise CallRefused(refused.read().decode(errors="replace")) from refused
    except URLError as away:
        raise CallRefused(f"No sandbox at {url} ({away.reason}): twenty-bridge sandbox") from away


def _lines(played: dict[str, Any]) -> list[str]:
    legs = [
        f"{leg['from']} → {leg['to']}  {leg['status']}  {leg['duration'] or 0} s" for leg in played["legs"]
    ]
    heard = [f"heard: {text}" for text in played["spoken"]]
    webhooks = len(played["deliveries"])
    taken = sum(sent["status_code"] in (200, 204) for sent in played["deliveries"])
    debugger = [f"error {error['code']}: {error['message']}" for error in played["errors"]]
    return [
        f"{played['sid']}  {played['status']}",
        *legs,
        *heard,
        f"{taken} of {webhooks} webhooks taken",
        *debugger,
    ]
