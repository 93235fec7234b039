"""Whatever is logged, and whoever logs it, passes the redactor."""

import json
import subprocess
import sys

import pytest

SECRET = "a-secret-that-nobody-reads"
PROGRAM = """
import asyncio, logging, sys, warnings
import structlog
from bridge.observability import logs
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
with structlog.contextvars.bound_contextvars(x=SECRET):
    log.info("event")
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
