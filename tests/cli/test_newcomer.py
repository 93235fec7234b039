"""A newcomer: each question is interrupted, answered wrongly, and asked again by the next run."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from copy import deepcopy
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bridge.cli import app
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.settings.variables import ENVIRONMENT

PUBLIC = "https://localhost/phone"


async def typed(*words: str, answers: Sequence[str] = ()) -> Result:
    """With these answers, and then Ctrl-D, which ends a question as Ctrl-C does (test_init sends that)."""
    given = "".join(f"{answer}\n" for answer in answers)
    return await asyncio.to_thread(CliRunner().invoke, app, words, input=given)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no variable of ours."""
    monkeypatch.chdir(tmp_path)
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def twilio(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwilioSandbox]:
    async with twilio_sandbox() as sandbox:
        sandbox.account.applications.clear()
        sandbox.account.keys.clear()
        monkeypatch.setenv("TWILIO_API_URL", sandbox.url)
        yield sandbox


@pytest.fixture
async def twenty() -> AsyncIterator[TwentySandbox]:
    async with twenty_sandbox(rate_limit=False) as sandbox:
        yield sandbox


def is_changed(twenty: TwentySandbox) -> bool:
    """Whether the workspace was asked to change anything."""
    return any(str(asked.operation).startswith(("Create", "Update", "Upsert")) for asked in twenty.requests)


async def test_who_is_interrupted_at_every_question_arrives_all_the_same(
    twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    """Each run is asked for no more than those before it have left, and changes nothing unasked."""
    url, key, sid, token = twenty.url, twenty.api_key, twilio.account_sid, twilio.auth_token
    for answers, question, account, workspace in (
        ([], "Twenty's URL:", False, False),
        ([url], "An API key of Twenty (Settings → API & Webhooks):", False, False),
        ([url, key], "Twilio's Account SID:", False, False),
        ([sid], "Twilio's Auth Token:", False, False),
        ([sid, token], "https://crm.example.com/phone):", False, False),
        ([PUBLIC], "Who takes calls? Numbers or e-mails, with commas between [all]:", False, False),
        (["2"], "Prepare the Twilio account now (setup twilio)? [Y/n]:", False, False),
        (["y"], "Go on? [y/N]:", False, False),
        (["y", "y"], "Prepare the workspace in Twenty now (setup twenty)? [Y/n]:", True, False),
        (["y", "y"], "Go on? [y/N]:", True, False),
        (["y", "y", "y"], "people, companies and phone calls (setup app)? [y/N]:", True, True),
        (["y", "y", "y"], "Make a link for each agent now? [Y/n]:", True, True),
    ):
        done = await typed("init", answers=answers)
        asked = done.output.partition("Aborted.")[0].rstrip()
        assert (done.exit_code, asked.endswith(question)) == (1, True), done.output
        assert (bool(twilio.account.applications), is_changed(twenty)) == (account, workspace)
    done = await typed("init", answers=["y", "y", "y"])
    assert done.exit_code == 0, done.output
    assert done.output.count("#sign-in=tbl_") == 1
    again = await typed("init", answers=["y", "y", "n"])
    assert again.exit_code == 0
    assert again.output.count("Nothing to do") == 2


@pytest.fixture
def answered(twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    """What `init` asks for is answered already."""
    given = {
        "TWENTY_API_URL": twenty.url,
        "TWENTY_API_TOKEN": twenty.api_key,
        "TWILIO_ACCOUNT_SID": twilio.account_sid,
        "TWILIO_AUTH_TOKEN": twilio.auth_token,
        "BRIDGE_PUBLIC_URL": PUBLIC,
    }
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in given.items()))
    Path("config.yaml").write_text("agents: {names: [desk]}\n")


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize("answers", [(), ("maybe", "n"), ("",)])
@pytest.mark.parametrize(("words", "first"), [(("setup", "twilio"), ()), (("init",), ("y",))])
async def test_what_is_not_agreed_to_is_not_done(
    twilio: TwilioSandbox,
    twenty: TwentySandbox,
    words: tuple[str, ...],
    first: tuple[str, ...],
    answers: tuple[str, ...],
) -> None:
    before = deepcopy((twilio.account.applications, twilio.account.keys))
    done = await typed(*words, answers=[*first, *answers])
    assert done.exit_code == 1, done.output
    assert "Go on? [y/N]:" in done.output
    assert (twilio.account.applications, twilio.account.keys) == before
    assert not is_changed(twenty)
    assert "TWILIO_API_SECRET='" not in Path(".env").read_text()


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("TWENTY_API_URL", "http://127.0.0.1:1/healthz cannot be reached: Connection refused."),
        ("TWILIO_API_URL", "If yours is not at http://127.0.0.1:1, set TWILIO_API_URL."),
    ],
)
async def test_without_a_network_it_says_what_cannot_be_reached_and_asks_again(
    variable: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    before = Path(".env").read_text()
    done = await typed("init")
    assert (done.exit_code, said in done.output) == (1, True), done.output
    assert all(line in Path(".env").read_text() for line in before.splitlines())
