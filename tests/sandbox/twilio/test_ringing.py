"""What holds for every ringing and every call."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.sandbox.twilio import Delivery, Party, PlayedCall
from bridge.sandbox.twilio.calls.ringing import plan_ringing
from bridge.sandbox.twilio.legs import FINAL
from tests.sandbox.twilio.support import App, Connect, Play, by_kind, events

SECONDS = st.integers(0, 700).map(float)
PARTIES = st.one_of(
    st.builds(Party.answers, after=SECONDS, talks=SECONDS),
    st.builds(Party.machine, after=SECONDS, talks=SECONDS),
    st.builds(Party.busy, after=SECONDS),
    st.builds(Party.rejects, after=SECONDS),
    st.builds(Party.no_answer),
    st.builds(Party.failed),
    st.builds(Party.unreachable),
)
LIVE = ["initiated", "ringing", "in-progress"]


@settings(deadline=None)
@given(parties=st.lists(PARTIES, max_size=10), start=SECONDS, timeout=st.integers(5, 600))
def test_every_ringing_ends_once_for_everybody(parties: list[Party], start: float, timeout: int) -> None:
    plan = plan_ringing(dict(enumerate(parties)), start=start, timeout=timeout)
    assert [step.at for step in plan] == sorted(step.at for step in plan)
    answers = [step for step in plan if step.status == "in-progress"]
    assert len(answers) <= 1
    for position in range(len(parties)):
        statuses = [step.status for step in plan if step.position == position]
        *before, last = statuses
        assert before in (["initiated"], ["initiated", "ringing"])
        assert last in FINAL or last == "in-progress"
    assert all(start <= step.at <= start + timeout for step in plan)
    if answers:
        assert plan[-1].at == answers[0].at, "nobody rings on after the answer"


DELIVERIES = st.builds(
    Delivery,
    seed=st.integers(0, 99),
    shuffle=st.booleans(),
    duplicate=st.sampled_from([0.0, 0.5]),
    chunked=st.booleans(),
)


@pytest.fixture
async def play(app: App, connect: Connect) -> Play:
    """Plays one call into a ring group; each time with a sandbox of its own."""

    async def play_once(
        parties: list[Party], delivery: Delivery, hangs_up_after: float | None, sequential: bool
    ) -> PlayedCall:
        agents = "".join(f"<Client {events()}>agent{n}</Client>" for n in range(len(parties)))
        app.dial(agents, action="/dial", sequential=str(sequential).lower())
        async with connect(app, delivery=delivery) as sandbox:
            sandbox.status_url = f"{app.url}/parent"
            sandbox.parties = {f"client:agent{n}": party for n, party in enumerate(parties)}
            return await sandbox.call_from_phone("+33612345678", caller_hangs_up_after=hangs_up_after)

    return play_once


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parties=st.lists(PARTIES, min_size=1, max_size=4),
    delivery=DELIVERIES,
    hangs_up_after=st.one_of(st.none(), SECONDS),
    sequential=st.booleans(),
)
async def test_every_leg_is_told_completely(
    play: Play, parties: list[Party], delivery: Delivery, hangs_up_after: float | None, sequential: bool
) -> None:
    played = await play(parties, delivery, hangs_up_after, sequential)
    told = [d for d in by_kind(played, "status") if not d.duplicate]
    for leg in played.legs:
        of_leg = sorted(
            (int(d.params["SequenceNumber"]), d.params["CallStatus"])
            for d in told
            if d.params["CallSid"] == leg.sid
        )
        assert [number for number, _ in of_leg] == list(range(len(of_leg)))
        statuses = [status for _, status in of_leg]
        assert statuses[:-1] == LIVE[: len(statuses) - 1] or statuses == ["initiated", leg.status]
        assert [status for status in statuses if status in FINAL] == [leg.status]
    answered = [leg for leg in played.legs if leg.answered_at is not None]
    assert len(answered) <= 1
    assert all(leg.status == "completed" for leg in answered)
    assert all(d.acknowledged for d in told)
    assert [d.params["CallStatus"] for d in told if d.params["CallSid"] == played.sid] == ["completed"]
    if hangs_up_after is not None:
        assert (played.duration or 0) <= max(hangs_up_after, 1)
