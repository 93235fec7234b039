"""The server does what `openapi.yaml` says, whatever comes: every route there is, signed and unsigned."""

import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from multidict import MultiDict
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from twilio.request_validator import RequestValidator

from tests.web.conftest import AUTH_TOKEN, KEY, PUBLIC_URL, SPECIFICATION
from tests.web.serving import WEBHOOK_SECRET, plain_session, served

# schemathesis draws a few things by itself; hypothesis would have it otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

CONFORMS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
specification = schemathesis.pytest.from_fixture("read_specification").exclude(path="/api/events")
"""But for the stream, whose answer does not end. Requests are drawn as a test runs, by one worker alone."""
AnyCase = Case[Any]
PATIENT_SECONDS = 120
"""A busy machine is no failure."""
LONG = settings().max_examples >= 500
"""In the long suites: with other requests each time."""
bounded = settings(
    deadline=None,
    derandomize=not LONG,
    max_examples=500 if LONG else 6,
    suppress_health_check=list(HealthCheck),
)


class Signing(requests.auth.AuthBase):
    """Signs what is sent as its sender would, last of all."""

    def __init__(self, case: AnyCase) -> None:
        self._schemes = {
            name for option in case.operation.definition.raw.get("security", []) for name in option
        }

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        body = prepared.body or b""
        content = body.encode() if isinstance(body, str) else body
        assert isinstance(content, bytes)
        prepared.headers.update(self._headers(prepared.url or "", content))
        return prepared

    def _headers(self, url: str, body: bytes) -> Mapping[str, str]:
        if "twilioSignature" in self._schemes:
            return {"X-Twilio-Signature": twilios(url, body)}
        if "twentySignature" in self._schemes:
            timestamp = str(int(time.time() * 1000))
            signed = hmac.new(WEBHOOK_SECRET.encode(), timestamp.encode() + b":" + body, hashlib.sha256)
            return {
                "X-Twenty-Webhook-Timestamp": timestamp,
                "X-Twenty-Webhook-Signature": signed.hexdigest(),
            }
        return {"Authorization": f"Bearer {KEY}"} if "key" in self._schemes else {}


def twilios(url: str, body: bytes) -> str:
    """As Twilio signs it, which knows the bridge by its public URL."""
    parts = urlsplit(url)
    signed = PUBLIC_URL + parts.path + (f"?{parts.query}" if parts.query else "")
    form = MultiDict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    signature: str = RequestValidator(AUTH_TOKEN).compute_signature(signed, form)
    return signature


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the bridge listens."""
    with served(tmp_path_factory.mktemp("served")) as url:
        yield url


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with plain_session() as session:
        yield session


@pytest.fixture(autouse=True)
def _node_id(request: pytest.FixtureRequest) -> None:
    """schemathesis 4.32 reads the private name of a test, which pytest 9.2 no longer has."""
    request.node._nodeid = request.node.nodeid


@pytest.fixture(scope="module")
def read_specification() -> BaseSchema:
    return schemathesis.openapi.from_dict(SPECIFICATION)


def holds(case: AnyCase, url: str, session: requests.Session, *, signed: bool) -> None:
    auth = Signing(case) if signed else None
    response = case.call(base_url=url, session=session, auth=auth, timeout=PATIENT_SECONDS)
    checks = CONFORMS if response.status_code == 503 else [not_a_server_error, *CONFORMS]
    case.validate_response(response, checks=checks)


# Signed and unsigned in one: what schemathesis prepares for an operation takes as long as its requests.
@specification.include(method="GET").parametrize()
@bounded
def test_what_is_read_is_as_the_specification_says(
    case: AnyCase, url: str, session: requests.Session
) -> None:
    holds(case, url, session, signed=True)
    holds(case, url, session, signed=False)


@specification.exclude(method="GET").parametrize()
@bounded
def test_what_is_sent_is_as_the_specification_says(
    case: AnyCase, url: str, session: requests.Session
) -> None:
    holds(case, url, session, signed=True)
    holds(case, url, session, signed=False)
