"""Compares Twenty's schema in a process of its own: Python would go on holding the 13 MB that it takes."""

from collections.abc import Sequence

from bridge.errors import TwentyDenied, TwentyUnavailable
from bridge.json_text import from_json, to_json
from bridge.settings import TwentySettings
from bridge.twenty.schema.check import UNAUTHENTICATED, Find, NotCompared
from bridge.twenty.schema.features import Drift, Feature
from bridge.wiring.own_process import NotRun, output_of, own_module

LONGEST_SECONDS = 120
"""Twenty's time-out counts twice; a machine without a free core loads the client in ten seconds."""


class ComparisonFailed(Exception):
    """The message is the traceback of the process."""


def drifts_of(settings: TwentySettings, *, command: Sequence[str] = ()) -> Find:
    """Finds what the workspace lacks, by `bridge.twenty.schema.compare`; `command` is another one.

    Raises TwentyDenied, TwentyUnavailable, NotCompared and ComparisonFailed.
    """
    asked = {
        "api_url": settings.api_url,
        "api_token": settings.api_token.get_secret_value(),
        "timeout_seconds": settings.timeout_seconds,
    }

    async def found() -> Sequence[Drift]:
        compare = command or own_module("bridge.twenty.schema.compare")
        try:
            status, printed = await output_of(compare, given=to_json(asked).encode(), seconds=LONGEST_SECONDS)
        except NotRun as not_run:
            raise NotCompared(str(not_run.reason)) from None
        if status or not printed:
            raise NotCompared(f"exit status {status}")
        answered = from_json(printed.decode())
        if refused := answered.get("refused"):
            is_denied = answered["code"] == UNAUTHENTICATED
            raise TwentyDenied(refused, code=UNAUTHENTICATED) if is_denied else TwentyUnavailable(refused)
        if failed := answered.get("failed"):
            raise ComparisonFailed(failed)
        return [
            Drift(one["operation"], tuple(one["missing"]), Feature(one["disables"]))
            for one in answered["drifts"]
        ]

    return found
