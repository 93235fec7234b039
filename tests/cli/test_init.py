"""`init`, as it is typed: by somebody at a terminal, and by a script."""

import asyncio
import os
import pty
import re
import signal
import stat
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from typer.testing import CliRunner, Result

from bridge.cli import app
from bridge.errors import AnswerRefused
from bridge.inbox.sign_ins import sign_ins_that_hold
from bridge.inbox.store import open_inbox
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.settings import load
from bridge.setup.answers import public_url
from tests.support import BOUND
from tests.twenty.provisioning import key_that_may

PUBLIC = "https://localhost/phone"
EVERYBODY = ["admin@sandbox.example", "bela@sandbox.example", "chloe@sandbox.example"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def twilio(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwilioSandbox]:
    """An account with a number, and nothing else."""
    async with twilio_sandbox() as sandbox:
        sandbox.account.applications.clear()
        sandbox.account.keys.clear()
        monkeypatch.setenv("TWILIO_API_URL", sandbox.url)
        yield sandbox


@pytest.fixture
async def twenty() -> AsyncIterator[TwentySandbox]:
    """A fresh workspace."""
    async with twenty_sandbox(rate_limit=False) as sandbox:
        yield sandbox


async def typed(*words: str, answers: str = "") -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["init", *words], input=answers)


def lines(*answers: str) -> str:
    return "".join(f"{answer}\n" for answer in answers)


async def test_five_answers_make_a_bridge(twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    answers = lines(twenty.url, twenty.api_key, twilio.account_sid, twilio.auth_token, PUBLIC)
    done = await typed(answers=answers + lines("", "y", "y", "y", "y", "y", "y"))
    assert done.exit_code == 0, done.output
    links = re.findall(r"https://localhost/phone#sign-in=(tbl_[\w-]{43})", done.output)
    database = "sqlite+aiosqlite:///data/bridge.db"
    async with open_inbox(database, must_exist=True) as inbox, inbox.reading() as connection:
        held = await sign_ins_that_hold(connection, now=datetime.now(UTC))
    assert len(links) == len(held) == len(EVERYBODY)
    settings = load(environ={"TWILIO_API_URL": twilio.url})
    assert settings.twilio.phone_number == twilio.phone_number
    assert settings.twilio.app_sid in twilio.account.applications
    assert settings.twilio.api_key in twilio.account.keys
    assert settings.twenty.webhook_secret
    assert {name: value for name, value in written().items() if value} == {
        "agents": {"names": EVERYBODY},
        "activities": {"zone": "Europe/Paris"},
    }
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    assert "create the object phoneCall" in done.output
    for secret in (twenty.api_key, twilio.auth_token, settings.twilio.api_secret.get_secret_value()):
        assert secret not in done.output


async def test_a_wrong_answer_is_asked_again_at_once(twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    answers = lines(
        *("nonsense", "http://127.0.0.1:1", f"{twenty.url}/nothing", twenty.url),
        *("nobodys-key", twenty.api_key),
        # Asked again for both, Return keeps the SID.
        *("AC1", twilio.account_sid, "wrong", "", twilio.auth_token),
        *(
            "http://phone.example.com",
            "https://phone.example.com/twilio/voice",
            "https://under_score.example.com",
            "https://no..example",
            PUBLIC,
        ),
        *("7", "bela@sandbox.example, nobody@sandbox.example", "a.b, a-b", "2, chloe@SANDBOX.example"),
    )
    done = await typed("--no-setup", answers=answers)
    assert done.exit_code == 0, done.output
    for said in (
        "TWENTY_API_URL (twenty.api_url): should be a URL that begins with https://",
        "http://127.0.0.1:1/healthz cannot be reached: Connection refused.",
        "this is not Twenty",
        "does not take this API key",
        "TWILIO_ACCOUNT_SID (twilio.account_sid): ",
        "does not know this SID",
        "without the /twilio/voice that Twilio calls: https://phone.example.com",
        "is not https",
        "underscore",
        "no..example is not the name of a host",
        "7: no such member of the workspace",
        "nobody@sandbox.example: no such member of the workspace",
        "has a.b and a-b, which are one agent to Twilio",
    ):
        assert said in done.output
    assert dotenv_values(".env")["BRIDGE_PUBLIC_URL"] == PUBLIC
    assert written()["agents"]["names"] == EVERYBODY[1:]


def written() -> Any:
    return yaml.safe_load(Path("config.yaml").read_text())


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], EVERYBODY),
        (["--agent", "bela@sandbox.example"], ["bela@sandbox.example"]),
        (["--agent", "Bela@Sandbox.example", "--agent", "desk"], ["bela@sandbox.example", "desk"]),
    ],
)
async def test_a_script_names_who_takes_calls(
    twilio: TwilioSandbox, twenty: TwentySandbox, options: list[str], named: list[str]
) -> None:
    done = await typed(*flags(twilio, twenty), "--no-setup", *options)
    assert done.exit_code == 0, done.output
    assert written()["agents"]["names"] == named


async def test_an_option_that_names_nobody_ends_it(twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    done = await typed(*flags(twilio, twenty), "--agent", "nobody@sandbox.example")
    assert "--agent: nobody@sandbox.example: no such member" in str(done.exception)
    assert not Path(".env").exists()


@pytest.mark.parametrize(
    "config",
    [
        "agents: {names: [desk]}\nactivities: {zone: UTC}\n",
        "agents: {members: {a: a@x.example}}\nlines: {default: {hours: {zone: UTC, open: {mon: '9-17'}}}}\n",
    ],
)
async def test_who_is_named_already_is_asked_for_no_more(
    twilio: TwilioSandbox, twenty: TwentySandbox, config: str
) -> None:
    Path("config.yaml").write_text(config)
    words = [word for word in flags(twilio, twenty) if word != "--yes"]
    done = await typed("--no-setup", *words)
    assert done.exit_code == 0, done.output
    assert Path("config.yaml").read_text() == config


async def test_the_time_zone_of_notes_is_asked_where_nothing_says_it(
    twilio: TwilioSandbox, twenty: TwentySandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    twilio.account.add_number("+18005550123")
    words = [word for word in flags(twilio, twenty) if word != "--yes"]
    words += ["--no-setup", "--agent", "desk", "--number", "+18005550123"]
    done = await typed(*words, answers=lines("Nowhere", "Europe/Lisbon"))
    assert done.exit_code == 0, done.output
    assert "Nowhere: the IANA database has no such time zone." in done.output
    assert written()["activities"] == {"zone": "Europe/Lisbon"}


async def test_a_key_that_reads_no_members_leaves_agents_to_the_operator(
    twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    words = flags(twilio, twenty)
    words[words.index("--twenty-key") + 1] = await key_that_may(twenty, reads=False)
    done = await typed(*words, "--no-setup")
    assert done.exit_code == 0, done.output
    assert "Name who takes calls in config.yaml, as agents.names." in done.output
    assert written()["agents"] is None


async def test_links_are_offered_to_those_who_may_call(twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    """`members` says whose an identity is, and gives none."""
    Path("config.yaml").write_text("agents: {names: [desk], members: {a: a@x.example}}\n")
    words = [word for word in flags(twilio, twenty) if word != "--yes"]
    done = await typed(*words, answers=lines("y", "y", "y", "y", "y", "y"))
    assert done.exit_code == 0, done.output
    assert done.output.count("#sign-in=") == done.output.count("desk signs in with this link") == 1


@pytest.mark.parametrize("answer", ["y", "n"])
async def test_the_workspace_is_changed_by_nobody_who_did_not_see_how(
    twilio: TwilioSandbox, twenty: TwentySandbox, answer: str
) -> None:
    words = [word for word in flags(twilio, twenty) if word != "--yes"]
    done = await typed(*words, answers=lines("", "n", "y", answer))
    plan, asked, rest = done.output.partition("Go on?")
    assert asked
    assert "to do: create the object phoneCall" in plan
    assert "done: " not in plan
    assert ("done: create the object phoneCall" in rest) == (answer == "y")
    again = await typed("--yes")
    assert ("done: create the object phoneCall" in again.output) == (answer == "n")


async def test_an_env_file_that_cannot_be_read_is_left_alone(
    twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    Path(".env").write_text("BRIDGE_LINK_KEYS='0123456789abcdef\n")
    done = await typed(*flags(twilio, twenty))
    assert ".env: line 1 cannot be read (is a quote left open?)" in str(done.exception)
    assert Path(".env").read_text() == "BRIDGE_LINK_KEYS='0123456789abcdef\n"


async def test_on_the_sandboxes_the_bridge_needs_no_tls(twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    done = await typed(*flags(twilio, twenty), "--no-setup", "--public-url", "http://127.0.0.1:8080")
    assert done.exit_code == 0, done.output
    assert dotenv_values(".env")["TWILIO_API_URL"] == twilio.url


async def test_with_the_real_twilio_it_does() -> None:
    with pytest.raises(AnswerRefused, match="is not https"):
        await public_url("http://127.0.0.1:8080")


async def test_who_forgets_where_their_twilio_is_is_told(
    twenty: TwentySandbox, twilio: TwilioSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_API_URL", "http://127.0.0.1:1")
    away = await typed(*flags(twilio, twenty), "--no-setup")
    assert "If yours is not at http://127.0.0.1:1, set TWILIO_API_URL." in away.output
    assert isinstance(away.exception, AnswerRefused)


async def test_of_several_numbers_one_is_chosen(twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    twilio.account.add_number("+33159130077")
    answers = lines(twenty.url, twenty.api_key, twilio.account_sid, twilio.auth_token, "3", "2", PUBLIC, "")
    done = await typed("--no-setup", answers=answers)
    assert "One of 1 to 2, please." in done.output
    assert dotenv_values(".env")["TWILIO_PHONE_NUMBER"] == "+33159130077"


def flags(twilio: TwilioSandbox, twenty: TwentySandbox) -> list[str]:
    return [
        *("--yes", "--twenty-url", twenty.url, "--twenty-key", twenty.api_key, "--public-url", PUBLIC),
        *("--account-sid", twilio.account_sid, "--auth-token", twilio.auth_token),
    ]


async def test_a_script_is_asked_nothing(twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    first = await typed(*flags(twilio, twenty))
    assert first.exit_code == 0, first.output
    text = Path(".env").read_text()
    Path("config.yaml").write_text("server: {port: 8081}  # mine\n")
    again = await typed("--yes")
    assert again.exit_code == 0, again.output
    assert Path(".env").read_text() == text
    assert "# mine" in Path("config.yaml").read_text()
    assert "Nothing to do: the account" in again.output
    assert "Nothing to do: the workspace" in again.output


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--auth-token": "wrong"}, "does not know this SID"),
        ({"--twenty-key": ""}, "TWENTY_API_TOKEN is missing"),
        ({"--public-url": "http://phone.example.com"}, "is not https"),
    ],
)
async def test_a_script_is_told_what_is_wrong(
    twilio: TwilioSandbox, twenty: TwentySandbox, changes: dict[str, str], said: str
) -> None:
    words = flags(twilio, twenty)
    for flag, value in changes.items():
        words[words.index(flag) + 1] = value
    done = await typed(*words)
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
    assert not Path(".env").exists()


@pytest.mark.parametrize(("answer", "kept"), [("n", "https://localhost/old"), ("y", PUBLIC), ("", PUBLIC)])
async def test_nothing_is_overwritten_unasked(
    twilio: TwilioSandbox, twenty: TwentySandbox, answer: str, kept: str
) -> None:
    Path(".env").write_text("# mine\nBRIDGE_PUBLIC_URL=https://localhost/old\n")
    words = [word for word in flags(twilio, twenty) if word != "--yes"]
    done = await typed("--no-setup", *words, answers=lines("", answer))
    assert "has other values of BRIDGE_PUBLIC_URL" in done.output
    assert dotenv_values(".env")["BRIDGE_PUBLIC_URL"] == kept
    assert Path(".env").read_text().startswith("# mine")
    assert (done.exit_code == 0) == (answer != "n")
    # All else is written whatever the answer.
    assert dotenv_values(".env")["TWENTY_API_TOKEN"] == twenty.api_key
    assert written()["agents"]["names"] == EVERYBODY


QUESTIONS = (
    "Twenty's URL",
    "API key of Twenty",
    "Account SID",
    "Auth Token",
    "public URL",
    "Who takes calls?",
    "Prepare the Twilio account now",
    "Go on?",
)


@dataclass
class AtTerminal:
    """`twenty-bridge init` at a terminal of its own. `shown` is all that it printed."""

    controller: int
    process: asyncio.subprocess.Process
    shown: str = ""

    async def reaches(self, question: str) -> None:
        """Back when it asks that."""
        asked = len(self.shown)
        async with asyncio.timeout(BOUND):
            while question not in self.shown[asked:] or not self.shown.endswith(": "):
                self.shown += (await asyncio.to_thread(os.read, self.controller, 4096)).decode()

    def answers(self, answer: str) -> None:
        os.write(self.controller, f"{answer}\n".encode())
        self.shown += "\n"

    async def ends(self) -> int:
        rest = asyncio.create_task(asyncio.to_thread(_read_on, self.controller))
        async with asyncio.timeout(BOUND):
            status = await self.process.wait()
            self.shown += await rest
        return status


@asynccontextmanager
async def at_terminal(*options: str) -> AsyncIterator[AtTerminal]:
    controller, terminal = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "init", *options),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        yield AtTerminal(controller, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(controller)


def typed_to(twilio: TwilioSandbox, twenty: TwentySandbox) -> Mapping[str, str]:
    """A right answer for each question."""
    secrets = (twenty.url, twenty.api_key, twilio.account_sid, twilio.auth_token)
    return dict(zip(QUESTIONS, (*secrets, PUBLIC, "", "y", "y"), strict=True))


async def test_secrets_are_not_shown_at_a_terminal(twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    """A terminal echoes what is typed, unless it is told not to."""
    async with at_terminal("--no-setup") as terminal:
        for question, answer in list(typed_to(twilio, twenty).items())[:6]:
            await terminal.reaches(question)
            terminal.answers(answer)
        assert await terminal.ends() == 0
    assert PUBLIC in terminal.shown
    assert twenty.api_key not in terminal.shown
    assert twilio.auth_token not in terminal.shown


@pytest.mark.parametrize("stops_at", ["Twenty's URL", "Auth Token", "Who takes calls?", "Go on?"])
async def test_ctrl_c_ends_it_at_once_and_loses_no_answer_that_was_checked(
    twilio: TwilioSandbox, twenty: TwentySandbox, stops_at: str
) -> None:
    account = deepcopy((twilio.account.applications, twilio.account.keys))
    answers = typed_to(twilio, twenty)
    async with at_terminal() as terminal:
        for question in QUESTIONS[: QUESTIONS.index(stops_at)]:
            await terminal.reaches(question)
            terminal.answers(answers[question])
        await terminal.reaches(stops_at)
        terminal.process.send_signal(signal.SIGINT)
        # What is typed afterwards answers nothing.
        terminal.answers(answers[stops_at])
        assert await terminal.ends() == 1
    assert "Aborted." in terminal.shown
    assert (twilio.account.applications, twilio.account.keys) == account
    kept = {name: value for name, value in dotenv_values(".env").items() if value}
    checked = QUESTIONS.index(stops_at)
    assert (kept.get("TWENTY_API_TOKEN") == twenty.api_key) == (checked > 1)
    assert (kept.get("TWILIO_AUTH_TOKEN") == twilio.auth_token) == (checked > 3)
    assert (kept.get("BRIDGE_PUBLIC_URL") == PUBLIC) == (checked > 4)


async def test_a_second_run_begins_where_the_first_ended(
    twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    answers = lines(twenty.url, twenty.api_key, "AC1")
    assert (await typed("--no-setup", answers=answers)).exit_code != 0
    rest = lines(twilio.account_sid, twilio.auth_token, PUBLIC, "")
    again = await typed("--no-setup", answers=rest)
    assert again.exit_code == 0, again.output
    assert dotenv_values(".env")["TWENTY_API_TOKEN"] == twenty.api_key
    assert "has other values" not in again.output


async def test_a_host_that_is_in_no_dns_yet_is_no_reason_to_wait(
    twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    done = await typed(*flags(twilio, twenty), "--no-setup", "--public-url", "https://phone.invalid")
    assert done.exit_code == 0, done.output
    assert "No DNS server knows phone.invalid yet" in done.output
    assert dotenv_values(".env")["BRIDGE_PUBLIC_URL"] == "https://phone.invalid"


@pytest.mark.parametrize("more", [(), ("+33159130077",)])
async def test_a_number_that_is_none_of_the_account_s_is_an_error(
    twilio: TwilioSandbox, twenty: TwentySandbox, more: Sequence[str]
) -> None:
    for number in more:
        twilio.account.add_number(number)
    done = await typed(*flags(twilio, twenty), "--no-setup", "--number", "+33159130099")
    assert done.exit_code != 0
    assert "+33159130099 is none of the account's numbers" in done.output
    assert f"Give --number, one of {twilio.phone_number}" in str(done.exception)
    assert not Path(".env").exists()
    spelled = f"{twilio.phone_number[:3]} {twilio.phone_number[3:]}"
    done = await typed(*flags(twilio, twenty), "--no-setup", "--number", spelled)
    assert done.exit_code == 0, done.output
    assert dotenv_values(".env")["TWILIO_PHONE_NUMBER"] == twilio.phone_number


def _read_on(terminal: int) -> str:
    told = b""
    try:
        while piece := os.read(terminal, 4096):
            told += piece
    except OSError:
        # What a terminal says when nobody is at its other end.
        pass
    return told.decode()
