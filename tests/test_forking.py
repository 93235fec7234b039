"""A forked process of the bridge is what `python -m bridge` starts."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from tests.forking import Forking, import_bridge, start_server
from tests.support import BOUND

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux alone")

BRIDGE = (sys.executable, "-m", "bridge")
NO_SETTINGS = 2


@pytest.fixture(params=[True, False], ids=["forked", "executed"])
def popen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[subprocess.Popen[str]]:
    if request.param:
        import_bridge()
    else:
        monkeypatch.setattr("tests.forking._can_be_forked", lambda *_: False)
    return Forking


def test_words_folder_environment_and_streams(popen: type[subprocess.Popen[str]], tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("twenty: {}\n")
    env = {"BRIDGE_PUBLIC_URL": "ftp://bridge.example"}
    with popen(
        [*BRIDGE, "serve"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        out, error = process.communicate()
    assert (process.returncode, out) == (NO_SETTINGS, "")
    assert "TWILIO_APP_SID" in error
    assert "BRIDGE_PUBLIC_URL" in error
    assert "no config.yaml" not in error


def test_a_child_with_a_session_of_its_own_that_can_be_killed(popen: type[subprocess.Popen[str]]) -> None:
    words = [sys.executable, "-m", "bridge.sandbox.twenty", "--json"]
    with popen(words, stdout=subprocess.PIPE, start_new_session=True, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith('{"url"')
        assert os.getsid(process.pid) == process.pid
        stat = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        assert int(stat[1]) == os.getpid()
        process.kill()
        assert process.wait() == -signal.SIGKILL


def test_it_has_imported_the_bridge_before_it_starts() -> None:
    """Fails where nothing is forked any more, which costs minutes."""
    import_bridge()
    with Forking([*BRIDGE, "--version"], stdout=subprocess.PIPE) as process:
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.communicate()
    assert b"tests.forking" in command


def test_none_waits_for_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bridge in a test's process examines itself by a process: callbacks were lost while it stood still."""
    other = start_server()
    monkeypatch.setattr("tests.forking._server", lambda: other)
    other.process.send_signal(signal.SIGSTOP)
    goes_on = Timer(BOUND / 2, other.process.send_signal, [signal.SIGCONT])
    goes_on.start()
    with Forking([*BRIDGE, "--version"], stdout=subprocess.PIPE) as process:
        assert goes_on.is_alive()
        goes_on.cancel()
        out, _ = process.communicate()
    assert (process.returncode, bool(out)) == (0, True)
    other.process.kill()
    other.close()
