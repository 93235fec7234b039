"""Pages are read as they are meant; what a page shows wrongly is seen."""

from pathlib import Path

import pytest

from tests.docs.pages import Command, before, blocks, ports
from tests.docs.reader import elsewhere, merge, play
from tests.docs.shown import missing
from tests.docs.terminal import Terminal, terminal

PAGE = """\
<!-- before: set up -->
Look at http://127.0.0.1:8080.

<!-- not run: needs a Twilio account -->

```console
$ twilio login
```

1. In a list:
   <!-- run: in a terminal of its own -->
   ```console
   $ serve \\
     --port 8080
   ready
   $ stop
   ```

<!-- into config.local.yaml -->
```yaml
agents: {names: [alice]}
```

<!-- run: ends with 1; typed: {API key} | y -->
```console
$ doctor
```
"""


def test_a_page_is_read() -> None:
    refused, listed, settings, asked = blocks(PAGE)
    assert (refused.not_run, refused.line) == ("needs a Twilio account", 6)
    assert listed.stays
    assert listed.commands == [Command("serve --port 8080", ("ready",)), Command("stop", ())]
    assert settings.into == "config.local.yaml"
    assert (asked.status, asked.answers, asked.not_run) == (1, ("{API key}", "y"), None)
    assert before(PAGE) == "set up"
    assert ports(PAGE) == {"8080"}


def test_a_page_moves_to_ports_that_are_free() -> None:
    text, moved = elsewhere("http://127.0.0.1:8080 `--port 8080` 18080 10.8080")
    assert moved["8080"] != "8080"
    assert text == f"http://127.0.0.1:{moved['8080']} `--port {moved['8080']}` 18080 10.8080"


@pytest.mark.parametrize(
    ("shown", "printed", "line"),
    [
        (["ok   all"], "\x1b[32mok\x1b[0m all\n", None),
        (["one", "two"], "one\nother\ntwo\n", None),
        (["two", "one"], "one\ntwo\n", "one"),
        (["call CA" + "0" * 32, "…", "took 3 ms"], "call CA" + "f" * 32 + "\nmore\ntook 12.5 ms", None),
        (["one … three"], "one two three\n", None),
        (["one …"], "none two\n", "one …"),
        (["ok"], "ok, but\n", "ok"),
        (["done: a", "done: b"], "\r\x1b[K1 of 2\r\x1b[Kdone: a\r\n\x1b[K2 of 2\x1b[Kdone: b\n", None),
        (["1 of 2"], "\r\x1b[K1 of 2\r\x1b[Kdone: a\r\n", "1 of 2"),
    ],
)
def test_what_is_shown_was_printed(shown: list[str], printed: str, line: str | None) -> None:
    assert missing(shown, printed) == line


@pytest.fixture
def reader(tmp_path: Path) -> Terminal:
    folder = tmp_path / "folder"
    folder.mkdir()
    return Terminal(folder, tmp_path / "state", {"PATH": "/usr/bin:/bin"})


def console(text: str, said: str = "") -> str:
    return f"{f'<!-- {said} -->' if said else ''}\n```console\n{text}```\n"


@pytest.mark.parametrize(
    "page",
    [
        console("$ false\n"),
        console("$ true\n", "run: ends with 1"),
        console("$ echo one\ntwo\n"),
        console("$ echo on\noff\n", "run: in a terminal of its own"),
        console("$ read -p 'Go on? '\n", "run: typed: y | y"),
        console("$ read -p 'Go on? ' a; read -p 'Really? ' b\n", "run: typed: y"),
        console("$ read -p 'Key: '\n", "run: typed: {API key}"),
        console("$ true\n", "not run:"),
        console("true\n"),
    ],
)
def test_what_is_not_so_is_seen(reader: Terminal, page: str) -> None:
    (block,) = blocks(page)
    with pytest.raises(AssertionError):
        play(reader, block)


def test_a_terminal_goes_on_as_it_was(tmp_path: Path) -> None:
    page = (
        console(
            '$ export NAME=Jane; mkdir in; cd in\n$ echo "API key  k-$NAME"; pwd\nAPI key  k-Jane\n…/in\n'
        )
        + console(
            "$ read -p 'Key: ' key; echo \"got $key\"\nKey: k-Jane\ngot k-Jane\n", "run: typed: {API key}"
        )
        + console(
            "$ sh -c 'echo ready in $PWD; exec sleep 60'\nready in …/in\n", "run: in a terminal of its own"
        )
    )
    (tmp_path / "folder").mkdir()
    with terminal(tmp_path / "folder", tmp_path / "state", {"PATH": "/usr/bin:/bin"}) as reader:
        for block in blocks(page):
            play(reader, block)


def test_settings_take_the_place_of_those_there(tmp_path: Path) -> None:
    there = tmp_path / "config.yaml"
    there.write_text("server: {}\n#  port: 1\nagents:\n  names: [bob]\nlog: {}\n")
    merge(there, "agents: {names: [alice]}\nlog:\n  level: debug\nphone: {}\n")
    after = "server: {}\n#  port: 1\nagents: {names: [alice]}\nlog:\n  level: debug\nphone: {}\n"
    assert there.read_text() == after
