"""How long Twenty is left alone."""

import pytest

from bridge.errors import (
    BridgeError,
    InboxUnavailable,
    TwentyDenied,
    TwentyFailed,
    TwentyOverLimit,
    TwentyQuotaExhausted,
    TwentyRefused,
    TwentyUnavailable,
)
from bridge.sync.retry import backoff, deferral, pause_after


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (7, 60), (1_000_000, 60)]
)
def test_backoff_doubles_up_to_a_minute(failures: int, seconds: int) -> None:
    assert backoff(failures).total_seconds() == seconds


@pytest.mark.parametrize(
    ("error", "reason", "needs_operator"),
    [
        (TwentyUnavailable("down"), "twenty.unavailable", False),
        (TwentyOverLimit("LIMIT_REACHED"), "twenty.over_limit", False),
        (TwentyQuotaExhausted("stock"), "twenty.quota_exhausted", True),
        (InboxUnavailable("disk full"), "inbox.unavailable", False),
        (TwentyDenied("key", code="twenty.unauthenticated"), "twenty.unauthenticated", True),
        (TwentyRefused("a filter that nobody understands"), "twenty.refused", True),
        (BridgeError("unforeseen"), "bridge.error", True),
    ],
)
def test_what_waiting_alone_mends(error: BridgeError, reason: str, needs_operator: bool) -> None:
    pause = pause_after(error, failures=0)
    assert (pause.reason, pause.needs_operator) == (reason, needs_operator)


@pytest.mark.parametrize(("retry_after", "seconds"), [(0.0, 1), (0.2, 1), (7.5, 7.5), (60, 60), (1e9, 60)])
def test_the_server_says_how_long(retry_after: float, seconds: float) -> None:
    over = TwentyOverLimit("RATE_LIMITED", retry_after=retry_after)
    assert pause_after(over, failures=9).length.total_seconds() == seconds


@pytest.mark.parametrize(("failures", "seconds"), [(0, 1), (2, 4), (3, 5), (1_000_000, 5)])
def test_while_twenty_answers_with_errors_no_pause_is_long(failures: int, seconds: int) -> None:
    assert pause_after(TwentyFailed("unforeseen"), failures=failures).length.total_seconds() == seconds


@pytest.mark.parametrize(
    ("failures", "alone", "seconds"),
    [(0, True, 1), (3, True, 8), (12, True, 3600), (1_000_000, True, 3600), (5, False, 32), (6, False, 60)],
)
def test_one_call_waits_longer_by_itself_than_with_its_batch(
    failures: int, seconds: int, *, alone: bool
) -> None:
    assert deferral(failures, alone=alone).total_seconds() == seconds
