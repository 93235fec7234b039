"""Wrong settings, each with what an operator reads of it: `wrong.txt` has the message below each.

`wrong.fr.txt` has the same settings, each with the message in French.
"""

from pathlib import Path

import pytest

from bridge.errors import SettingsInvalid
from bridge.language.spoken import in_language
from bridge.settings import load
from tests.settings.conftest import ENVIRONMENT

LINES, FRENCH = (
    Path(__file__).with_name(name).read_text().splitlines() for name in ("wrong.txt", "wrong.fr.txt")
)
CASES = list(zip(LINES[::2], LINES[1::2], FRENCH[1::2], strict=True))


def test_both_files_have_the_same_settings() -> None:
    assert LINES[::2] == FRENCH[::2]


@pytest.mark.parametrize(("setting", "english", "french"), CASES, ids=LINES[::2])
def test_what_is_said_of_it(
    setting: str, english: str, french: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    variable, in_environment, value = setting.partition("=")
    is_variable = bool(in_environment) and variable.isupper()
    Path("config.yaml").write_text("" if is_variable else setting)
    environ = {**ENVIRONMENT, **({variable: value} if is_variable else {})}
    with pytest.raises(SettingsInvalid) as invalid:
        load(environ=environ)
    assert invalid.value.problems == [english.strip()]
    assert in_language(invalid.value.problems[0], "fr") == french.strip()
