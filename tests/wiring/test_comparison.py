"""Twenty's schema is compared in a process of its own."""

import resource
import sys

import pytest

from bridge.errors import TwentyDenied, TwentyUnavailable
from bridge.sandbox.twenty import OLDEST, twenty_sandbox
from bridge.twenty.schema.check import NotCompared
from bridge.twenty.schema.features import Drift, Feature
from bridge.wiring.comparison import ComparisonFailed, drifts_of
from tests.support import twenty_settings


def cpu_seconds_of_children() -> float:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


async def test_a_process_of_its_own_finds_what_a_bare_workspace_lacks() -> None:
    async with twenty_sandbox(provisioned=False, generation=OLDEST) as twenty:
        before = cpu_seconds_of_children()
        # The process has the lowest priority: on a busy machine it waits long.
        found = await drifts_of(twenty_settings(twenty, timeout_seconds=120))()
        assert cpu_seconds_of_children() > before
    missing = "Field 'targetPhoneCallId' is not defined by type 'NoteTargetCreateInput'."
    assert Drift("UpsertNoteTargets", (missing,), Feature.NOTES_ON_CALLS) in found


def refusal(reason: str, code: str) -> str:
    return f"""print('{{"refused": "Introspection: {reason}", "code": "{code}"}}')"""


@pytest.mark.parametrize(
    ("script", "error", "why"),
    [
        (refusal("HTTP 503", "twenty.unavailable"), TwentyUnavailable, "HTTP 503"),
        (refusal("HTTP 401", "twenty.unauthenticated"), TwentyDenied, "HTTP 401"),
        ("""print('{"failed": "Traceback: KeyError"}')""", ComparisonFailed, "KeyError"),
        ("raise SystemExit(3)", NotCompared, "exit status 3"),
    ],
)
async def test_a_process_without_findings_says_why(script: str, error: type[Exception], why: str) -> None:
    async with twenty_sandbox() as twenty:
        with pytest.raises(error, match=why):
            await drifts_of(twenty_settings(twenty), command=[sys.executable, "-c", script])()


async def test_a_machine_that_starts_no_process_says_why() -> None:
    async with twenty_sandbox() as twenty:
        with pytest.raises(NotCompared, match="No such file"):
            await drifts_of(twenty_settings(twenty), command=["/no/such/program"])()
