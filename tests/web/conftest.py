"""The bridge on a SQLite file, its Twenty away; every answer is held to the specification."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator
from multidict import CIMultiDict
from twilio.request_validator import RequestValidator

from bridge.sandbox.twilio.twiml import parse_document
from bridge.settings import Settings
from bridge.web.operation.protocol_errors import Runner
from bridge.wiring.application import BOUNDS, Bounds, open_app
from tests.databases import begin
from tests.support import BOUND, unused_port

AUTH_TOKEN, OLD_TOKEN = "an-invented-auth-token", "the-one-before-it"
API_SECRET = "an invented secret of thirty-two characters"
KEY = "an-invented-widget-key"
PUBLIC_URL = "https://phone.example.com"
PAGE = "https://crm.example.com"
PAYLOADS = Path(__file__).parent.parent / "payloads"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

SPECIFICATION: dict[str, Any] = yaml.load(
    (Path(__file__).parents[2] / "bridge" / "web" / "openapi.yaml").read_text(),
    # In C it takes a tenth of the time, which each worker spends.
    Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),
)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0]


Client = TestClient[Any, Any]


@dataclass(frozen=True)
class Bridge:
    """The running bridge, as a widget, Twilio and an operator come to it."""

    client: Client
    app: web.Application
    database: Path
    public_url: str

    async def request(self, method: str, path: str, **more: Any) -> Answer:
        async with self.client.request(method, path, **more) as response:
            answer = Answer(response.status, response.headers, await response.text())
        conforms(method, path, answer)
        return answer

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.request("GET", path, **more)

    async def post(self, path: str, **more: Any) -> Answer:
        return await self.request("POST", path, **more)

    async def twilio(
        self, path: str, form: Mapping[str, str], *, signed: str | None = None, token: str = AUTH_TOKEN
    ) -> Answer:
        """A form that Twilio posts; `signed` is the URL that it was given, where that is another."""
        signature = RequestValidator(token).compute_signature(signed or self.public_url + path, form)
        headers = {**FORM, "X-Twilio-Signature": signature}
        return await self.post(path, data=urlencode(form), headers=headers)

    async def raw(self, sent: bytes, *, alone: bool = False) -> Answer:
        """What is answered to bytes that no HTTP client would send; `alone`: and nothing more, ever."""
        assert self.client.port
        reader, writer = await asyncio.open_connection("127.0.0.1", self.client.port)
        writer.write(sent)
        try:
            async with asyncio.timeout(BOUND):
                answer = await _read_answer(reader)
                assert not alone or await reader.read() == b""
                return answer
        finally:
            writer.close()

    def rows(self) -> list[tuple[str, str, dict[str, str]]]:
        """Kind, root SID and parameters of what is on the disk."""
        with closing(sqlite3.connect(self.database)) as connection:
            found = connection.execute(
                "select kind, root_sid, parameters from callbacks order by id"
            ).fetchall()
        return [(kind, root_sid, json.loads(parameters)) for kind, root_sid, parameters in found]


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    status, headers = head.split(b"\r\n", 1)
    lines = (line.partition(": ") for line in headers.decode().strip().split("\r\n"))
    told = CIMultiDict((name, value) for name, _, value in lines)
    body = await reader.readexactly(int(told.get("Content-Length", "0")))
    return Answer(int(status.split()[1]), told, body.decode())


UNKNOWN: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
"""What the specification would say of a route that it does not have."""


PAGE_OR_PROBLEM = {"text/html", "application/problem+json"}
"""A browser, which says what it takes, gets a page in the place of a problem."""


def conforms(method: str, path: str, answer: Answer) -> None:
    """Fails for an answer that the specification does not have; an unknown route's is a problem."""
    path = path.partition("?")[0]
    operation = specified(path).get(method.lower())
    known = UNKNOWN if operation is None else resolved(operation["responses"][str(answer.status)])
    if method == "OPTIONS" and answer.status == 200:
        return
    types = set(known.get("content", {"": None}))
    if types == PAGE_OR_PROBLEM:
        assert answer.content_type in types
    else:
        assert types == {answer.content_type}
    for name, header in known.get("headers", {}).items():
        validate(answer.headers[name], header["schema"])
    if answer.content_type.endswith("json"):
        validate(answer.json, known["content"][answer.content_type]["schema"])
    if answer.content_type == "application/problem+json":
        assert answer.json["status"] == answer.status
    if answer.content_type == "text/xml":
        assert parse_document(answer.text).warnings == (), answer.text


PATTERNS = {
    re.compile(re.sub(r"\{\w+\}", "[^/]+", path.replace(".", r"\."))): operations
    for path, operations in SPECIFICATION["paths"].items()
}


def specified(path: str) -> dict[str, Any]:
    """The operations of a path, for any values of its variables."""
    return next((operations for known, operations in PATTERNS.items() if known.fullmatch(path)), {})


def resolved(response: dict[str, Any]) -> dict[str, Any]:
    name = response.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = SPECIFICATION["components"]["responses"][name] if name else response
    return found


_validators: dict[int, Draft202012Validator] = {}
"""By the identity of a schema, which is a part of the specification and stays."""


def validate(value: object, schema: Mapping[str, Any]) -> None:
    """Fails where a value is not as a schema of the specification says."""
    if (known := _validators.get(id(schema))) is None:
        known = Draft202012Validator({"components": SPECIFICATION["components"], **schema})
        _validators[id(schema)] = known
    known.validate(value)


class _AsItShips(TestServer):
    """Serves as `bridge.server` does, and not as aiohttp would by itself."""

    async def _make_runner(self, **more: Any) -> Runner:
        return Runner(self.app, shutdown_timeout=1, **more)


OpenBridge = Callable[..., Awaitable[Bridge]]


@asynccontextmanager
async def opened(
    folder: Path, *, bounds: Bounds = BOUNDS, **sections: Mapping[str, object]
) -> AsyncIterator[Bridge]:
    """The bridge with these sections of its settings changed, and its database in a folder."""
    database = folder / "bridge.db"
    settings = settings_with(sections, database)
    async with open_app(settings, bounds=bounds) as app, TestClient(_AsItShips(app)) as client:
        yield Bridge(client, app, database, settings.server.public_url)


@pytest.fixture
async def open_bridge(tmp_path: Path) -> AsyncIterator[OpenBridge]:
    """`await open_bridge(auth={…}, …)`: the bridge with these sections changed; `bounds` are no setting."""
    async with AsyncExitStack() as stack:

        async def call(*, bounds: Bounds = BOUNDS, **sections: Mapping[str, object]) -> Bridge:
            return await stack.enter_async_context(opened(tmp_path, bounds=bounds, **sections))

        yield call


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    """The bridge with a widget key."""
    return await open_bridge()


def settings_with(changes: Mapping[str, Mapping[str, object]], database: Path) -> Settings:
    sections: dict[str, dict[str, object]] = {
        "twilio": {
            "account_sid": "AC" + "0" * 32,
            "auth_token": (AUTH_TOKEN, OLD_TOKEN),
            "api_key": "SK" + "0" * 32,
            "api_secret": API_SECRET,
            "app_sid": "AP" + "0" * 32,
            "phone_number": "+33159130001",
            "api_url": f"http://127.0.0.1:{unused_port()}",
        },
        "twenty": {"api_url": f"http://127.0.0.1:{unused_port()}", "api_token": "an-invented-key"},
        "server": {"public_url": PUBLIC_URL, "stop_seconds": 1},
        "inbox": {"database_url": f"sqlite+aiosqlite:///{begin(database)}"},
        "auth": {"widget_keys": (KEY,)},
        "cors": {"origins": (PAGE,)},
        "voice": {"language": "fr-FR"},
    }
    for name, fields in changes.items():
        sections.setdefault(name, {}).update(fields)
    return Settings.model_validate(sections)


def payload(name: str, **changes: str) -> dict[str, str]:
    """A recorded form."""
    text = (PAYLOADS / f"{name}.form").read_text().strip()
    return {**dict(parse_qsl(text, keep_blank_values=True)), **changes}
