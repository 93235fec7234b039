"""What a logged call costs: Twenty's rate limit, CPU, the database; and how soon it shows.

`python -m benchmarks.drain --json` prints `{"calls_per_root_field", "naive_calls_per_root_field", "ratio",
"calls_per_minute", "naive_calls_per_minute", "callback_to_twenty_ms": {"p50", "p99"},
"cpu_us_per_call", "queries_per_call"}`. The limit is 100 root fields a minute.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from sqlalchemy import event

from benchmarks import command, requests, servers
from benchmarks.load import send
from bridge.calls.agents import Agents
from bridge.calls.callback import Callback, Kind, digest_of
from bridge.calls.recording_links import RecordingLinks
from bridge.calls.texts import ENGLISH
from bridge.demo.process import SandboxTwenty, sandbox_twenty
from bridge.demo.twenty import Twenty, open_twenty
from bridge.inbox.store import Inbox, open_inbox
from bridge.settings import TwentySettings
from bridge.sync.stages.pipeline import Pipeline
from bridge.sync.stages.prepare import Policy, Preparation
from bridge.sync.worker import Worker
from bridge.twenty.client.client import Executes, open_client
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.writing.bisection import Batches
from bridge.wiring.serve import freeze_garbage_collector

CALLS = 4000
NAIVE_CALLS = 200
PEOPLE = 1000
SAMPLES = 200
PER_MINUTE = 100


@dataclass
class Counting:
    """A client that counts root fields: each operation on /graphql has one."""

    client: Executes
    root_fields: int = 0

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        """Counts, and asks."""
        self.root_fields += name != "WorkspaceSchema"
        return await self.client.execute(name, **variables)

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        """Is not limited."""
        return await self.client.execute_metadata(name, **variables)


async def measure(
    *, calls: int = CALLS, naive_calls: int = NAIVE_CALLS, samples: int = SAMPLES
) -> dict[str, Any]:
    """All figures, against one sandbox."""
    async with sandbox_twenty() as twenty, open_twenty(twenty.url, twenty.user_token) as user:
        async with client_of(twenty, user) as client:
            drained = await _drain(Counting(client), calls)
            naive = await _naive(Counting(client), naive_calls)
        latency = await _latency(twenty.url, twenty.api_key, user, samples)
    return {
        **drained,
        "naive_calls_per_root_field": naive,
        "ratio": round(drained["calls_per_root_field"] / naive, 1),
        "calls_per_minute": round(drained["calls_per_root_field"] * PER_MINUTE),
        "naive_calls_per_minute": round(naive * PER_MINUTE, 1),
        "callback_to_twenty_ms": latency,
    }


@asynccontextmanager
async def client_of(twenty: SandboxTwenty, user: Twenty) -> AsyncIterator[Executes]:
    """A client of a workspace with `PEOPLE`, without a rate limit."""
    for first in range(0, PEOPLE, 200):
        await user.create_people([_person(number) for number in range(first, first + 200)])
    settings = TwentySettings.model_validate(
        {"api_url": twenty.url, "api_token": twenty.api_key, "requests_per_minute": 10**6}
    )
    async with open_client(settings) as client:
        yield client


def _person(number: int) -> dict[str, Any]:
    return {
        "name": {"firstName": "Person", "lastName": str(number)},
        "phones": {"primaryPhoneNumber": f"+336{number:08}"},
    }


async def _drain(client: Counting, calls: int) -> dict[str, Any]:
    """A backlog of calls, four callbacks each, every one with a number of its own."""
    async with an_inbox() as (inbox, queries):
        told = [callback for number in range(calls) for callback in callbacks_of_call(number)]
        await asyncio.gather(*map(inbox.store, told))
        worker = worker_of(inbox, client)
        # As `serve` does when it is ready.
        freeze_garbage_collector()
        asked, cpu = queries(), time.process_time()
        while await worker.drain_once():
            pass
        return {
            "calls_per_root_field": round(calls / client.root_fields, 2),
            "cpu_us_per_call": round((time.process_time() - cpu) / calls * 1e6),
            "queries_per_call": round((queries() - asked) / calls, 3),
        }


@asynccontextmanager
async def an_inbox() -> AsyncIterator[tuple[Inbox, Callable[[], int]]]:
    with TemporaryDirectory() as folder:
        async with open_inbox(f"sqlite+aiosqlite:///{Path(folder) / 'bridge.db'}") as inbox:
            count = 0

            def note(*_: object) -> None:
                nonlocal count
                count += 1

            event.listen(inbox._database.reading.sync_engine, "before_cursor_execute", note)
            yield inbox, lambda: count


def worker_of(inbox: Inbox, client: Executes) -> Worker:
    batches, members = Batches(client), Members(Agents())
    links = RecordingLinks("https://phone.example.com", "AC1", keys=[b"a key"])
    policy = Policy(texts=ENGLISH, links=links, region="FR")
    directory = Directory(region="FR")
    return Worker(
        inbox,
        Pipeline(
            inbox,
            client,
            batches=batches,
            directory=directory,
            preparation=Preparation(client, batches, directory, members, policy),
            reminders=None,
            live=lambda: True,
        ),
    )


def callbacks_of_call(number: int) -> list[Callback]:
    """The four of the n-th call."""
    at = datetime(2026, 11, 22, 10, tzinfo=UTC) + timedelta(seconds=number)
    return [_callback(requests.parameters_of_status(number * 4 + step), at) for step in range(4)]


def _callback(parameters: dict[str, str], at: datetime) -> Callback:
    return Callback(
        kind=Kind.STATUS,
        call_sid=parameters["CallSid"],
        parent_sid=parameters["ParentCallSid"],
        parameters=parameters,
        received_at=at,
        digest=digest_of(Kind.STATUS, "/twilio/status", parameters),
    )


async def _naive(client: Counting, calls: int) -> float:
    """As a first version would do it: a look-up, a note and its target for each call."""
    for number in range(calls):
        phone = {"phones": {"primaryPhoneNumber": {"eq": f"6{number:08}"}}}
        found = await client.execute("FindPeople", filter=phone, first=1)
        (edge,) = found["people"]["edges"]
        made = await client.execute("UpsertNotes", data=[{"title": f"Call {number}"}])
        note_id = made["createNotes"][0]["id"]
        target = {"noteId": note_id, "targetPersonId": edge["node"]["id"]}
        await client.execute("UpsertNoteTargets", data=[target])
    return round(calls / client.root_fields, 3)


async def _latency(url: str, api_key: str, user: Twenty, samples: int) -> dict[str, float]:
    """Milliseconds from the 204 of a call's only callback to its record, at a bridge with nothing to do."""
    took = []
    with TemporaryDirectory() as folder:
        env = {"TWENTY_API_URL": url, "TWENTY_API_TOKEN": api_key}
        async with servers.bridge(Path(folder), **env) as bridge:
            for number in range(samples):
                request = requests.status(4 * (10**6 + number) + 3)
                await send(bridge.url, [request], connections=1)
                acknowledged = time.time()
                sid = requests.call_sid(10**6 + number)
                written = await _until(lambda sid=sid: user.calls([sid]))  # type: ignore[misc]
                took.append(written[sid]["updatedAt"])
                took[-1] = max(0.0, datetime.fromisoformat(took[-1]).timestamp() - acknowledged) * 1000
    percentiles = quantiles(took, n=100)
    return {"p50": round(percentiles[49], 1), "p99": round(percentiles[98], 1)}


async def _until(look: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while not (found := await look()):
            await asyncio.sleep(0.005)
        return found


def quiet() -> None:
    """Logs are not what is printed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def show(figures: dict[str, Any]) -> None:
    """A table."""
    for name, value in figures.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    quiet()
    command.run(__doc__, measure, show)
