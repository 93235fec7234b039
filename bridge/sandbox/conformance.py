"""Does a server behave as Twenty does? Plays recorded scenarios against it, and compares the answers.

A scenario makes all that it needs by itself, with numbers, call SIDs and ids drawn anew, so that it
plays against a workspace in any state. What differs from run to run is made equal before comparing.
"""

import json
import random
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import aiohttp

Values = dict[str, Any]
Step = Mapping[str, Any]

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_LIMITS = ("LIMIT_REACHED", "RATE_LIMITED")
_OBJECTS = {"to": "/metadata", "query": "{objects(paging: {first: 1000}) {edges {node {nameSingular}}}}"}
_TYPE = "query ($name: String!) {__type(name: $name) {fields {name} inputFields {name}}}"
_SHORTEST_NAMED = 4  # shorter values occur by chance


class NotReached(Exception):
    """Scenarios cannot be played; the message says what is needed."""


@dataclass(frozen=True)
class Scenario:
    """What is asked step by step, and what the real server answered to it."""

    name: str
    steps: tuple[Step, ...]
    expect: list[Any]
    needs: tuple[str, ...] = ()
    ordered: bool = False
    """Whether the order of rows counts."""
    messages: bool = False
    """Whether the messages of errors count, beside their codes."""
    recorded: bool = True
    """False where the answers were read in the original's source, and not recorded."""
    has: tuple[str, ...] = ()
    """What the server's schema must have, e.g. `/graphql TimelineActivityCreateInput.name`."""
    lacks: tuple[str, ...] = ()
    """What the server's schema must not have."""

    @classmethod
    def read(cls, path: Path) -> "Scenario":
        given = json.loads(path.read_text("utf-8"))
        return cls(
            name=given["name"],
            steps=tuple(given["steps"]),
            expect=given["expect"],
            needs=tuple(given.get("needs", ())),
            ordered=given.get("ordered", False),
            messages=given.get("messages", False),
            recorded=given.get("recorded", True),
            has=tuple(given.get("has", ())),
            lacks=tuple(given.get("lacks", ())),
        )


@dataclass(frozen=True)
class Verdict:
    """How a scenario went; `reason` says where it differs, or what was lacking."""

    name: str
    outcome: Literal["equal", "different", "left out", "of another version"]
    reason: str = ""
    recorded: bool = True
    """False where it was compared with what was read, and not with a recording."""

    def __str__(self) -> str:
        known = "" if self.recorded else " (read, not recorded)"
        return f"{self.outcome} {self.name}{known}" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True)
class Server:
    """Where the scenarios are played, and with which tokens: `key`, `user`, `readonly`."""

    session: aiohttp.ClientSession
    url: str
    tokens: Mapping[str, str | None]

    async def ask(self, step: Step, values: Values) -> tuple[int, Any]:
        """Status and parsed answer of one step; None for an answer that is no JSON."""
        who = step.get("as", "key")
        token = {"garbage": "abc", "none": None}.get(who, self.tokens.get(who))
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        method, address = step.get("method", "POST"), self.url + step.get("to", "/graphql")
        body = sent(step, values)
        async with self.session.request(method, address, data=body.encode(), headers=headers) as answer:
            text = await answer.text()
        try:
            parsed = json.loads(text)
        except ValueError:
            return answer.status, None
        _refuse_limit(parsed)
        return answer.status, parsed

    async def knows(self, place: str) -> bool:
        """Whether the schema has the field of a type at `/graphql Type.field`."""
        to, _, name = place.partition(" ")
        owner, _, field_name = name.partition(".")
        _, answer = await self.ask({"to": to, "query": _TYPE, "variables": {"name": owner}}, {})
        described = pick(answer, "data.__type") or {}
        fields = [*(described.get("fields") or ()), *(described.get("inputFields") or ())]
        return field_name in {one["name"] for one in fields}


def _refuse_limit(answer: Any) -> None:
    """Raise NotReached for an answer that says nothing but that too much was asked."""
    errors = answer.get("errors") or () if isinstance(answer, dict) else ()
    for error in errors:
        if (error.get("extensions") or {}).get("subCode") in _LIMITS:
            raise NotReached(
                f"The server's rate limit is reached ({error['message']}). The scenarios need more: raise"
                " API_RATE_LIMITING_LONG_LIMIT and API_RATE_LIMITING_SHORT_LIMIT, or start the sandbox"
                " with --rate-limit off."
            )


def draw(rng: random.Random) -> Values:
    """The values of one run: national numbers and their E.164 forms, call SIDs, ids, words."""
    values: Values = {}
    for n in range(1, 10):
        national = f"6{rng.randrange(10_000_000, 99_999_999)}"
        values |= {f"n{n}": national, f"e{n}": f"+33{national}"}
        values[f"call{n}"] = "CA" + "".join(rng.choices("0123456789abcdef", k=32))
        values[f"id{n}"] = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        values[f"word{n}"] = "".join(rng.choices("bcdfghjklmnpqrstvwz", k=10))
    return values


def fill(given: Any, values: Values) -> Any:
    """Put values in for their {{names}}; a text that is one name takes the value's type."""
    if isinstance(given, str):
        whole = _PLACEHOLDER.fullmatch(given)
        if whole and whole[1] in values:
            return values[whole[1]]
        return _PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), given)
    if isinstance(given, list):
        return [fill(one, values) for one in given]
    if isinstance(given, dict) and set(given) == {"repeat", "times"}:
        return [fill(given["repeat"], {**values, "i": str(n)}) for n in range(given["times"])]
    if isinstance(given, dict):
        return {key: fill(one, values) for key, one in given.items()}
    return given


def sent(step: Step, values: Values) -> str:
    """The body of a step's request."""
    if "raw" in step:
        return str(fill(step["raw"], values))
    body = {key: fill(step[key], values) for key in ("query", "variables") if key in step}
    return json.dumps(body | ({"operationName": step["operationName"]} if "operationName" in step else {}))


def pick(body: Any, path: str) -> Any:
    """The value at `data.people.edges.0`; None where there is none."""
    try:
        for part in path.split("."):
            body = body[int(part) if part.isdigit() else part]
    except (KeyError, IndexError, TypeError):
        return None
    return body


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _times(value: Any) -> Iterator[datetime]:
    if isinstance(value, str) and _TIME.fullmatch(value):
        yield _moment(value)
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _times(one)


@dataclass(frozen=True)
class Normalizer:
    """Makes equal what differs from run to run: drawn values, other ids and times, the order of rows."""

    names: tuple[tuple[str, str], ...]
    times: frozenset[datetime]
    ordered: bool

    @classmethod
    def of(cls, values: Values, variables: Any, *, ordered: bool) -> "Normalizer":
        named = [(v, k) for k, v in values.items() if isinstance(v, str) and len(v) >= _SHORTEST_NAMED]
        longest_first = sorted(named, key=lambda pair: -len(pair[0]))
        return cls(tuple(longest_first), frozenset(_times(variables)), ordered)

    def normal(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            rows = [self.normal(one) for one in value]
            return rows if self.ordered else sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
        if isinstance(value, dict):
            return {key: self.normal(one) for key, one in value.items()}
        return value

    def _text(self, text: str) -> str:
        if _TIME.fullmatch(text):
            moment = _moment(text)
            return moment.isoformat() if moment in self.times else "<time>"
        for value, name in self.names:
            text = text.replace(value, "{{" + name + "}}")
        return _UUID.sub("<uuid>", text)

    def answer(self, status: int, body: Any, *, messages: bool) -> dict[str, Any]:
        """What counts of an answer: status, data, and the first error's codes."""
        if not isinstance(body, dict):
            return {"status": status}
        if "errors" not in body:
            return {"status": status, "data": self.normal(body.get("data", body))}
        errors = [self._error(error, messages=messages) for error in body["errors"][:1]]
        return {"status": status, "errors": errors, "data": self.normal(body.get("data"))}

    def _error(self, error: Mapping[str, Any], *, messages: bool) -> dict[str, Any]:
        extensions = error.get("extensions") or {}
        kept = {key: self._text(extensions[key]) for key in ("code", "subCode") if key in extensions}
        return {**kept, "message": self._text(error["message"])} if messages else kept


@dataclass
class Player:
    """Plays scenarios, each with values of its own."""

    server: Server
    rng: random.Random = field(default_factory=random.Random)

    async def play(self, scenario: Scenario) -> Verdict:
        missing = [name for name in scenario.needs if not self.server.tokens.get(name)]
        if missing:
            return Verdict(scenario.name, "left out", f"no {' and no '.join(missing)}")
        try:
            other = await self._other_generation(scenario)
            if other:
                return Verdict(scenario.name, "of another version", other, scenario.recorded)
            got = await self._answers(scenario)
        except (aiohttp.ClientError, TimeoutError) as problem:
            return Verdict(scenario.name, "different", f"no answer: {problem!r}")
        if got == scenario.expect:
            return Verdict(scenario.name, "equal", recorded=scenario.recorded)
        return Verdict(scenario.name, "different", first_difference(scenario.expect, got), scenario.recorded)

    async def _other_generation(self, scenario: Scenario) -> str:
        """What says that the scenario is of another version of Twenty; empty where it is of this one."""
        for place in (*scenario.has, *scenario.lacks):
            if await self.server.knows(place) != (place in scenario.has):
                return f"the schema {'lacks' if place in scenario.has else 'has'} {place}"
        return ""

    async def _answers(self, scenario: Scenario) -> list[Any]:
        values = draw(self.rng)
        got = []
        for step in scenario.steps:
            status, body = await self.server.ask(step, values)
            variables = fill(step.get("variables"), values)
            values |= {name: pick(body, path) for name, path in step.get("save", {}).items()}
            if not step.get("silent"):
                normalizer = Normalizer.of(values, variables, ordered=scenario.ordered)
                got.append(normalizer.answer(status, body, messages=scenario.messages))
        return got


def first_difference(expected: Iterable[Any], got: list[Any]) -> str:
    """The first step that was answered otherwise, with both answers."""
    wanted = list(expected)
    for number, (one, other) in enumerate(zip(wanted, got, strict=False), 1):
        if one != other:
            return f"step {number}: expected {json.dumps(one)[:300]} got {json.dumps(other)[:300]}"
    return f"{len(wanted)} answers expected, {len(got)} got"


def read_all(folder: Path) -> list[Scenario]:
    """The scenarios of a folder and of those within, by name.

    Raises NotReached where there are none, or another JSON file is among them.
    """
    scenarios = [_read(path) for path in sorted(folder.rglob("*.json"))]
    if not scenarios:
        raise NotReached(f"{folder} holds no scenarios.")
    return scenarios


def _read(path: Path) -> Scenario:
    try:
        return Scenario.read(path)
    except (ValueError, TypeError, KeyError) as wrong:
        raise NotReached(f"{path} is not a scenario: {wrong!r}") from wrong


async def reach(session: aiohttp.ClientSession, url: str) -> None:
    """Raises NotReached where nobody answers, before every scenario says so."""
    try:
        async with session.get(url):
            pass
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as wrong:
        raise NotReached(f"{url} is no URL that begins with http:// or https://.") from wrong
    except aiohttp.ClientConnectorError as away:
        raise NotReached(f"{url} cannot be reached ({away.strerror}).") from away
    except (aiohttp.ClientError, TimeoutError) as away:
        raise NotReached(f"{url} cannot be reached ({away or 'no answer'}).") from away


async def check_workspace(server: Server) -> None:
    """Raises NotReached where the key shows no workspace, or one without `phoneCall`."""
    _, answer = await server.ask(_OBJECTS, {})
    edges = pick(answer, "data.objects.edges")
    if edges is None:
        raise NotReached(f"{server.url} does not accept the key: {pick(answer, 'errors.0.message')}")
    if "phoneCall" not in {pick(edge, "node.nameSingular") for edge in edges}:
        raise NotReached(
            "The workspace has no object phoneCall: run twenty-bridge setup twenty,"
            " or start the sandbox with --provisioned."
        )


async def play_all(
    scenarios: Iterable[Scenario], *, url: str, tokens: Mapping[str, str | None]
) -> list[Verdict]:
    """Play scenarios, one after the other; raises NotReached."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        await reach(session, url)
        server = Server(session, url, tokens)
        await check_workspace(server)
        player = Player(server)
        return [await player.play(scenario) for scenario in scenarios]
