"""`doctor --probe-webhook`: creates a person in Twenty, waits for the delivery, and destroys the person.

Ctrl-C ends the wait, never the destroying. The probe writes to no other record: each probe has a new id, and
a person that Twenty refused to create is not destroyed.
"""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from bridge.doctor.checks import Verdict, error, ok, warning
from bridge.doctor.webhook import PROBE, has_arrived, is_lately, last_arrival, proven, way_from_twenty
from bridge.errors import TwentyDenied, TwentyError, TwentyOverLimit, TwentyUnavailable
from bridge.language.phrase import Phrase, phrase, phrase_of
from bridge.settings import Settings
from bridge.twenty import webhooks
from bridge.twenty.client.client import Executes, open_client
from bridge.twenty.provision.webhook import PATH

FIRST_NAME, LAST_NAME = "Webhook test", "(delete me)"
TITLE = f"{FIRST_NAME} {LAST_NAME}"
QUESTION = phrase(
    "Create a person “{title}” in Twenty, wait for Twenty's delivery, and destroy the person again?",
    title=TITLE,
)

LastArrival = Callable[[], Awaitable[datetime | None]]
HasArrived = Callable[[str], Awaitable[bool]]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long to wait for the delivery, how often to poll for it, how long and how often to try to destroy.

    After a minute the rate limit has room again. A person that was possibly created is searched for `unsure`
    seconds.
    """

    waits: float = 30.0
    looks: float = 0.25
    destroys: float = 75.0
    unsure: float = 6.0
    again: float = 2.0


AS_IT_IS = Seconds()


class Probe:
    """One probe of the webhook to `url`.

    `last_arrival` returns when the last delivery arrived, `has_arrived` whether one for a person's id did.
    `stop` ends the wait.
    """

    def __init__(
        self,
        client: Executes,
        *,
        last_arrival: LastArrival,
        has_arrived: HasArrived,
        url: str,
        stop: asyncio.Event,
        tell: Tell,
        seconds: Seconds = AS_IT_IS,
    ) -> None:
        self._client = client
        self._last_arrival = last_arrival
        self._has_arrived = has_arrived
        self._url = url
        self._stop = stop
        self._tell = tell
        self._seconds = seconds
        self._person_id = webhooks.new_person_id()

    async def run(self) -> Verdict:
        """Whether a delivery arrived; the person is destroyed by then, or the verdict names it."""
        before, now = await self._last_arrival(), datetime.now(UTC)
        if is_lately(before, now=now):
            return proven(before, self._url, now=now)
        try:
            # Destroys an unused id first: a role that can create but not destroy would leave the person.
            await self._client.execute("DestroyPerson", id=str(uuid.uuid4()))
            created = await self._create()
        except TwentyOverLimit:
            return warning(phrase("The workspace's rate limit is used up: nothing was created."), PROBE)
        except TwentyDenied as denied:
            return error(
                phrase("Nothing was created: {denied}", denied=denied),
                phrase(
                    "In Twenty, Settings → Roles, let the key's role edit and destroy people; or edit a "
                    "person in Twenty and run twenty-bridge doctor twenty.webhook."
                ),
            )
        except TwentyError as refused:
            return error(phrase("Nothing was created: {refused}", refused=refused), PROBE)
        try:
            delivered = created and await self._delivered()
        finally:
            left = await self._destroy(created=created)
        return left or self._verdict(created=created, delivered=delivered)

    async def _create(self) -> bool:
        """Creates the person; False where it is not known whether Twenty did."""
        name = {"firstName": FIRST_NAME, "lastName": LAST_NAME}
        self._tell(phrase("Creating the person “{title}”.", title=TITLE))
        try:
            await self._client.execute("CreatePeople", data=[{"id": self._person_id, "name": name}])
        except TwentyOverLimit:
            raise
        except TwentyUnavailable as unknown:
            self._tell(
                phrase("Twenty does not say whether it created the person: {unknown}", unknown=unknown)
            )
            return False
        self._tell(phrase("Waiting {waits:g} s for Twenty's delivery.", waits=self._seconds.waits))
        return True

    async def _delivered(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds.waits):
                while not self._stop.is_set():
                    if await self._has_arrived(self._person_id):
                        return True
                    await _until(self._stop, self._seconds.looks)
        return False

    async def _destroy(self, *, created: bool) -> Verdict | None:
        """Destroys the person; the verdict to show where the person is left, or possibly is."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (self._seconds.destroys if created else self._seconds.unsure)
        problem = phrase("Twenty does not say whether it created the person.")
        while True:
            pause = self._seconds.again
            try:
                answer = await self._client.execute("DestroyPerson", id=self._person_id)
                if created or answer["destroyPeople"]:
                    self._tell(phrase("Destroyed the person."))
                    return None
            except TwentyOverLimit as over:
                problem, pause = phrase_of(over), max(pause, over.retry_after or 0.0)
            except TwentyUnavailable as away:
                problem = phrase_of(away)
            except TwentyError as refused:
                return _left(phrase_of(refused))
            if loop.time() + pause > deadline:
                return _left(problem)
            self._tell(
                phrase(
                    "Not destroyed yet: {problem} Trying again in {pause:g} s.", problem=problem, pause=pause
                )
            )
            await asyncio.sleep(pause)

    def _verdict(self, *, created: bool, delivered: bool) -> Verdict:
        if delivered:
            return ok(
                phrase(
                    "Deliveries of Twenty's webhook to {url} arrive: one came for a person of doctor's.",
                    url=self._url,
                )
            )
        if not created:
            return warning(
                phrase("The person could not be created, so nothing is known of the webhook."), PROBE
            )
        if self._stop.is_set():
            return error(phrase("Interrupted before a delivery arrived."), PROBE)
        return error(
            phrase(
                "Twenty delivered nothing to {url} within {waits:g} s of a new person.",
                url=self._url,
                waits=self._seconds.waits,
            ),
            way_from_twenty(self._url),
        )


def _left(problem: Phrase) -> Verdict:
    return error(
        phrase(
            "A person “{title}” is left in Twenty, or can still appear there: {problem}",
            title=TITLE,
            problem=problem,
        ),
        phrase("In Twenty, look for “{title}” among the people, and delete it.", title=TITLE),
    )


async def _until(stop: asyncio.Event, seconds: float) -> None:
    """Waits `seconds`, or until `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


@contextmanager
def interrupted() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C sets instead of its usual effect; outside the main thread it is never set."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    with suppress(NotImplementedError, RuntimeError, ValueError):
        for number in numbers:
            loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            for number in numbers:
                loop.remove_signal_handler(number)


@asynccontextmanager
async def open_probe(configured: Settings, *, tell: Tell) -> AsyncIterator[Probe]:
    """The probe of the webhook to a bridge with these settings."""
    database_url = configured.inbox.database_url.get_secret_value()
    # The budget belongs to the running bridge; this command needs only three root fields of it.
    of_twenty = configured.twenty.model_copy(update={"requests_per_minute": 1_000_000})
    url = f"{configured.server.public_url}{PATH}"
    with interrupted() as stop:
        async with open_client(of_twenty) as client:
            waits = client.interactive(within=0)
            yield Probe(
                waits,
                last_arrival=partial(last_arrival, database_url),
                has_arrived=partial(has_arrived, database_url),
                url=url,
                stop=stop,
                tell=tell,
            )
