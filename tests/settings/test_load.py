"""Settings: where they come from, who wins, and one message with all that is wrong."""

import re
import subprocess
import sys
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bridge.calls.agents import Identity
from bridge.errors import SettingsInvalid
from bridge.settings import Settings, load
from bridge.settings.served import agents_of
from bridge.settings.server import ROUTES
from bridge.settings.variables import ENVIRONMENT as VARIABLES
from bridge.settings.variables import SECRETS as SECRET_VARIABLES
from tests.settings.conftest import ENVIRONMENT, SECRETS, Load, only, written

SPECIFICATION = Path(__file__).parents[2] / "bridge/web/openapi.yaml"

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
"""What stands in config.yaml of two keys."""


def problems(loading: Load, *files: str | bytes, **changes: str | None) -> list[str]:
    with pytest.raises(SettingsInvalid) as invalid:
        loading(*files, **changes)
    return invalid.value.problems


def value(loaded: Settings, name: str) -> Any:
    section, field = name.split(".")
    return getattr(getattr(loaded, section), field)


def test_the_environment_alone_is_enough(loading: Load) -> None:
    loaded = loading()
    assert loaded.twilio.phone_number == "+33159130001"
    assert [token.get_secret_value() for token in loaded.twilio.auth_token] == [
        "secret-auth-token",
        "secret-second-token",
    ]
    assert [key.get_secret_value() for key in loaded.auth.widget_keys] == [
        "secret-widget-key-1",
        "secret-widget-key-2",
    ]


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("server.host", "127.0.0.1"),
        ("server.port", 8080),
        ("server.prefix", ""),
        ("auth.anonymous", False),
        ("auth.anonymous_incoming", False),
        ("cors.origins", ()),
        ("agents.names", ()),
        ("agents.default", None),
        ("tokens.ttl", timedelta(hours=1)),
        ("tokens.region", None),
        ("twenty.requests_per_minute", 100),
        ("voice.language", "en-US"),
        ("voice.region", None),
        ("voice.ring_seconds", 30),
        ("dialling.emergency", False),
        ("dialling.agent_calls_at_once", 10),
        ("log.level", "info"),
    ],
)
def test_defaults(loading: Load, name: str, default: object) -> None:
    assert value(loading(), name) == default


def test_no_file_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(environ=ENVIRONMENT).server.public_url == "https://phone.example.com"
    written(tmp_path / "config.yaml", "server: {port: 9000}")
    assert load(environ=ENVIRONMENT).server.port == 9000


@pytest.mark.parametrize(
    ("config", "env_file", "changes", "port"),
    [
        ("", "", {}, 8080),
        ("server: {port: 1}", "", {}, 1),
        ("server: {port: 1}", "BRIDGE_PORT=2", {}, 2),
        ("server: {port: 1}", "BRIDGE_PORT=2", {"BRIDGE_PORT": "3"}, 3),
        ("server: {port: 1}", "BRIDGE_PORT=", {}, 1),
        ("server: {port: 1}", "BRIDGE_PORT", {"BRIDGE_PORT": ""}, 1),
        ("server:", "BRIDGE_PORT='4' # four", {}, 4),
    ],
)
def test_the_environment_wins_over_env_file_over_config(
    loading: Load, config: str, env_file: str, changes: dict[str, str], port: int
) -> None:
    assert loading(config, env_file, **changes).server.port == port


@pytest.mark.parametrize(
    ("env_file", "problem"),
    [
        ("BRIDGE_HOST='127.0.0.1\nBRIDGE_PORT=8081\n", "line 1 cannot be read (is a quote left open?)"),
        ('# mine\n\nBRIDGE_HOST="secret-127\n', "line 3 cannot be read (is a quote left open?)"),
        ("BRIDGE_PORT=8081\nlisten on secret-8081\n", "line 2 cannot be read; for example: NAME=value"),
        (b"\x00\x01BRIDGE_PORT", "cannot be read (it should be UTF-8 text)"),
        (b"\xff\xfe", "cannot be read (it should be UTF-8 text)"),
    ],
)
def test_an_env_file_that_cannot_be_read_is_all_that_is_told(
    loading: Load, env_file: str | bytes, problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """And not what is missing for it: that may stand in it."""
    with pytest.raises(SettingsInvalid) as invalid:
        loading("", env_file, **only())
    (told,) = invalid.value.problems
    assert told.endswith(f".env: {problem}")
    assert capfd.readouterr().err == ""


def test_everything_in_the_env_file(loading: Load) -> None:
    lines = "\n".join(f"{name}={value}" for name, value in ENVIRONMENT.items())
    assert loading("", lines, **only()).twilio.account_sid == ENVIRONMENT["TWILIO_ACCOUNT_SID"]


@pytest.mark.parametrize(
    ("config", "name", "expected"),
    [
        ("agents: {names: 'alice, bob,,'}", "agents.names", ("alice", "bob")),
        ("agents: {names: [alice, 'b,c']}", "agents.names", ("alice", "b,c")),
        ("agents: {names: ''}", "agents.names", ()),
        ("cors: {origins: ['HTTPS://CRM.example.com/']}", "cors.origins", ("https://crm.example.com",)),
        ("cors: {origins: ['https://crm.example.com:443']}", "cors.origins", ("https://crm.example.com",)),
        ("cors: {origins: ['http://localhost:3000']}", "cors.origins", ("http://localhost:3000",)),
        ("cors: {origins: ['http://[::1]:80']}", "cors.origins", ("http://[::1]",)),
        ("tokens: {ttl_seconds: 100000}", "tokens.ttl", timedelta(seconds=100000)),
        ("voice: {longest_call_seconds: null}", "voice.longest_call_seconds", None),
        ("agents: {pattern: null}", "agents.pattern", None),
    ],
)
def test_forms_of_values(loading: Load, config: str, name: str, expected: object) -> None:
    assert value(loading(config), name) == expected


@pytest.mark.parametrize(
    ("variable", "text", "name", "expected"),
    [
        ("BRIDGE_PUBLIC_URL", "https://a.example/phone/", "server.prefix", "/phone"),
        ("BRIDGE_PUBLIC_URL", "https://a.example", "server.prefix", ""),
        ("BRIDGE_PUBLIC_URL", "https://a.example/twilio", "server.prefix", "/twilio"),
        ("TWENTY_API_URL", "https://crm.example.com/graphql", "twenty.api_url", "https://crm.example.com"),
        ("TWENTY_API_URL", "http://twenty:3000/", "twenty.api_url", "http://twenty:3000"),
        ("TWILIO_PHONE_NUMBER", "+33 1 59 13 00 01", "twilio.phone_number", "+33159130001"),
        ("BRIDGE_PORT", "0", "server.port", 0),
        ("TWILIO_SHARED_KEYS", " a = c2VjcmV0== , ", "twilio.shared_keys", {"a": SecretStr("c2VjcmV0==")}),
        (
            "TWILIO_SHARED_KEYS",
            "a=1=2,\nb=the second ==",
            "twilio.shared_keys",
            {"a": SecretStr("1=2"), "b": SecretStr("the second ==")},
        ),
    ],
)
def test_forms_of_variables(loading: Load, variable: str, text: str, name: str, expected: object) -> None:
    assert value(loading(**{variable: text}), name) == expected


def test_own_texts(loading: Load) -> None:
    config = "voice: {language: fr-FR, texts: {fr-FR: {invalid: Non., minutes: '{minutes} mn'}}}"
    spoken = loading(config).voice.spoken
    assert (spoken.invalid, spoken.minutes, spoken.busy) == ("Non.", "{minutes} mn", "Occupé")


def test_all_that_is_missing_is_told_at_once(loading: Load) -> None:
    told = problems(loading, **only())
    required = set(ENVIRONMENT) - {"BRIDGE_WIDGET_KEYS", "BRIDGE_LINK_KEYS", "TWENTY_WEBHOOK_SECRET"}
    assert {line.split()[0] for line in told} == required
    assert all(": is missing; for example: " in line for line in told)


def test_all_that_is_wrong_is_told_at_once(loading: Load) -> None:
    config = "server: {prot: 1, port: 99999}\nvoice: {language: french}\nlogs: {level: info}"
    told = problems(loading, config, TWILIO_APP_SID="AP1", TWILIO_PHONE_NUMBER=None)
    assert [line.split(":")[0] for line in told] == [
        "TWILIO_APP_SID (twilio.app_sid)",
        "TWILIO_PHONE_NUMBER (twilio.phone_number)",
        "server.port",
        "server.prot",
        "voice.language",
        "logs",
    ]


@pytest.mark.parametrize(
    ("config", "changes", "problem"),
    [
        ("sever: {port: 1}", {}, "sever: is unknown; did you mean server?"),
        ("server: {prot: 1}", {}, "server.prot: is unknown; did you mean port?"),
        ("1: {port: 1}", {}, "should be sections with settings"),
        ("[server]", {}, "should be sections with settings"),
        ("server: 5", {}, "server: should be settings by their names; for example: {public_url: https://"),
        (
            "agents: [alice]",
            {},
            "agents: should be settings by their names; for example: {names: [alice, bob]}",
        ),
        (
            "auth: {keys: [reception]}",
            {},
            "auth.keys: each should be settings by their names; for example: {name: reception}",
        ),
        ("server: {1: 2}", {}, "server: keys should be strings"),
        ("server: [port", {}, "config.yaml: is not valid YAML (line 1, column 14)"),
        ("!!int x", {}, "config.yaml: is not valid YAML"),
        (
            "server: {public_url: 'https://a_b.example'}",
            {"BRIDGE_PUBLIC_URL": None},
            "host without underscore",
        ),
        ("", {"BRIDGE_PUBLIC_URL": "phone.example.com"}, "begins with https://"),
        ("", {"BRIDGE_PUBLIC_URL": "https://a.example/?x=1"}, "without query, fragment or credentials"),
        ("", {"BRIDGE_PUBLIC_URL": "https://u:p@a.example"}, "without query, fragment or credentials"),
        ("", {"BRIDGE_PUBLIC_URL": "https://a.example/{x}"}, "plain letters"),
        ("", {"BRIDGE_PUBLIC_URL": "https://a.example/té"}, "plain letters"),
        ("", {"TWENTY_API_URL": "https://["}, "TWENTY_API_URL (twenty.api_url): invalid IPv6 URL"),
        ("", {"TWILIO_PHONE_NUMBER": "0159130001"}, "should be a number in E.164"),
        ("", {"TWILIO_AUTH_TOKEN": " , "}, "TWILIO_AUTH_TOKEN (twilio.auth_token)"),
        *(
            (
                "",
                {"TWILIO_SHARED_KEYS": pairs, "TWILIO_AUTH_TOKEN": token},
                "TWILIO_SHARED_KEYS (twilio.shared_keys): should be pairs id=secret",
            )
            for token in (None, "the account's")
            for pairs in (
                "secret-of-no-id",
                "=secret",
                "webhooks_sharedkey_1=",
                "webhooks_sharedkey_1= ,webhooks_sharedkey_2=secret-2",
                "webhooks_sharedkey_1=secret-1,webhooks_sharedkey_1=secret-2",
                "webhooks_sharedkey_1=secret-1 webhooks_sharedkey_2=secret-2",
                "webhooks_sharedkey_1=secret-1\nwebhooks_sharedkey_2=secret-2",
                "webhooks_sharedkey_1=secret-1;webhooks_sharedkey_2=secret-2",
                "webhooks_sharedkey_1=secret-1,secret-1-goes-on",
                "secret-1=webhooks_sharedkey_1",
                "the key=secret-1",
            )
        ),
        ("", {"BRIDGE_WIDGET_KEYS": "short"}, "BRIDGE_WIDGET_KEYS (auth.widget_keys): "),
        ("", {"BRIDGE_PORT": "http"}, "BRIDGE_PORT (server.port): should be a whole number"),
        ("", {"BRIDGE_DATABASE_URL": "mysql://x"}, "for example: sqlite+aiosqlite:///data/bridge.db"),
        ("cors: {origins: ['https://a.example/path']}", {}, "cors.origins: should be an origin"),
        ("cors: {origins: ['*']}", {}, "cors.origins: should be an origin"),
        ("cors: {origins: ['https://u:p@a.example']}", {}, "cors.origins: should be an origin"),
        ("agents: {pattern: '('}", {}, "agents.pattern: should be a regular expression"),
        ("voice: {region: XX}", {}, "voice.region: should be a country"),
        ("voice: {texts: {fr-FR: {hello: x}}}", {}, "fr-FR has hello; the texts are invalid, "),
        ("voice: {texts: {fr-FR: {minutes: '{min}'}}}", {}, "fr-FR.minutes should have no other braces"),
        ("voice: {texts: {fr-FR: {seconds: '{seconds'}}}", {}, "fr-FR.seconds should have no other braces"),
        (
            "voice: {texts: {fr-FR: {also: '{name}'}}}",
            {},
            "fr-FR.also should have no other braces than {names}",
        ),
        ("voice: {texts: {fr-FR: {call_back: '{0}'}}}", {}, "fr-FR.call_back should have no other braces"),
        ("tokens: {ttl_seconds: 59}", {}, "tokens.ttl_seconds: should be at least 60"),
        ("tokens: {per_agent: 0}", {}, "tokens.per_agent: should be at least 1"),
        ("agents: {names: [wm_1]}", {}, "agents.names: has wm_1; what begins with wm_ is kept for users"),
        ("agents: {names: [wm-1]}", {}, "agents.names: has wm-1; what begins with wm_ is kept for users"),
        ("agents: {names: [a.b, a-b]}", {}, "agents.names: has a.b and a-b, which are one agent to Twilio"),
        ("agents: {names: ['" + "a" * 122 + "']}", {}, "should have names of 1 to 121 characters"),
        (
            f"agents: {{names: [a.b]}}\nauth: {{keys: [{{name: a, hash: '{A}', identities: [a-b]}}]}}",
            {},
            "agents: has a.b and a-b, which are one agent to Twilio",
        ),
        (
            "agents: {members: {a.b: a@example.com, a_b: b@example.com}}",
            {},
            "agents.members: has a.b and a_b, which are one agent to Twilio",
        ),
        (
            "agents: {names: [a.b], members: {a-b: a@example.com}}",
            {},
            "agents: has a.b and a-b, which are one agent to Twilio",
        ),
        (
            "dialling: {own_caller_ids: {a.b: ['+33159130003'], a b: ['+33159130004']}}",
            {},
            "dialling.own_caller_ids: has a.b and a b, which are one agent to Twilio",
        ),
        (
            "agents: {names: [a.b]}\ndialling: {own_caller_ids: {a-b: ['+33159130003']}}",
            {},
            "dialling: has a.b and a-b, which are one agent to Twilio",
        ),
        ("agents: {default: carol}", {}, "agents.default: is carol, which is none of names"),
        ("agents: {default: wm_1, pattern: '.*'}", {}, "agents.default: has wm_1; what begins with wm_"),
        ("agents: {members: {alice: alice}}", {}, "should be an e-mail address"),
        ("activities: {assignee: Jane Doe}", {}, "activities.assignee: should be an e-mail address"),
        ("auth: {members: [jane]}", {}, "auth.members: should be an e-mail address"),
        ("twenty: {workspace_id: mine}", {}, "twenty.workspace_id: should be a UUID"),
        (
            "server: {trusted_proxies: [proxy]}",
            {},
            "server.trusted_proxies: should be addresses, or networks",
        ),
        ("server: {trusted_proxies: [0.0.0.0/0]}", {}, "should not be all addresses"),
        ("auth: {keys: [{name: a}]}", {}, "auth.keys.1.hash: is missing"),
        ("auth: {keys: [{name: a, hash: tbk_secret}]}", {}, "auth.keys.1.hash: has the wrong form"),
        (
            f"auth: {{keys: [{{name: a, hash: '{A}', identities: [wm_1]}}]}}",
            {},
            "auth.keys.1.identities: has wm_1",
        ),
        (
            f"auth: {{keys: [{{name: a, hash: '{A}'}}, {{name: a, hash: '{B}'}}]}}",
            {},
            "auth.keys: has the name a twice",
        ),
        (
            f"auth: {{keys: [{{name: a, hash: '{A}'}}, {{name: b, hash: '{A}'}}]}}",
            {},
            "auth.keys: has the hash",
        ),
        (
            f"auth: {{keys: [{{name: a, hash: '{A}', identities: [a.b]}}, "
            f"{{name: b, hash: '{B}', identities: [a-b]}}]}}",
            {},
            "auth.keys: has a.b and a-b, which are one agent to Twilio",
        ),
    ],
)
def test_each_problem_is_explained(
    loading: Load, config: str, changes: dict[str, str | None], problem: str
) -> None:
    told = problems(loading, config, **changes)
    assert len(told) == 1
    assert problem in told[0]


def test_an_agent_may_be_named_as_it_is_called_or_as_twilio_has_it(loading: Load) -> None:
    settings = loading(
        "agents: {names: [a.b, J@Example.com], default: j@example.com, members: {a_b: a@example.com}}\n"
        "dialling: {own_caller_ids: {a_b: ['+33159130003'], j_example_com: ['+33159130003']}}"
    )
    assert agents_of(settings).email_of(Identity("a_b")) == "a@example.com"
    assert agents_of(settings).allowed.identity(None) == "j_example_com"


def test_settings_that_do_not_go_together_are_told_beside_those_that_are_wrong(loading: Load) -> None:
    agents = "agents: {names: [a.b, a-b], default: carol, members: {a: b}}"
    voice = "voice: {language: de-DE, ring_seconds: 1}"
    told = problems(loading, f"{agents}\n{voice}", TWILIO_APP_SID="AP1")
    assert [line.split(":")[0] for line in told] == [
        "TWILIO_APP_SID (twilio.app_sid)",
        "agents.names",
        "agents.members.a",
        "voice.language",
        "voice.ring_seconds",
    ]


@pytest.mark.parametrize("section", ["twilio", "twenty", "server", "inbox", "auth"])
@pytest.mark.parametrize("garbage", ["5", "[1]", "text"])
def test_a_section_that_is_none_does_not_hide_the_rest(loading: Load, section: str, garbage: str) -> None:
    told = problems(
        loading, f"{section}: {garbage}\nlog: {{level: loud}}", BRIDGE_DATABASE_URL="sqlite+aiosqlite:///x"
    )
    assert [line.split(":")[0] for line in told] == [section, "log.level"]


@pytest.mark.parametrize("variable", sorted(SECRET_VARIABLES))
def test_secrets_do_not_belong_in_the_file(loading: Load, variable: str) -> None:
    section, field = VARIABLES[variable]
    told = problems(loading, f"{section}: {{{field}: secret-of-the-file}}")
    (line,) = told
    belongs = f"{section}.{field}: is a secret and belongs in the environment, as {variable} ["
    assert line.startswith(belongs)
    assert line.endswith("config.yaml, line 1]")


def test_files_that_cannot_be_read(loading: Load, tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"nowhere\.yaml: cannot be read \(No such file"):
        load(tmp_path / "nowhere.yaml", environ=ENVIRONMENT)
    assert "is not valid YAML" in problems(loading, b"\xff\xfe\xff")[0]
    assert "should be UTF-8" in problems(loading, "", b"TWILIO_API_KEY=\xff")[0]


@pytest.mark.parametrize("file", [0, 1])
@pytest.mark.parametrize(
    "text", ["auth_token: 'secret-x\n", "a: *secret-x", "a: !secret-x 1", "a: [secret-x\nb: 1"]
)
def test_a_broken_file_is_not_quoted(loading: Load, file: int, text: str) -> None:
    files = ("", text) if file else (text, "")
    assert "secret" not in " ".join(problems(loading, *files, TWILIO_APP_SID="AP1"))


def test_settings_do_not_tell_secrets(loading: Load) -> None:
    loaded = loading(BRIDGE_DATABASE_URL="postgresql+asyncpg://bridge:secret-password@db/bridge")
    assert "secret-" not in f"{loaded!r} {loaded}"


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5)
)
NAMES = st.sampled_from(sorted({*Settings.model_fields, *chain.from_iterable(VARIABLES.values())}))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | SCALARS, inner, max_size=5),
    max_leaves=12,
)


def dump(tree: object) -> str:
    return str(yaml.safe_dump(tree))


CONFIGS = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60),
    st.text(st.sampled_from("!&*[]{}:-,'\"|>#% \nab1.<="), max_size=40),
    st.dictionaries(NAMES | SCALARS, TREES, max_size=4).map(dump),
    st.sampled_from(["&a {twilio: *a}", "&a [*a]", "!!bool x", "2001-99-99"]),
)
VALUES = st.text(st.characters(codec="utf-8"), max_size=30).map(lambda text: text.replace("\0", ""))


@given(
    config=CONFIGS,
    env_file=st.binary(max_size=60) | VALUES,
    environ=st.dictionaries(st.sampled_from(sorted(set(VARIABLES) - set(SECRETS))), VALUES),
)
@example(config="[" * 5000, env_file="", environ={})
@example(config="1" * 5000, env_file="", environ={})
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_given_nothing_but_settings_invalid_is_raised(
    loading: Load, config: str | bytes, env_file: str | bytes, environ: dict[str, str]
) -> None:
    try:
        told = repr(loading(config, env_file, **environ))
    except SettingsInvalid as invalid:
        told = str(invalid)
    assert "secret-" not in told


@given(
    secret=VALUES.map("5ec2e7{}".format),
    name=st.sampled_from(sorted({*SECRET_VARIABLES, "BRIDGE_DATABASE_URL"})),
    where=st.sampled_from(["file", "env_file", "environment"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_message_tells_a_secret_whatever_it_is_and_wherever_it_stands(
    loading: Load, secret: str, name: str, where: str
) -> None:
    section, field = VARIABLES[name]
    config = yaml.safe_dump({section: {field: secret}}) if where == "file" else ""
    line = f"{name}={secret}" if where == "env_file" else ""
    own = {name: {"environment": secret, "env_file": None}.get(where, ENVIRONMENT.get(name))}
    try:
        told = repr(loading(config, line, **own, TWILIO_APP_SID="AP1"))
    except SettingsInvalid as invalid:
        told = str(invalid)
    assert "5ec2e7" not in told


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("matching: {}\nserver: {}\nmatching: {nobody: create}\n", "has matching twice (line 3)"),
        ("server:\n  port: 1\n  port: 2\n", "has port twice (line 3)"),
        ("voice: {language: de-DE}", "others need texts of yours"),
        ("inbox: {partition_seconds: 15}", "has to be more than twenty.timeout_seconds (15"),
        ("inbox: {partition_seconds: 5}\ntwenty: {timeout_seconds: 60}", "inbox: partition_seconds is 5"),
    ],
)
def test_what_would_be_dropped_silently_is_told(loading: Load, config: str, said: str) -> None:
    assert any(said in problem for problem in problems(loading, config))


def test_the_shipped_config_sets_nothing_and_its_comments_are_settings(loading: Load) -> None:
    """Each commented line, taken as it is, is a setting that there is."""
    shipped = Path("config.yaml").read_text()
    assert loading(shipped) == loading()
    section = ""
    for line in shipped.splitlines():
        if line[:1].isalpha():
            section = line.split(":")[0]
        elif line.startswith("#  ") and not line.startswith("#   "):
            setting = line[3:].partition("  #")[0]
            name = setting.partition(":")[0]
            assert name in type(getattr(loading(), section)).model_fields, line


def test_the_examples_of_the_shipped_config_hold(loading: Load) -> None:
    """All of them at once, without their `#`."""
    shown = re.sub(r"(?m)^#  ", "  ", Path("config.yaml").read_text())
    shipped = loading(shown.replace("sha256:…", f"sha256:{'0' * 64}"))
    assert [step.seconds for step in shipped.lines.default.ring] == [25, 25, 25]
    assert [key.name for key in shipped.auth.keys] == ["reception"]


SHIPPED = Path("config.yaml").read_text()
SECTIONS = re.findall(r"(?m)^(\w+):$", SHIPPED)


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_of_the_shipped_config_may_be_uncommented_alone(loading: Load, section: str) -> None:
    """Line by line: each of them is YAML, and all that is set is in that section."""
    head, _, rest = SHIPPED.partition(f"\n{section}:\n")
    block, gap, after = rest.partition("\n\n")
    shown = re.sub(r"(?m)^#  ", "  ", block).replace("sha256:…", f"sha256:{'0' * 64}")
    loaded = loading(f"{head}\n{section}:\n{shown}{gap}{after}")
    assert {name for name in SECTIONS if getattr(loaded, name) != getattr(loading(), name)} <= {section}


def test_no_section_has_a_validator_before_settings_are_read() -> None:
    """A default that is an instance, or a section without `defer_build`, has pydantic build one at import."""
    code = (
        "from bridge.settings import models, parts, types\n"
        "def below(model): return [model, *(one for each in model.__subclasses__() for one in below(each))]\n"
        "known = [one for base in (types.Section, parts.Part) for one in below(base)]\n"
        "print(len(known) > 30, [one.__name__ for one in known if one.__pydantic_complete__])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "True []\n"


def test_every_section_is_shipped_open() -> None:
    assert set(SECTIONS) == set(Settings.model_fields)


@pytest.mark.parametrize(
    "config",
    [
        "auth:",
        "agents:\n  names:\n",
        "auth:\n  keys:\n",
        "lines:\n  default:\n",
        "lines:\n  numbers:\n    '+33159130001':\n",
        "lines:\n  default:\n    owner:\n    ring:\n    hours:\n    voicemail:\n",
        "server:\n  port:\n  trusted_proxies:\n",
        "\n".join(f"{section}:" for section in SECTIONS),
    ],
)
def test_what_is_left_empty_is_as_by_default(loading: Load, config: str) -> None:
    loaded, default = loading(config), loading()
    assert loaded.model_copy(update={"lines": default.lines}) == default
    assert dict(loaded.lines.each()).get("+33159130001", default.lines.default) == default.lines.default


def test_what_may_be_nothing_is_nothing_where_it_is_left_empty(loading: Load) -> None:
    assert loading("agents:\n  pattern:\n").agents.pattern is None


def test_a_short_key_is_told_by_its_length(loading: Load) -> None:
    (told,) = problems(loading, BRIDGE_WIDGET_KEYS="short")
    assert "16 characters or more" in told


@pytest.mark.parametrize(
    ("url", "region", "holds"),
    [
        ("https://api.twilio.com", None, True),
        ("https://api.twilio.com", "us1", True),
        ("https://api.twilio.com", "ie1", False),
        ("https://api.dublin.ie1.twilio.com", "ie1", True),
        ("https://api.ie1.twilio.com", "ie1", True),
        ("https://api.dublin.ie1.twilio.com", None, False),
        ("https://api.sydney.au1.twilio.com", "ie1", False),
        ("http://127.0.0.1:4010", "ie1", True),
        ("https://api.example.com", "ie1", True),
    ],
)
def test_twilios_region_is_one(loading: Load, url: str, region: str | None, holds: bool) -> None:
    text = f"tokens: {{region: {region}}}" if region else ""
    if holds:
        loading(text, TWILIO_API_URL=url)
        return
    (problem,) = problems(loading, text, TWILIO_API_URL=url)
    assert problem.startswith("tokens")


@pytest.mark.parametrize("around", ["\n", "\r\n", " ", "\t"])
def test_blanks_and_line_breaks_around_any_variable_are_left_out(loading: Load, around: str) -> None:
    padded = {name: f"{around}{text}{around}" for name, text in ENVIRONMENT.items()}
    assert loading(**padded) == loading()


def test_a_slow_twenty_needs_a_longer_partition_only_where_there_are_replicas(loading: Load) -> None:
    slow = "twenty: {timeout_seconds: 60}"
    assert loading(slow).inbox.partition_seconds == 20
    shared = {"BRIDGE_DATABASE_URL": "postgresql+asyncpg://bridge@localhost/bridge"}
    assert any("twenty.timeout_seconds (60" in problem for problem in problems(loading, slow, **shared))
    assert loading(f"{slow}\ninbox: {{partition_seconds: 61}}", **shared)


def test_no_route_that_twilio_calls_is_taken_for_the_base() -> None:
    """As the specification of the routes has them."""
    routes = re.findall(
        r"^  (/(?:twilio|twiml|webhook|twenty)/[a-z/-]+):", SPECIFICATION.read_text(), re.MULTILINE
    )
    assert len(routes) > 10
    assert set(routes) <= set(ROUTES)
