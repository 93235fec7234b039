"""Sequences of requests, by the links of `openapi.yaml`: acts on calls that were placed, keys in use.

schemathesis draws them: https://schemathesis.readthedocs.io/en/stable/guides/stateful-testing/
"""

import hashlib
import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error

from tests.web.conftest import SPECIFICATION, payload
from tests.web.serving import plain_session, served
from tests.web.test_specification import CONFORMS, LONG, PATIENT_SECONDS, Signing

pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

OF_CALLS = ["/twilio/voice", *(path for path in SPECIFICATION["paths"] if path.startswith("/api/calls/"))]
OF_KEYS = ["/api/sign-in", "/api/me", "/api/sign-out"]
LINKS = 200 if LONG else 20

bounded = settings(
    deadline=None,
    derandomize=not LONG,
    max_examples=150 if LONG else 5,
    stateful_step_count=8 if LONG else 5,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
Outcomes = Counter[tuple[str, str, int]]


def secret_of(number: int) -> str:
    return f"an invented secret {number}"


def add_links(database: Path) -> None:
    """As `twenty-bridge keys` adds one-time links."""
    ends = datetime.now(UTC) + timedelta(hours=1)
    rows = [
        (hashlib.sha256(secret_of(number).encode()).digest(), "alice", ends.isoformat(" "))
        for number in range(LINKS)
    ]
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        connection.executemany(
            "INSERT INTO sign_ins (link_digest, identity, link_expires_at) VALUES (?, ?, ?)", rows
        )


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the bridge listens, with agents and one-time links."""
    folder = tmp_path_factory.mktemp("stateful")
    often = {"agent_calls_at_once": 1000, "agent_calls_a_minute": 1000, "agent_calls_an_hour": 10_000}
    with served(folder, agents={"names": ("alice",)}, dialling=often) as url:
        add_links(folder / "bridge.db")
        yield url


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with plain_session() as session:
        yield session


class ByKey(requests.auth.AuthBase):
    """A device that signed in by a link."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers["Authorization"] = f"Bearer {self._key}"
        return prepared


def machine_of(url: str, session: requests.Session, paths: list[str], seen: Outcomes) -> Any:
    """The state machine: it places calls as alice, acts as her, and uses the keys that it was given."""
    drawn: Any = schemathesis.openapi.from_dict(SPECIFICATION).include(path=paths)
    calls, links = itertools.count(1), itertools.count()

    class Machine(drawn.as_state_machine()):  # type: ignore[misc]
        key: str | None = None

        def before_call(self, case: Case[Any]) -> None:
            body, path = case.body, case.operation.path
            if path == "/twilio/voice" and isinstance(body, Mapping):
                sid = f"CA{next(calls):032}"
                placed = payload("browser-out-1-voice-request", CallSid=sid, From="client:alice")
                case.body = {
                    name: value for name, value in {**body, **placed}.items() if name != "ParentCallSid"
                }
            elif path == "/api/sign-in" and isinstance(body, Mapping):
                case.body = {**body, "secret": secret_of(next(links) % LINKS)}
            elif path.startswith("/api/") and isinstance(body, Mapping):
                case.body = {**body, "identity": "alice"}
            if path.startswith("/api/") and case.operation.method == "get":
                case.query = {**(case.query or {}), "identity": "alice"}

        def get_call_kwargs(self, case: Case[Any]) -> dict[str, Any]:
            is_of_device = case.operation.path in {"/api/me", "/api/sign-out"}
            auth = ByKey(self.key) if self.key and is_of_device else Signing(case)
            return {"base_url": url, "session": session, "auth": auth, "timeout": PATIENT_SECONDS}

        def validate_response(self, response: Any, case: Case[Any], **_more: Any) -> None:
            path, method = case.operation.path, case.operation.method
            seen[method, path, response.status_code] += 1
            checks = CONFORMS if response.status_code == 503 else [not_a_server_error, *CONFORMS]
            case.validate_response(response, checks=checks)
            if path == "/api/sign-in" and response.status_code == 200:
                self.key = response.json()["key"]
            elif path == "/api/sign-out" and self.key:
                # Once it is out, it holds no more.
                assert response.status_code in {204, 429}
                shown = session.get(f"{url}/api/me", auth=ByKey(self.key))
                assert shown.status_code == 401
                self.key = None

    return Machine


def test_acts_on_calls_that_were_placed(url: str, session: requests.Session) -> None:
    seen: Outcomes = Counter()
    machine_of(url, session, OF_CALLS, seen).run(settings=bounded)
    # Not only refused because there is no such call, or because it is another agent's.
    assert [one for one in seen if one[1].startswith("/api/calls/") and one[2] in {200, 204, 409}], seen


def test_a_key_that_was_given_holds_until_it_is_signed_out(url: str, session: requests.Session) -> None:
    seen: Outcomes = Counter()
    machine_of(url, session, OF_KEYS, seen).run(settings=bounded)
    assert seen["get", "/api/me", 200]
    assert seen["post", "/api/sign-out", 204]
