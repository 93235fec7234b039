"""The section `summaries`."""

import pytest

from bridge.errors import SettingsInvalid
from tests.settings.conftest import Load

SUMMARIES = "summaries: {url: 'http://ollama:11434/v1', model: 'qwen3:8b'}\n"


def test_summaries_are_off_until_they_are_set(loading: Load) -> None:
    assert not loading("").summaries.is_on
    summaries = loading(SUMMARIES, SUMMARIES_API_KEY="invented key").summaries
    assert summaries.is_on
    assert not summaries.tasks
    assert summaries.api_key
    assert summaries.api_key.get_secret_value() == "invented key"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("summaries: {url: 'http://ollama:11434/v1'}", "url and model belong together"),
        ("summaries: {model: 'qwen3:8b'}", "url and model belong together"),
        ("summaries: {api_key: secret-of-summaries}", "SUMMARIES_API_KEY"),
        ("summaries: {task: true}", "summaries.task"),
    ],
)
def test_summaries_are_refused(loading: Load, config: str, said: str) -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        loading(config)
    assert said in str(invalid.value)
    assert "secret-of" not in str(invalid.value)
