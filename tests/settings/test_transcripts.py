"""Transcripts are off, and are refused where a recording is not announced."""

import pytest

from bridge.errors import SettingsInvalid
from bridge.settings.batch_languages import batch_language
from tests.settings.conftest import Load

ON = "transcripts: {engine: openai, url: 'http://127.0.0.1:9/v1'%s}\n"
ANNOUNCED = "lines: {default: {recording: {inbound: true, announcement: true}%s}}"
SILENT = "{recording: {inbound: true, announcement: false}}"
ONLY_VOICEMAIL = "lines: {default: {recording: {by_agents: false}}}"


def test_they_are_off_unless_an_engine_is_named(loading: Load) -> None:
    assert not loading("").transcripts.is_on


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(ON % "" + ANNOUNCED % "", id="announced"),
        pytest.param(ON % "" + ONLY_VOICEMAIL, id="voicemails alone"),
        pytest.param(ON % ", directions: []", id="recorded calls are left out"),
        pytest.param(
            ON % ", lines: ['+33159130002']"
            + "lines: {numbers: {'+33159130002': {recording: {outbound: true, announcement: true}}}}",
            id="only a line that announces",
        ),
        pytest.param(
            ON % ", directions: outbound"
            + "lines: {default: {recording: {inbound: true, by_agents: false}}}",
            id="another direction is recorded",
        ),
    ],
)
def test_engine_is_taken(loading: Load, config: str) -> None:
    assert loading(config).transcripts.is_on


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("transcripts: {engine: openai}", "needs url"),
        ("transcripts: {engine: twilio-classic}", "needs service"),
        ("transcripts: {engine: twilio-batch, language: ja}", "does not have the language ja"),
        ("transcripts: {engine: twilio-batch, speech_model: chirp_2}", "does not detect the language"),
        ("transcripts: {engine: twilio-classic, service: ../Services}", "transcripts.service"),
        (ON % "", "lines.default records calls without announcing it"),
        (
            ON % "" + (ANNOUNCED % "")[:-1] + f", numbers: {{'+33159130002': {SILENT}}}}}",
            "lines.numbers.+33159130002 records calls without",
        ),
        (ON % ", lines: ['+33159130009']", "lines.default records calls without"),
        (ON % ", voicemails: false" + ONLY_VOICEMAIL, "no line has a recording that is announced"),
        (ON % ", language: French" + ONLY_VOICEMAIL, "transcripts.language"),
        ("transcripts: {engine: whisper}", "transcripts.engine"),
        ("transcripts: {api_key: secret-of-transcripts}", "TRANSCRIPTS_API_KEY"),
    ],
)
def test_engine_is_refused(loading: Load, config: str, said: str) -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        loading(config)
    assert said in str(invalid.value)
    assert "secret-of" not in str(invalid.value)


@pytest.mark.parametrize(
    ("set_to", "takes_results"),
    [
        ("engine: twilio-batch, language: fr", True),
        ("engine: twilio-batch", True),
        ("engine: twilio-classic, service: bridge", True),
        ("engine: openai, url: 'http://127.0.0.1:9/v1'", False),
        ("webhook: true", True),
    ],
)
def test_twilios_engines_take_results(loading: Load, set_to: str, *, takes_results: bool) -> None:
    loaded = loading(f"transcripts: {{{set_to}}}\n" + ONLY_VOICEMAIL)
    assert loaded.transcripts.takes_results == takes_results


@pytest.mark.parametrize(
    ("language", "at_twilio"),
    [(None, "multi"), ("fr", "fr-FR"), ("es", "es-ES"), ("es-MX", "es-MX"), ("fr-CA", None), ("ja", None)],
)
def test_languages_have_twilios_names(language: str | None, at_twilio: str | None) -> None:
    assert batch_language(language) == at_twilio


def test_key_comes_from_the_environment(loading: Load) -> None:
    key = loading("", TRANSCRIPTS_API_KEY="invented key").transcripts.api_key
    assert key
    assert key.get_secret_value() == "invented key"
