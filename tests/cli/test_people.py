"""`twenty-bridge people normalise`: rows as they were typed once, and what a call finds afterwards."""

import asyncio
import json
import os
import signal
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridge.calls.numbers import Number
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.twenty.client.client import open_client
from bridge.twenty.people.lookup import find_people
from tests.cli.support import SETTINGS, typed_in
from tests.support import ask, create_person, eventually, twenty_settings

# F5 of the reports, and what no separator explains: the number that calls, as it stands, its country.
SPELLINGS = [
    ("+33612345601", "06.12.34.56.01", "FR"),
    ("+33612345602", "06-12-34-56-02", "FR"),
    ("+493012345603", "030/12345603", "DE"),
    ("+14155550108", "415.555.0108", "US"),
    ("+14155550109", "1-415-555-0109", "US"),
    ("+14155550110", "+1-415-555-0110", ""),
    ("+33612345605", "+33.6.12.34.56.05", ""),
    ("+33612345606", "+33 (0)6 12 34 56 06", ""),
    ("+33612345617", "00 33 6 12 34 56 17", "FR"),
    ("+442079460021", "0207 946 0021", "GB"),
    ("+442079460022", "020-7946-0022", "GB"),
    ("+33612345607", "06\u00a012\u00a034\u00a056\u00a007", "FR"),
    ("+33612345608", "0612345608 ", "FR"),
    ("+33612345609", "\u200e+33612345609", ""),
    ("+33612345610", "٠٦١٢٣٤٥٦١٠", "FR"),
    ("+919876543210", "+९१९८७६५४३२१०", ""),
    ("+18003569377", "+1 800 FLOWERS", ""),
]
OTHER = {"number": "159130012", "callingCode": "+33", "countryCode": "FR"}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The file of a Twenty whose rows can be put as an import left them."""
    return tmp_path / "twenty.db"


@pytest.fixture
async def twenty(database: Path) -> AsyncIterator[TwentySandbox]:
    """A Twenty without a limit."""
    async with twenty_sandbox(provisioned=True, rate_limit=False, database=database) as sandbox:
        yield sandbox


async def put(
    twenty: TwentySandbox,
    database: Path,
    number: str,
    country: str = "",
    *,
    code: str = "",
    additional: list[dict[str, str]] | None = None,
) -> str:
    """A person whose row holds this to the letter; the id."""
    person = await create_person(twenty, f"Person of {number}")
    values = (number, code, country, json.dumps(additional) if additional else None, person)
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute(
            "update person set phonesPrimaryPhoneNumber = ?, phonesPrimaryPhoneCallingCode = ?,"
            " phonesPrimaryPhoneCountryCode = ?, phonesAdditionalPhones = ? where id = ?",
            values,
        )
    return person


ROWS = """{ people(first: 1000) { edges { node { id phones {
  primaryPhoneNumber primaryPhoneCallingCode primaryPhoneCountryCode additionalPhones
} } } } }"""


async def rows(twenty: TwentySandbox) -> dict[str, Any]:
    return {
        edge["node"]["id"]: edge["node"]["phones"] for edge in (await ask(twenty, ROWS))["people"]["edges"]
    }


def configured(twenty: TwentySandbox, folder: Path) -> dict[str, str]:
    """Writes `config.yaml`; the environment."""
    config = folder / "config.yaml"
    config.write_text("agents: {names: [alice]}\ntwenty: {requests_per_minute: 60000}\n")
    return {**SETTINGS, "TWENTY_API_URL": twenty.url, "TWENTY_API_TOKEN": twenty.api_key}


async def started(
    twenty: TwentySandbox, folder: Path, *options: str, **environment: str
) -> asyncio.subprocess.Process:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TWILIO_", "TWENTY_", "BRIDGE_"))}
    own = {**configured(twenty, folder), **environment}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bridge", "people", "normalise", *options),
        env={**inherited, **own},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def normalise(twenty: TwentySandbox, folder: Path, *options: str) -> tuple[int, Any, str]:
    """Exit status, the JSON that is printed, standard error."""
    env = configured(twenty, folder)
    done = await typed_in(folder, "people", "normalise", "--json", *options, env=env)
    assert done.stdout, done.stderr
    return done.exit_code, json.loads(done.stdout), done.stderr


async def find(twenty: TwentySandbox, *numbers: str) -> dict[str, list[str]]:
    async with open_client(twenty_settings(twenty)) as client:
        found = await find_people(client, {Number(n) for n in numbers}, region="FR")
    return {number: [one.person.id for one in people] for number, people in found.items()}


async def test_every_spelling_is_found_afterwards(
    twenty: TwentySandbox, database: Path, tmp_path: Path
) -> None:
    people = {
        number: await put(twenty, database, text, country, additional=[OTHER])
        for number, text, country in SPELLINGS
    }
    status, told, _ = await normalise(twenty, tmp_path, "--file", "before.jsonl")
    assert (status, told["rewritten"], told["left"], told["refused"]) == (0, len(SPELLINGS), [], [])
    assert await find(twenty, *people) == {number: [person] for number, person in people.items()}
    stand = await rows(twenty)
    assert all(stand[person]["additionalPhones"] == [OTHER] for person in people.values())
    before = await rows(twenty)
    assert (await normalise(twenty, tmp_path))[1]["rewritten"] == 0
    assert await rows(twenty) == before


async def test_additional_numbers_are_rewritten_too(
    twenty: TwentySandbox, database: Path, tmp_path: Path
) -> None:
    others = [{"number": text, "callingCode": "", "countryCode": country} for _, text, country in SPELLINGS]
    person = await put(twenty, database, "159130001", "FR", code="+33", additional=others)
    assert (await normalise(twenty, tmp_path))[1]["rewritten"] == 1
    assert await find(twenty, *(n for n, _, _ in SPELLINGS)) == {n: [person] for n, _, _ in SPELLINGS}


@pytest.mark.parametrize(
    "odd",
    [
        {"number": "+33612345601 x3"},
        {"number": "06 12 34 56 01 / 06 12 34 56 02", "countryCode": "FR"},
        {"number": "06.12.34.56.01"},
        {"number": "call her"},
        {"number": "612345601", "callingCode": "+33", "label": "home"},
    ],
    ids=str,
)
async def test_one_number_in_doubt_keeps_the_row(
    twenty: TwentySandbox, database: Path, tmp_path: Path, odd: dict[str, str]
) -> None:
    person = await put(twenty, database, "06.12.34.56.99", "FR", additional=[odd])
    before = await rows(twenty)
    status, told, _ = await normalise(twenty, tmp_path)
    assert (status, told["rewritten"], [row["person"] for row in told["left"]]) == (0, 0, [person])
    assert await rows(twenty) == before
    assert not list(tmp_path.glob("*.jsonl"))


async def test_a_dry_run_writes_nothing(twenty: TwentySandbox, database: Path, tmp_path: Path) -> None:
    await put(twenty, database, "06.12.34.56.01", "FR")
    before = await rows(twenty)
    assert (await normalise(twenty, tmp_path, "--dry-run"))[1]["rewritten"] == 1
    assert await rows(twenty) == before
    assert not list(tmp_path.glob("*.jsonl"))


async def test_undo_puts_back_what_nobody_changed(
    twenty: TwentySandbox, database: Path, tmp_path: Path
) -> None:
    ours = await put(twenty, database, "0612345601", "FR", code="+33", additional=[OTHER])
    theirs = await put(twenty, database, "0612345602", "FR", code="+33")
    vanity = await put(twenty, database, "+1 800 FLOWERS")
    await normalise(twenty, tmp_path, "--file", "before.jsonl")
    file = tmp_path / "before.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = {line["id"]: line["before"] for line in map(json.loads, file.read_text().splitlines())}
    assert kept[ours]["primaryPhoneNumber"] == "0612345601"
    update = "mutation ($id: UUID!, $d: PersonUpdateInput!) { updatePerson(id: $id, data: $d) { id } }"
    await ask(twenty, update, id=theirs, d={"phones": {"primaryPhoneNumber": "+33698000001"}})
    with file.open("a") as torn:
        torn.write('{"id": "cut off')
    status, told, _ = await normalise(twenty, tmp_path, "--undo", "before.jsonl")
    # This Twenty normalises what is written, so that the row means what it did, and stands as it does now.
    assert (status, told["normalised"], told["changed"]) == (1, 1, 1)
    assert [row["person"] for row in told["refused"]] == [vanity]
    stand = await rows(twenty)
    assert stand[theirs]["primaryPhoneNumber"] == "698000001"
    assert stand[ours]["additionalPhones"] == [OTHER]
    assert stand[vanity]["primaryPhoneNumber"] == "8003569377"


async def test_undo_gives_a_country_back(twenty: TwentySandbox, database: Path, tmp_path: Path) -> None:
    """What Twenty stores as it is sent: the calling code without its plus."""
    person = await put(twenty, database, "612345601", "FR", code="33")
    await normalise(twenty, tmp_path, "--file", "before.jsonl")
    assert (await rows(twenty))[person]["primaryPhoneCallingCode"] == "+33"
    status, told, _ = await normalise(twenty, tmp_path, "--undo", "before.jsonl")
    assert (status, told["restored"]) == (0, 1)
    assert (await rows(twenty))[person]["primaryPhoneCallingCode"] == "33"


async def test_a_key_that_may_not_write_changes_nothing(
    twenty: TwentySandbox, database: Path, tmp_path: Path
) -> None:
    await put(twenty, database, "06.12.34.56.01", "FR")
    before = await rows(twenty)
    process = await started(twenty, tmp_path, TWENTY_API_TOKEN=twenty.readonly_key)
    _, err = await process.communicate()
    assert (process.returncode, "Traceback" in err.decode()) == (2, False)
    assert await rows(twenty) == before


async def test_ctrl_c_loses_nothing(twenty: TwentySandbox, database: Path, tmp_path: Path) -> None:
    people = {await put(twenty, database, f"06.12.34.{n:02}.01", "FR") for n in range(60)}
    file = tmp_path / "before.jsonl"
    process = await started(twenty, tmp_path, "--json", "--file", "before.jsonl")
    await eventually(file.exists)
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode in (0, 130), err
    kept = {line["id"] for line in map(json.loads, file.read_text().splitlines())}
    assert {one for one, phones in (await rows(twenty)).items() if is_rewritten(phones)} <= kept
    assert (await normalise(twenty, tmp_path, "--file", "before.jsonl"))[0] == 0
    assert all(map(is_rewritten, (await rows(twenty)).values()))
    assert {line["id"] for line in map(json.loads, file.read_text().splitlines())} == people


def is_rewritten(phones: dict[str, Any]) -> bool:
    number: str = phones["primaryPhoneNumber"]
    return number.isdecimal()
