"""`twenty-bridge conformance` says what it needs, instead of counting differences."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bridge.cli import app
from bridge.sandbox.conformance import NotReached, play_all, read_all
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox

FOLDER = Path(__file__).parents[2] / "conformance"
SCENARIOS = read_all(FOLDER)[:1]


async def played(sandbox: TwentySandbox) -> str:
    """What is said instead of verdicts."""
    with pytest.raises(NotReached) as told:
        await play_all(SCENARIOS, url=sandbox.url, tokens={"key": sandbox.api_key})
    return str(told.value)


async def test_a_workspace_without_phone_calls() -> None:
    async with twenty_sandbox() as sandbox:
        assert "no object phoneCall" in await played(sandbox)


async def test_a_key_that_is_revoked() -> None:
    async with twenty_sandbox(provisioned=True) as sandbox:
        sandbox.faults.key_revoked = True
        assert "does not accept the key" in await played(sandbox)


@pytest.mark.parametrize("generation", ["2.21", "2.43"])
async def test_over_the_rate_limit(generation: str) -> None:
    async with twenty_sandbox(provisioned=True, generation=generation) as sandbox:
        sandbox.faults.over_limit = True
        assert "rate limit is reached" in await played(sandbox)


def test_a_folder_without_scenarios(tmp_path: Path) -> None:
    with pytest.raises(NotReached, match="holds no scenarios"):
        read_all(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "x"}'])
def test_a_file_that_is_not_a_scenario_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "package.json").write_text(text)
    with pytest.raises(NotReached, match=r"package\.json is not a scenario"):
        read_all(tmp_path)


@pytest.mark.parametrize(
    ("generation", "told"),
    [
        ("2.33", "17 are of other versions of Twenty, and were not played\n1 equal, 0 different, 0 left out"),
        ("2.43", "1 are of other versions of Twenty, and were not played\n17 equal, 0 different, 0 left out"),
    ],
)
async def test_scenarios_of_another_version_are_not_played(generation: str, told: str) -> None:
    async with twenty_sandbox(provisioned=True, rate_limit=False, generation=generation) as sandbox:
        given = ["conformance", "--url", sandbox.url, "--key", sandbox.api_key]
        result = await asyncio.to_thread(CliRunner().invoke, app, [*given, "--folder", str(FOLDER / "later")])
    assert (result.exit_code, result.output.endswith(f"{told}\n")) == (0, True)
    assert "equal timeline-" in result.output
    assert "(read, not recorded)" in result.output
