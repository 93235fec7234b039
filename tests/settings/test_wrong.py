"""Wrong settings, each with what an operator reads of it: `wrong.txt` has the message below each."""

from pathlib import Path

import pytest

from bridge.errors import SettingsInvalid
from bridge.settings import load
from tests.settings.conftest import ENVIRONMENT

LINES = Path(__file__).with_name("wrong.txt").read_text().splitlines()
CASES = list(zip(LINES[::2], LINES[1::2], strict=True))


@pytest.mark.parametrize(("setting", "message"), CASES, ids=LINES[::2])
def test_what_is_said_of_it(
    setting: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    variable, in_environment, value = setting.partition("=")
    is_variable = bool(in_environment) and variable.isupper()
    Path("config.yaml").write_text("" if is_variable else setting)
    environ = {**ENVIRONMENT, **({variable: value} if is_variable else {})}
    with pytest.raises(SettingsInvalid) as invalid:
        load(environ=environ)
    assert invalid.value.problems == [message.strip()]
