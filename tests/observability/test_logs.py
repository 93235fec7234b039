"""Whatever is logged, and whoever logs it, passes the redactor."""

import json
import subprocess
import sys

import pytest

SECRET = "a-secret-that-nobody-reads"
PROGRAM = """
import asyncio, logging, sys, warnings
import structlog
from bridge.observability import context, logs
from bridge.settings import LogSettings

logs.configure(LogSettings(json_lines=AS_JSON, level="info"), secrets=[SECRET])
log, library = structlog.get_logger(), logging.getLogger("library")


class Thing:
    def __repr__(self):
        return SECRET


def fail():
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        raise KeyError(SECRET) from error


log.info("event", to="+33612345678")
log.info("event", field=SECRET)
log.info(SECRET)
log.info("event", nested={"a": [SECRET, (SECRET,)]})
log.info("event", **{SECRET: 1})
log.info("event", thing=Thing())
context.bind(x=SECRET)
log.info("event")
context.bind(x="")
library.warning("wrong: %s", SECRET)
library.error("wrong: %r", Thing())
warnings.warn(SECRET)
try:
    fail()
except KeyError:
    log.exception("event")
    library.exception("event")


async def main():
    asyncio.get_running_loop().call_soon(fail)
    await asyncio.sleep(0)


asyncio.run(main())
fail()
"""
LINES = 14


def told(*, as_json: bool) -> str:
    """What a process says that logs a secret in every way there is."""
    program = PROGRAM.replace("AS_JSON", str(as_json)).replace("SECRET", repr(SECRET))
    process = subprocess.run(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    return process.stderr


@pytest.mark.parametrize("as_json", [True, False])
def test_no_way_of_logging_tells_a_secret(as_json: bool) -> None:
    lines = told(as_json=as_json)
    assert SECRET not in lines
    assert lines.count("[redacted]") >= LINES - 1


def test_lines_stay_json() -> None:
    first, *others, crash = (json.loads(line) for line in told(as_json=True).splitlines())
    assert first["to"] == "+336…678"
    assert len(others) == LINES - 2
    assert crash["event"] == "bridge.crashed"
    assert [cause["exc_value"] for cause in crash["exception"]] == ["'[redacted]'", "[redacted]"]


REQUESTS = """
from contextvars import copy_context

from bridge.observability import context, logs
from bridge.settings import LogSettings

log_request = logs.configure(LogSettings(json_lines=True), secrets=[SECRET])
assert log_request is not logs.log_request
def log_both(fields):
    context.bind(request_id="a-1", **fields)
    for log in (log_request, logs.log_request):
        log({"method": fields.get("method", "GET"), "route": "/ready", "status": 200, "ms": 0.25})

for fields in CONTEXTS:
    copy_context().run(log_both, fields)
assert logs.configure(LogSettings(json_lines=False), secrets=[]) is logs.log_request
assert logs.configure(LogSettings(json_lines=True, level="error"), secrets=[]) is logs.log_request
"""
CONTEXTS = [
    {},
    {"call_sid": f"CA{'0' * 32}", "incoming": True},
    {"delivery": SECRET},
    {"identity": "+33639980001", "to": "a key"},
    {"delivery": "\x9b\u202e"},
    {"delivery": "é" * 2001},
    {"method": "Bearer tbk_0123456789abcdef"},
]


def test_the_line_of_a_request_is_as_any_other() -> None:
    program = f"SECRET, CONTEXTS = {SECRET!r}, {CONTEXTS!r}\n{REQUESTS}"
    process = subprocess.run(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, timeout=60, check=True
    )
    lines = [{**json.loads(line), "timestamp": ""} for line in process.stderr.splitlines()]
    assert len(lines) == 2 * len(CONTEXTS)
    assert lines[::2] == lines[1::2]
    assert SECRET not in process.stderr
