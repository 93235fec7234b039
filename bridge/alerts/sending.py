"""Sends each alert once, and its end once, however often the bridge looks, restarts or changes its leader."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog

from bridge.alerts.channels import Channel
from bridge.alerts.kinds import Alert, Observation
from bridge.alerts.messages import AlertMessage, Words
from bridge.errors import AlertNotSent
from bridge.inbox.operation import AlertStates, Standing
from bridge.inbox.store import Inbox

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)
"""A server that does not take a message is tried again after a pause, which doubles up to the longest."""

log = structlog.get_logger()


class NextStep(Enum):
    """What an observation asks for."""

    NOTHING = auto()
    RAISE = auto()
    END = auto()
    FORGET = auto()
    """It was over before its message went out: no person has anything to do."""


def step(standing: Standing | None, observation: Observation) -> NextStep:
    """What to do, by what is stored and what was observed."""
    if observation.is_wrong:
        return NextStep.NOTHING if standing and standing.sent_at else NextStep.RAISE
    if standing is None:
        return NextStep.NOTHING
    return NextStep.END if standing.sent_at else NextStep.FORGET


class Sending:
    """Sends on one channel. `lead` raises Standby where another replica is the leader."""

    def __init__(
        self, inbox: Inbox, channel: Channel, words: Words, *, lead: Callable[[], Awaitable[None]]
    ) -> None:
        self._states = AlertStates(inbox, channel.name)
        self._channel = channel
        self._words = words
        self._lead = lead
        self._pause = FIRST_PAUSE
        self._not_before: datetime | None = None
        self._refused: dict[str, datetime] = {}

    async def once(self, observed: Mapping[Alert, Observation], now: datetime) -> None:
        """Sends what is new. What was not observed stays as it is.

        Raises Standby and InboxUnavailable.
        """
        # What was not taken comes last: a server can refuse one message and take the others.
        for alert, observation in sorted(observed.items(), key=self._when_refused):
            standing = (await self._states.all()).get(alert.value.code)
            if observation.is_wrong and standing is None:
                # Stored before it is sent: a message that goes out twice has the same id.
                await self._states.begin(alert.value.code, now)
                standing = (await self._states.all()).get(alert.value.code)
            if standing:
                await self._one(alert, observation, standing, now)

    def _when_refused(self, observed: tuple[Alert, Observation]) -> float:
        at = self._refused.get(observed[0].value.code)
        return at.timestamp() if at else 0

    async def _one(self, alert: Alert, observation: Observation, standing: Standing, now: datetime) -> None:
        match step(standing, observation):
            case NextStep.RAISE:
                if await self._sent(self._words.raised(alert, observation, standing.since), now):
                    await self._states.sent(alert.value.code, now)
            case NextStep.END:
                if await self._sent(self._words.ended(alert, standing.since), now):
                    await self._states.end(alert.value.code)
            case NextStep.FORGET:
                await self._states.end(alert.value.code)
            case NextStep.NOTHING:
                pass

    async def _sent(self, message: AlertMessage, now: datetime) -> bool:
        """Whether the server took it."""
        if self._not_before and now < self._not_before <= now + LONGEST_PAUSE:
            return False
        await self._lead()
        try:
            await self._channel.send(message, now)
        except AlertNotSent as problem:
            self._not_before = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._refused[message.code] = now
            log.warning(
                "alerts.not_sent", channel=self._channel.name, alert=message.code, reason=str(problem)
            )
            return False
        self._pause, self._not_before = FIRST_PAUSE, None
        self._refused.pop(message.code, None)
        log.info("alerts.sent", channel=self._channel.name, alert=message.code, type=message.type)
        return True
