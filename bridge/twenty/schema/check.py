"""Reads a workspace's schema once after the start: logs what has drifted, and whether the key is refused."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from bridge import background
from bridge.errors import TwentyError
from bridge.twenty.schema.features import Drift

AFTER_SECONDS = 5
"""Seconds: the first calls after a start have priority."""

TRIES = 10
PAUSE_SECONDS = 60
"""Seconds: a Twenty that starts together with the bridge can take minutes."""

PROBE_SECONDS = 5
"""Seconds between two questions whether Twenty takes the key again."""

UNAUTHENTICATED = "twenty.unauthenticated"

PHONE_CALL = "Unknown type 'PhoneCallCreateInput'."
"""What validation says where the workspace has no object for calls."""

WITHOUT_PHONE_CALLS = "there are no phone calls in Twenty: each call is a note on its person"

log = structlog.get_logger()


class NotCompared(Exception):
    """The machine did not let the comparison run; the message says why. It is tried again."""


Find = Callable[[], Awaitable[Sequence[Drift]]]
"""Finds what the workspace lacks; raises TwentyError and NotCompared."""

Probe = Callable[[], Awaitable[object]]
"""Any cheap request with the API key; raises TwentyError."""


class Comparison:
    """The comparison of a workspace's schema with the bridge's operations, in the background.

    It is the first request after a start. `reason` is `twenty.unauthenticated` while Twenty refuses the API
    key, which no call has to show then; `probe` is sent meanwhile, so that `reason` does not outlast it.
    Another failure is only logged.
    """

    def __init__(self, find: Find, probe: Probe, *, after: float = AFTER_SECONDS) -> None:
        self._find = find
        self._probe = probe
        self._after = after
        self.reason: str | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Compares once, meanwhile."""
        task = background.start(self._compare(), name="schema drift")
        try:
            yield
        finally:
            await background.stop(task)

    async def _compare(self) -> None:
        await asyncio.sleep(self._after)
        try:
            await self._until_answered()
        except Exception:
            # An invalid introspection: logged for the developers, but no call is lost.
            log.exception("twenty.not_compared")

    async def _until_answered(self) -> None:
        tries = 0
        while tries < TRIES:
            try:
                found = await self._find()
            except (TwentyError, NotCompared) as error:
                self._failed(error)
                # An operator has to mend a refused key, which takes as long as it takes.
                tries += self.reason is None
                await self._pause()
            else:
                self.reason = None
                _log(found)
                return

    def _failed(self, error: TwentyError | NotCompared) -> None:
        is_refused = isinstance(error, TwentyError) and error.code == UNAUTHENTICATED
        self.reason = UNAUTHENTICATED if is_refused else None
        report = log.error if self.reason else log.info
        report("twenty.not_compared", reason=str(error), seconds=PAUSE_SECONDS)

    async def _pause(self) -> None:
        """Meanwhile `reason` goes as soon as Twenty takes the key again."""
        try:
            async with asyncio.timeout(PAUSE_SECONDS):
                while self.reason:
                    await asyncio.sleep(PROBE_SECONDS)
                    await self._try_key()
                await asyncio.sleep(PAUSE_SECONDS)
        except TimeoutError:
            pass

    async def _try_key(self) -> None:
        try:
            await self._probe()
        except TwentyError:
            return
        self.reason = None


def _log(found: Sequence[Drift]) -> None:
    """Each drift; of a workspace that was not set up in one line what follows from that."""
    others = [drift for drift in found if not _is_of_phone_calls(drift)]
    is_set_up = not any(PHONE_CALL in drift.missing for drift in found)
    if not is_set_up:
        log.warning("twenty.not_set_up", fix="twenty-bridge setup twenty", until_then=WITHOUT_PHONE_CALLS)
    for drift in found if is_set_up else others:
        log.warning(
            "twenty.drift",
            operation=drift.operation,
            missing=drift.missing,
            disables=drift.disables.value,
        )
    log.info("twenty.compared", drifts=len(found))


def _is_of_phone_calls(drift: Drift) -> bool:
    return all("phonecall" in missing.lower() for missing in drift.missing)
