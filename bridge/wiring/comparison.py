"""Compares Twenty's schema in a process of its own: Python would go on holding the 13 MB that it takes."""

from collections.abc import Sequence

from bridge.errors import TwentyDenied, TwentyUnavailable
from bridge.json_text import from_json, to_json
from bridge.settings import TwentySettings
from bridge.twenty.schema.check import UNAUTHENTICATED, Find
from bridge.twenty.schema.drift import Drift
from bridge.twenty.schema.features import Feature
from bridge.wiring.own_process import output_of, own_module

LONGEST_SECONDS = 120
"""Twenty's time-out counts twice; a machine without a free core loads the client in ten seconds."""


class NotCompared(Exception):
    """The process failed; the message is its traceback, or its exit status."""


def drifts_of(settings: TwentySettings, *, command: Sequence[str] = ()) -> Find:
    """Finds what the workspace lacks, by `bridge.twenty.schema.compare`; `command` is another one.

    Raises TwentyDenied, TwentyUnavailable, NotRun and NotCompared.
    """
    asked = {
        "api_url": settings.api_url,
        "api_token": settings.api_token.get_secret_value(),
        "timeout_seconds": settings.timeout_seconds,
    }

    async def found() -> Sequence[Drift]:
        compare = command or own_module("bridge.twenty.schema.compare")
        status, printed = await output_of(compare, given=to_json(asked).encode(), seconds=LONGEST_SECONDS)
        answered = from_json(printed.decode()) if printed else {}
        if refused := answered.get("refused"):
            is_denied = answered["code"] == UNAUTHENTICATED
            raise TwentyDenied(refused, code=UNAUTHENTICATED) if is_denied else TwentyUnavailable(refused)
        if "drifts" not in answered:
            raise NotCompared(answered.get("failed", f"exit status {status}"))
        return [
            Drift(one["operation"], tuple(one["missing"]), Feature(one["disables"]))
            for one in answered["drifts"]
        ]

    return found
