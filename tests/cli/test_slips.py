"""What is typed wrong ends in a sentence, before anything is done."""

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest
import structlog

from bridge.cli import log_plainly
from bridge.cli.serve import fastest_loop
from bridge.demo.process import run_to_end
from bridge.errors import InboxUnavailable
from bridge.inbox.database import connect
from tests.cli.support import SETTINGS, typed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("calls", "relink", "--days", "4000000"), "should be less than or equal to 36500"),
        (("backfill", "--since", "99999d", "--dry-run"), "was before Twilio: 2008-01-01 is early enough"),
        (("backfill", "--since", "3000-01-01"), "--since 3000-01-01 00:00 is not over yet"),
        (("backfill", "--since", "2d", "--until", "3d"), "--since should be before --until"),
        (("sandbox", "--twenty-port", "99999"), "should be less than or equal to 65535"),
        (("sandbox", "--twilio-port", "-1"), "should be greater than or equal to 0"),
        (("sandbox", "twenty", "--port", "99999"), "should be less than or equal to 65535"),
        (("sandbox", "twilio", "--port", "99999"), "should be less than or equal to 65535"),
        (
            ("conformance", "--key", "k", "--url", "foo"),
            "foo is no URL that begins with http:// or https://.",
        ),
    ],
)
def test_what_cannot_be_is_refused(words: tuple[str, ...], said: str) -> None:
    status, told = typed(*words)
    # The frame around an error breaks its lines.
    plain = " ".join(told.replace("│", " ").split())
    assert (status != 0, said in plain) == (True, True), told


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--config", "elsewhere.yaml"),
        ("--config", "elsewhere.yaml", "serve"),
        ("--language", "en", "--config=elsewhere.yaml", "calls", "list"),
        ("--config", "elsewhere.yaml", "calls", "list", "--due"),
    ],
)
def test_the_file_of_settings_is_named_before_the_command_or_behind_it(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, printed = typed(*words)
    assert (status, "elsewhere.yaml: cannot be read (No such file or directory)" in printed) == (2, True)


def test_the_version_is_that_of_the_package() -> None:
    assert typed("--version") == (0, f"twenty-bridge {version('twenty-twilio-bridge')}\n")


def test_what_a_command_logs_of_an_error_has_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(token: str) -> None:
        raise ValueError(len(token))

    log_plainly()
    try:
        fails("secret-" + "token")
    except ValueError:
        structlog.get_logger().exception("it.failed")
    shown = capsys.readouterr().err
    assert "in fails" in shown
    assert "secret-token" not in shown
    assert "\x1b" not in shown, "coloured, and no terminal"


@pytest.mark.parametrize("words", [("setup", "twenty"), ("people", "normalise", "--dry-run")])
def test_a_twenty_that_is_away_is_named(words: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TWENTY_API_URL", "http://127.0.0.1:1")
    status, shown = typed(*words)
    assert status != 0
    assert "Twenty at http://127.0.0.1:1 cannot be reached: Connection refused" in shown


@pytest.mark.parametrize("module", ["uvloop", "asyncpg"])
def test_what_is_not_installed_is_named_or_done_without(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    if module == "uvloop":
        assert fastest_loop() is None
        return
    with pytest.raises(InboxUnavailable, match=r"PostgreSQL needs the package asyncpg: \S+ -m pip install"):
        connect("postgresql+asyncpg://bridge@127.0.0.1/bridge")
    monkeypatch.setattr("bridge.inbox.database.find_spec", lambda _: None)
    with pytest.raises(InboxUnavailable, match=r"asyncpg: uv pip install --python \S+ asyncpg$"):
        connect("postgresql+asyncpg://bridge@127.0.0.1/bridge")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody listens, who says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("words", [("sandbox", "twenty"), ("sandbox", "twilio")])
async def test_a_port_that_is_taken(taken: int, tmp_path: Path, words: tuple[str, ...]) -> None:
    status, told = await run_to_end(*words, "--port", str(taken), env=dict(os.environ), folder=tmp_path)
    assert status == 1
    assert "address already in use" in told.lower()
    assert "Other ports: --port 0 takes free ones." in told
    assert "Traceback" not in told


def test_a_server_that_is_away_is_told_once() -> None:
    status, told = typed("conformance", "--key", "k", "--url", "http://127.0.0.1:1")
    assert status == 1
    assert told.startswith("http://127.0.0.1:1 cannot be reached (")
    assert len(told.splitlines()) == 1
