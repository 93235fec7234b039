"""Who calls, while they wait: whatever Twenty does, there is an answer, and nobody waits twice in vain."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.calls.agents import Agents
from bridge.calls.numbers import Number
from bridge.errors import TwentyDenied, TwentyError, TwentyRefused, TwentyUnavailable
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.people.recognition import RESTS_SECONDS, Recognition
from tests.support import BOUND

JANE, BELA, CHLOE = (
    Number("+33612345678"),
    "20202020-0000-4000-8000-00000000000b",
    "20202020-0000-4000-8000-00000000000c",
)
WM_BELA, WM_CHLOE = (f"wm_{member_id.replace('-', '')}" for member_id in (BELA, CHLOE))
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
MEMBERS = [
    {"id": BELA, "userEmail": "Bela@example.com", "name": {"firstName": "Bela", "lastName": "Berger"}},
    {"id": CHLOE, "userEmail": "chloe@example.com", "name": {"firstName": "Chloe", "lastName": ""}},
]


class Twenty:
    """Answers as scripted: Jane, whose company Bela looks after, and who spoke with Chloe last."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.variables: dict[str, dict[str, Any]] = {}
        self.hangs: set[str] = set()
        self.fails: dict[str, Exception] = {}
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.owner: str | None = BELA

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        self.asked.append(name)
        self.variables[name] = variables
        await self.goes_on.wait()
        if name in self.hangs:
            await asyncio.Event().wait()
        if name in self.fails:
            raise self.fails[name]
        return self._answer(name)

    async def execute_metadata(self, name: str, **_variables: Any) -> dict[str, Any]:
        raise AssertionError(name)

    def _answer(self, name: str) -> dict[str, Any]:
        if name == "WorkspaceMembers":
            edges = [{"node": node} for node in MEMBERS]
            return {"workspaceMembers": {"edges": edges, "pageInfo": {"hasNextPage": False}}}
        if name == "LastSpoken":
            return {"phoneCalls": {"edges": [{"node": {"agentId": CHLOE}}]}}
        jane = {
            "id": "jane",
            "name": {"firstName": "Jane", "lastName": "Doe"},
            "companyId": "acme",
            "company": {"accountOwnerId": self.owner},
            "createdAt": "2026-01-01T00:00:00Z",
            "phones": {"primaryPhoneNumber": JANE},
        }
        return {"people": {"edges": [{"node": jane}], "pageInfo": {"hasNextPage": False, "endCursor": None}}}


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def asked() -> Twenty:
    return Twenty()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def members() -> Members:
    return Members(Agents(members={"bela": "bela@example.com"}))


@pytest.fixture
def within() -> float:
    """Seconds that a caller waits."""
    return BOUND


@pytest.fixture
def recognition(asked: Twenty, clock: Clock, members: Members, within: float) -> Recognition:
    directory = Directory(region="FR", seconds=0)
    return Recognition(asked, directory, members, several="oldest", within=within, clock=clock)


async def test_who_it_is_and_whom_to_ring_first(recognition: Recognition, members: Members) -> None:
    found = await recognition.of(JANE, spoken_since=SINCE)
    assert found.person
    assert (found.person.name, found.owners) == ("Jane Doe", [BELA, CHLOE])
    assert [members.identities_of(owner) for owner in found.owners] == [("bela", WM_BELA), (WM_CHLOE,)]


async def test_later_steps_ask_only_who_it_is(recognition: Recognition, asked: Twenty) -> None:
    found = await recognition.of(JANE, spoken_since=None)
    assert found.person
    assert (found.owners, "LastSpoken" in asked.asked) == ([], False)


@pytest.mark.parametrize(
    ("fails", "error", "name", "owners"),
    [
        ("FindPeople", TwentyUnavailable("down"), None, []),
        ("FindPeople", ValueError("a bug"), None, []),
        ("WorkspaceMembers", TwentyUnavailable("down"), "Jane Doe", [BELA, CHLOE]),
        ("LastSpoken", TwentyUnavailable("down"), "Jane Doe", [BELA]),
        ("LastSpoken", TwentyRefused("INVALID_ARGS_FILTER"), "Jane Doe", [BELA]),
        ("LastSpoken", TwentyDenied("no phoneCall", code="twenty.schema"), "Jane Doe", [BELA]),
    ],
)
async def test_what_fails_is_left_out(
    recognition: Recognition, asked: Twenty, fails: str, error: Exception, name: str | None, owners: list[str]
) -> None:
    asked.fails[fails] = error
    found = await recognition.of(JANE, spoken_since=SINCE)
    assert (found.person.name if found.person else None) == name
    assert found.owners == owners


@pytest.mark.parametrize(
    "error",
    [TwentyRefused("INVALID_ARGS_FILTER"), TwentyDenied("role"), TwentyUnavailable("INTERNAL_SERVER_ERROR")],
)
@pytest.mark.parametrize("fails", ["LastSpoken", "WorkspaceMembers"])
async def test_what_is_optional_costs_only_itself(
    recognition: Recognition, asked: Twenty, fails: str, error: TwentyError
) -> None:
    asked.fails[fails] = error
    for _ in range(3):
        found = await recognition.of(JANE, spoken_since=SINCE)
        assert found.person
        assert found.owners[0] == BELA


@pytest.mark.parametrize("within", [0.3])
@pytest.mark.parametrize("hangs", ["LastSpoken", "WorkspaceMembers"])
async def test_for_what_is_optional_no_caller_waits_after_another(
    recognition: Recognition, asked: Twenty, hangs: str
) -> None:
    asked.hangs.add(hangs)
    for _ in range(3):
        found = await recognition.of(JANE, spoken_since=SINCE)
        assert found.person
        assert found.owners[0] == BELA
    assert asked.asked.count(hangs) == 1
    await recognition.close()


async def test_a_filter_has_milliseconds(recognition: Recognition, asked: Twenty) -> None:
    await recognition.of(JANE, spoken_since=SINCE.replace(microsecond=123_456))
    assert asked.variables["LastSpoken"]["since"] == "2026-11-01T00:00:00.123Z"


@pytest.mark.parametrize("within", [0.3])
async def test_after_a_failure_nobody_waits_and_one_look_up_finds_out(
    recognition: Recognition, asked: Twenty, clock: Clock
) -> None:
    asked.goes_on.clear()
    assert (await recognition.of(JANE, spoken_since=SINCE)).person is None
    before = len(asked.asked)
    for _ in range(5):
        assert (await recognition.of(JANE, spoken_since=SINCE)).person is None
    assert len(asked.asked) == before, "the first look-up is still on its way"
    asked.goes_on.set()
    await asyncio.gather(*recognition._asking)
    found = await recognition.of(JANE, spoken_since=SINCE)
    assert found.person
    assert clock.now < RESTS_SECONDS


async def test_after_a_rest_somebody_waits_again(
    recognition: Recognition, asked: Twenty, clock: Clock
) -> None:
    asked.fails["FindPeople"] = TwentyUnavailable("down")
    await recognition.of(JANE, spoken_since=SINCE)
    asked.fails.clear()
    clock.now = RESTS_SECONDS + 1
    assert (await recognition.of(JANE, spoken_since=SINCE)).person


async def test_a_withheld_number_is_nobody_s(recognition: Recognition, asked: Twenty) -> None:
    assert (await recognition.of(None, spoken_since=SINCE - timedelta(days=1))).person is None
    assert asked.asked == ["WorkspaceMembers"]


@pytest.mark.parametrize(
    ("agent", "identities"),
    [
        ("alice", ("alice",)),
        ("jane.doe", ("jane_doe",)),
        ("bela", ("bela", WM_BELA)),
        ("bela@example.com", ("bela", WM_BELA)),
        ("BELA@example.com", ("bela", WM_BELA)),
        ("chloe@example.com", (WM_CHLOE,)),
        ("nobody@example.com", ("nobody_example_com",)),
    ],
)
async def test_identities_of_agents(
    recognition: Recognition, members: Members, agent: str, identities: tuple[str, ...]
) -> None:
    await recognition.of(None, spoken_since=None)
    assert members.identities([agent]) == {agent: identities}


async def test_before_twenty_was_ever_asked_agents_are_reached_as_far_as_they_can(members: Members) -> None:
    assert members.identities(["bela@example.com", "chloe@example.com", "bela"]) == {
        "bela@example.com": ("bela",),
        "chloe@example.com": ("chloe_example_com",),
        "bela": ("bela",),
    }
