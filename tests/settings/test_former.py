"""Settings of former versions: accepted for one version, with a warning that says what to do."""

from pathlib import Path

import pytest

from bridge.errors import SettingsInvalid
from bridge.settings.former import REMOVED, RENAMED
from bridge.settings.load import load_as
from bridge.settings.models import Settings
from bridge.settings.parts import SetUpTwilio
from tests.settings.conftest import ENVIRONMENT, Load, written


@pytest.mark.parametrize("name", REMOVED)
@pytest.mark.parametrize("value", ["7", "nonsense"])
def test_a_setting_that_is_gone_changes_nothing_and_is_named(loading: Load, name: str, value: str) -> None:
    section, _, field = name.partition(".")
    settings = loading(f"{section}: {{{field}: {value}}}")
    assert settings.model_dump() == loading().model_dump()
    (warning,) = settings.warnings
    assert warning.startswith(f"{name} is no setting any more (")
    assert warning.endswith("): remove it")


def test_a_renamed_setting_counts_under_its_former_name(loading: Load) -> None:
    settings = loading("server: {leave_seconds: 7}")
    assert settings.server.shutdown_delay_seconds == 7
    assert settings.warnings == (
        "server.leave_seconds is now called server.shutdown_delay_seconds: rename it",
    )


def test_commands_that_need_some_sections_understand_former_names_too(tmp_path: Path) -> None:
    config = written(tmp_path / "config.yaml", "twilio: {timeout_seconds: 7}\nserver: {leave_seconds: 7}")
    part = load_as(SetUpTwilio, config, env_file=tmp_path / ".env", environ=ENVIRONMENT)
    assert part.server.shutdown_delay_seconds == 7
    assert len(part.warnings) == 2


def test_the_new_name_wins_over_the_former(loading: Load) -> None:
    settings = loading("server: {leave_seconds: 7, shutdown_delay_seconds: 3}")
    assert settings.server.shutdown_delay_seconds == 3
    assert settings.warnings == (
        "server.leave_seconds is ignored, since server.shutdown_delay_seconds is set: "
        "remove server.leave_seconds",
    )


def test_a_value_under_a_former_name_is_checked(loading: Load) -> None:
    with pytest.raises(SettingsInvalid, match="shutdown_delay_seconds: should be a whole number"):
        loading("server: {leave_seconds: soon}")


def test_settings_of_today_have_no_warning(loading: Load) -> None:
    assert loading("server: {shutdown_delay_seconds: 3}").warnings == ()
    assert loading(Path("config.yaml").read_text()).warnings == ()


def test_former_names_are_no_settings_and_new_names_are() -> None:
    def is_setting(name: str) -> bool:
        section, _, field = name.partition(".")
        model = Settings.model_fields[section].annotation
        return field in getattr(model, "model_fields", {})

    assert not [name for name in [*REMOVED, *RENAMED] if is_setting(name)]
    assert [name for name in RENAMED.values() if not is_setting(name)] == []
