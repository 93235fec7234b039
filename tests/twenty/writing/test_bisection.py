"""Batches: past the refused record to the others, and no further than that."""

import json
from math import log2
from typing import Any
from uuid import uuid4

import pytest

from bridge.errors import Duplicate, TooManyRecords, TwentyDenied, TwentyRefused, TwentyUnavailable
from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.writing.bisection import Batches, Record
from tests.support import TEN, new_sid, phone_calls


def records(number: int) -> dict[str, Record]:
    return {
        sid: {
            "externalCallId": sid,
            "name": f"call {index}",
            "startedAt": TEN.isoformat().replace("+00:00", "Z"),
        }
        for index, sid in enumerate(new_sid() for _ in range(number))
    }


async def test_a_batch_is_one_root_field(twenty: TwentySandbox, client: TwentyClient) -> None:
    before = twenty.root_fields
    assert await Batches(client).send("UpsertPhoneCalls", records(200)) == {}
    assert twenty.root_fields - before == 1
    assert len(await phone_calls(twenty)) == 200


@pytest.mark.parametrize("place", [0, 77, 199])
async def test_one_poisonous_record_costs_little_and_the_rest_is_written(
    twenty: TwentySandbox, client: TwentyClient, place: int
) -> None:
    batch = records(200)
    poisonous = list(batch)[place]
    batch[poisonous]["status"] = "EXPLODED"
    before = twenty.root_fields
    refused = await Batches(client).send("UpsertPhoneCalls", batch)
    assert list(refused) == [poisonous]
    assert twenty.root_fields - before <= 1 + 2 * log2(200) + 1
    assert len(await phone_calls(twenty)) == 199


async def test_where_every_record_is_refused_it_is_not_the_records(
    twenty: TwentySandbox, client: TwentyClient
) -> None:
    batch = records(200)
    for record in batch.values():
        record["status"] = "EXPLODED"
    before = twenty.root_fields
    with pytest.raises(TwentyDenied, match="refuses all records") as denied:
        await Batches(client).send("UpsertPhoneCalls", batch)
    assert denied.value.code == "twenty.refused"
    assert twenty.root_fields - before < 30


@pytest.mark.parametrize("places", [range(5), range(40, 45), range(20, 30), range(44), range(1, 45)])
async def test_one_bad_number_many_times_is_the_records(
    twenty: TwentySandbox, client: TwentyClient, places: range
) -> None:
    batch = records(45)
    bad = {sid for index, sid in enumerate(batch) if index in places}
    for sid in bad:
        batch[sid]["status"] = "EXPLODED"
    refused = await Batches(client).send("UpsertPhoneCalls", batch)
    assert refused.keys() == bad
    assert len(await phone_calls(twenty)) == 45 - len(bad)


async def test_records_that_are_there_already_are_no_reason_to_doubt_the_others(client: TwentyClient) -> None:
    batch: dict[str, Record] = {name: {"id": str(uuid4()), "title": name} for name in "abcdefghijkl"}
    assert await Batches(client).send("CreateTasks", batch) == {}
    refused = await Batches(client).send("CreateTasks", batch)
    assert refused.keys() == batch.keys()
    assert {type(error) for error in refused.values()} == {Duplicate}


async def test_nothing_to_write_is_nothing_asked(twenty: TwentySandbox, client: TwentyClient) -> None:
    before = twenty.root_fields
    assert await Batches(client).send("UpsertPhoneCalls", {}) == {}
    assert twenty.root_fields == before


async def test_an_outage_blames_no_record(twenty: TwentySandbox, client: TwentyClient) -> None:
    twenty.faults.status = 502
    with pytest.raises(TwentyUnavailable):
        await Batches(client).send("UpsertPhoneCalls", records(3))


class OlderServer:
    """Takes 60 records and no more, as Twenty did before 2.10."""

    def __init__(self, most: int = 60) -> None:
        self.most = most
        self.sizes: list[int] = []

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        self.sizes.append(len(variables["data"]))
        if self.sizes[-1] > self.most:
            raise TooManyRecords("Maximum number of records to upsert is 60.")
        return {}

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        raise TwentyRefused(name)


async def test_a_smaller_limit_is_learned_and_remembered() -> None:
    server = OlderServer()
    batches = Batches(server)
    await batches.send("UpsertPhoneCalls", records(130))
    await batches.send("UpsertPhoneCalls", records(61))
    assert server.sizes == [130, 60, 60, 10, 60, 1]


async def test_a_limit_below_that_ends_in_an_error() -> None:
    with pytest.raises(TooManyRecords):
        await Batches(OlderServer(most=10)).send("UpsertPhoneCalls", records(61))


class Measuring(OlderServer):
    """Notes how many characters each request has."""

    def __init__(self) -> None:
        super().__init__(most=200)
        self.characters: list[int] = []

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        self.characters.append(len(json.dumps(variables["data"])))
        return await super().execute(name, **variables)


async def test_long_texts_go_in_requests_that_twenty_takes() -> None:
    server = Measuring()
    batch = records(150)
    for sid in list(batch)[:60]:
        batch[sid]["transcript"] = {"blocknote": "x" * 300_000}
    batch[next(iter(batch))]["transcript"] = {"blocknote": "x" * 3_000_000}
    await Batches(server).send("UpsertPhoneCalls", batch)
    assert sum(server.sizes) == 150
    assert server.sizes[0] == 1
    assert max(server.characters[1:]) < 2_200_000
    assert len(server.sizes) == 11
