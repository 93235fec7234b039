"""Each check: whatever it looks at is broken, and is named with what mends it."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.doctor import clock, database, public, running, twilio
from bridge.doctor.bridge_address import BridgeAddress
from bridge.doctor.checks import Status
from bridge.doctor.twenty import over_limit as refused_for_limit
from bridge.errors import NotUnderstood, TwentyOverLimit
from bridge.inbox.migrations.migrate import NEWEST
from bridge.sandbox.twenty import twenty_sandbox
from bridge.sandbox.twilio.account import Key
from bridge.sandbox.twilio.permissions import Permission
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.webhooks import Rule, Setting, SharedKey
from bridge.twenty.client.errors import translate
from bridge.twilio.rest.owned import Country
from bridge.twilio.urls import CallbackUrls
from bridge.web.authentication.client_address import ENOUGH
from bridge.web.operation.protocol_errors import Runner
from bridge.wiring.application import open_app
from tests.disks import mounted, read_only
from tests.doctor.conftest import PREFIX, World, listening
from tests.support import create_person, new_sid
from tests.twenty.provisioning import key_that_may, tell, workspace

Break = Callable[[World], Awaitable[None] | None]


async def test_of_a_bridge_that_is_well_nothing_is_told(world: World) -> None:
    found = await world.examine()
    # How much room there is on the disk is the machine's affair.
    assert {name: one for name, one in found.items() if one[0] != "ok" and name != "database.space"} == {}
    assert len(found) > 20


async def test_a_proxy_that_no_setting_names_is_told(world: World) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(ENOUGH):
            async with session.get(f"http://127.0.0.1:{world.settings.server.port}/capabilities") as answer:
                assert answer.ok
    status, reason, fix = (await world.examine("bridge.ready"))["bridge.ready"]
    assert status == "warning"
    assert "server.trusted_proxies names no proxy" in reason
    assert "proxy.not_trusted in the log" in fix


async def test_with_everything_down_it_ends_and_says_so(world: World) -> None:
    world.twenty.faults.down = True
    world.change("twilio", api_url="http://127.0.0.1:1")
    await world.bridge.cleanup()
    found = await world.examine()
    assert "Twilio at http://127.0.0.1:1 cannot be reached: Connection refused" in found["twilio.api_key"][1]
    errors = {name for name, (status, *_) in found.items() if status == "error"}
    assert errors == {"twenty.reachable", "twilio.auth_token", "twilio.api_key", "bridge.running"}
    assert all(fix for status, _, fix in found.values() if status != "ok")


def open_to_anyone(world: World) -> None:
    world.change("auth", anonymous=True)


def readable_env(world: World) -> None:
    (world.folder / ".env").chmod(0o644)


def env_with_two_values(world: World) -> None:
    lines = ("TWILIO_API_KEY=SK1", "A=1", "A=1", "TWILIO_API_KEY=SK2", "#TWILIO_API_KEY=SK3", "B=")
    (world.folder / ".env").write_text("\n".join(lines))


async def database_nowhere(world: World) -> None:
    await world.bridge.cleanup()
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{world.folder}/.env/bridge.db")


def database_is_none(world: World) -> None:
    (world.folder / "none.db").write_text("This is a text of some length, and no database at all." * 99)
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{world.folder / 'none.db'}")


def database_of_another(world: World) -> None:
    other = world.folder / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE callbacks (id INTEGER)")
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{other}")


def migrations_of_another(world: World) -> None:
    other = world.folder / "other.db"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('1a2b3c')")
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{other}")


def database_removed(world: World) -> None:
    (world.folder / "bridge.db").unlink()


def no_postgresql(world: World) -> None:
    world.change("inbox", database_url="postgresql+asyncpg://bridge:secret@127.0.0.1:1/bridge")


def _version(world: World, version: str) -> None:
    copy = world.folder / "copy.db"
    shutil.copy(world.folder / "bridge.db", copy)
    with closing(sqlite3.connect(world.folder / "bridge.db")) as source, closing(sqlite3.connect(copy)) as to:
        source.backup(to)
        to.execute("update alembic_version set version_num = ?", [version])
        to.commit()
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{copy}")


def older_tables(world: World) -> None:
    _version(world, "0001")


def newer_tables(world: World) -> None:
    _version(world, "9999")


def newer_callbacks(world: World) -> None:
    _version(world, NEWEST)
    with closing(sqlite3.connect(world.folder / "copy.db")) as tables, tables:
        tables.execute(
            "INSERT INTO calls (root_sid, revision, due_at, unread) VALUES ('CA1', 1, '2026-11-22', 'hologr')"
        )


def twenty_down(world: World) -> None:
    world.twenty.faults.down = True


def twenty_elsewhere(world: World) -> None:
    world.change("twenty", api_url=f"{world.twilio.url}/nothing")


def key_unknown(world: World) -> None:
    world.change("twenty", api_token="nobodys")


def key_revoked(world: World) -> None:
    world.twenty.faults.key_revoked = True


def _key(world: World, *, days: int) -> None:
    ends = datetime.now(UTC) + timedelta(days=days)
    world.change("twenty", api_token=jwt.encode({"exp": ends}, "x" * 32))


def key_ends_soon(world: World) -> None:
    _key(world, days=10)


def key_ended(world: World) -> None:
    _key(world, days=-1)


def key_reads_only(world: World) -> None:
    world.change("twenty", api_token=world.twenty.readonly_key)


def key_sees_no_webhook(world: World) -> None:
    key_reads_only(world)
    with closing(sqlite3.connect(world.folder / "bridge.db")) as connection:
        connection.execute("delete from marks where name = 'twenty delivered'")
        connection.commit()


def makes_no_tasks(world: World) -> None:
    key_reads_only(world)
    world.change("activities", missed_call_tasks=False)


def assignee_of_nobody(world: World) -> None:
    world.change("activities", assignee="nobody@x.example")


def agent_of_nobody(world: World) -> None:
    world.change("agents", members={"alice": "nobody@sandbox.example"})


def rings_nobody(world: World) -> None:
    world.change("agents", names=("bob",))
    world.change("lines", default={"ring": [{"agents": ["bobby", "bob"]}]})


def names_nobody(world: World) -> None:
    world.change("agents", names=())


def names_strangers(world: World) -> None:
    world.change("agents", names=())
    world.change("lines", default={"ring": [{"agents": ["nobody@sandbox.example", "bob"]}]})


def one_line_is_silent(world: World) -> None:
    numbers = {"+33159130001": {"name": "Shop", "ring": [{"message": "Please call again."}]}}
    world.change("lines", numbers=numbers)


async def field_gone(world: World) -> None:
    there = await workspace(world.twenty)
    field = there.field_id("transcript")
    await tell(
        world.twenty,
        "mutation ($i: UpdateOneFieldMetadataInput!) { updateOneField(input: $i) { id } }",
        i={"id": field, "update": {"isActive": False}},
    )


async def number_of_none(world: World) -> None:
    """Twenty takes many a number that none is."""
    await create_person(world.twenty, "Jane Doe", primaryPhoneNumber="+331234567890123456")


def over_limit(world: World) -> None:
    world.twenty.faults.over_limit = True


def high_limit(world: World) -> None:
    world.change("twenty", requests_per_minute=5000)


def lower_limit(world: World) -> None:
    world.change("twenty", requests_per_minute=200)
    world.twenty.faults.over_limit = True


def caller_id_of_nobodys(world: World) -> None:
    world.change("dialling", caller_ids=("+33159130002",))


def agents_caller_id(world: World) -> None:
    world.twilio.account.verified.add("+33159130002")
    world.change("dialling", caller_ids=("+33159130002",), own_caller_ids={"alice": ("+33159130003",)})


def _rule(world: World, **more: object) -> SharedKey:
    """A Rule for every webhook of the account, which signs with a new SharedKey."""
    webhooks = world.twilio.account.webhooks
    key = SharedKey()
    given = {"shared_key_id": key.id, "algorithm": "HMAC_SHA256", **more}
    setting = Setting(**given)  # type: ignore[arg-type]
    rule = Rule(match_type="DEFAULT", settings=[(setting.id, 100)], friendly_name="all webhooks")
    webhooks.shared_keys[key.id], webhooks.settings[setting.id] = key, setting
    webhooks.rules[rule.id] = rule
    return key


def unknown_shared_key(world: World) -> None:
    _rule(world, retry_count=5, retry_on=("ALL",))


def rule_without_retries(world: World) -> None:
    key = _rule(world)
    world.change("twilio", shared_keys={key.id: key.secret})


def rule_of_twilios_own_setting(world: World) -> None:
    """Twilio's default: the auth token, and no retries."""
    _rule(world, type="SYSTEM", shared_key_id="", algorithm="HMAC_SHA1")


def rule_with_a_setting_out_of_sight(world: World) -> None:
    key = _rule(world, type="ELSEWHERE", retry_count=5, retry_on=("ALL",))
    world.change("twilio", shared_keys={key.id: key.secret})


def rule_with_another_algorithm(world: World) -> None:
    key = _rule(world, algorithm="HMAC_SHA512", retry_count=5, retry_on=("ALL",))
    world.change("twilio", shared_keys={key.id: key.secret})


def exact_rules(world: World, *, auth_token: tuple[str, ...] = ()) -> None:
    """One for each route; what the bridge writes on the URLs as a query, they do not match."""
    key = _rule(world, retry_count=5, retry_on=("ALL",))
    webhooks = world.twilio.account.webhooks
    [shares] = [rule.settings for rule in webhooks.rules.values()]
    webhooks.rules.clear()
    for url in CallbackUrls(world.settings.server.public_url).all:
        rule = Rule(match_type="EXACT_MATCH", match=url.partition("?")[0], settings=shares)
        webhooks.rules[rule.id] = rule
    world.change("twilio", shared_keys={key.id: key.secret}, auth_token=auth_token)


def no_auth_token(world: World) -> None:
    world.change("twilio", auth_token=(), shared_keys={"webhooks_sharedkey_1": "secret"})


def restricted_key(world: World) -> None:
    allow = {"/twilio/voice/calls/list", "/twilio/voice/twiml.apps/list"}
    key = Key("SK" + "8" * 32, "restricted", allow=frozenset(allow))
    world.twilio.account.keys[key.sid] = key
    world.change("twilio", rest_api_key=key.sid, rest_api_secret=key.secret)


def blind_key(world: World) -> None:
    """It can be asked for everything but the calls, which reconciliation needs."""
    key = Key("SK" + "8" * 32, "restricted", allow=frozenset({"/twilio/voice/twiml.apps/list"}))
    world.twilio.account.keys[key.sid] = key
    world.change("twilio", rest_api_key=key.sid, rest_api_secret=key.secret)


def wrong_client(world: World) -> None:
    world.change("twilio", client_id="OQ0123456789abcdef", client_secret="another")


def no_webhook_secret(world: World) -> None:
    world.change("twenty", webhook_secret=())


def other_webhook_secret(world: World) -> None:
    world.change("twenty", webhook_secret="another-webhook-secret")


async def webhook_elsewhere(world: World) -> None:
    """Left behind by a version that added one after the public URL had changed."""
    given = {
        "targetUrl": "https://old.example.com/twenty/webhook",
        "operations": ["person.*"],
        "description": "Tells the telephone bridge of changed people",
    }
    create = "mutation ($i: CreateWebhookInput!) { createWebhook(input: $i) { id } }"
    await tell(world.twenty, create, i=given)


def wrong_auth_token(world: World) -> None:
    world.change("twilio", auth_token=("wrong",))


def one_wrong_auth_token(world: World) -> None:
    world.change("twilio", auth_token=(world.twilio.auth_token, "wrong"))


def wrong_api_secret(world: World) -> None:
    world.change("twilio", api_secret="wrong")


def app_gone(world: World) -> None:
    world.change("twilio", app_sid="AP" + "9" * 32)


def app_elsewhere(world: World) -> None:
    world.twilio.status_url = "https://old.example.com/status"


def number_not_ours(world: World) -> None:
    world.change("twilio", phone_number="+33159139999")


def number_astray(world: World) -> None:
    for number in world.twilio.account.numbers.values():
        number.voice_application_sid = ""


def wide_open(world: World) -> None:
    world.twilio.account.permissions.countries["KY"] = Permission()


def risky(world: World) -> None:
    world.twilio.account.permissions.countries["FR"] = Permission(high_risk_special=True)


def too_closed(world: World) -> None:
    world.twilio.account.permissions.countries["FR"] = Permission(low_risk=False)


async def bridge_down(world: World) -> None:
    await world.bridge.cleanup()


def http_only(world: World) -> None:
    world.change("server", public_url="http://127.0.0.2")


def name_of_nothing(world: World) -> None:
    world.change("server", public_url="http://nosuch.invalid")


def nobody_there(world: World) -> None:
    world.change("server", public_url="https://127.0.0.1:1")


def others_may_read(world: World) -> None:
    file = world.folder / "others.db"
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{file}")
    file.touch(mode=0o600)
    file.chmod(0o640)


def leads_astray(world: World) -> None:
    world.proxy.target = world.twenty.url


def drops_query(world: World) -> None:
    world.proxy.keeps_query = False


def other_public_url(world: World) -> None:
    # The bridge was started with another one.
    world.change("server", public_url=world.settings.server.public_url.removesuffix(PREFIX))


def other_app(world: World) -> None:
    # `setup twilio` made another since the bridge was started.
    world.change("twilio", app_sid="AP" + "9" * 32)


def other_number(world: World) -> None:
    world.change("twilio", phone_number="+33159139999")


def other_line(world: World) -> None:
    world.change("lines", default={"greeting": "Welcome."})


def app_deleted(world: World) -> None:
    # The number still names it.
    world.twilio.account.applications.clear()


def doubled_cors(world: World) -> None:
    world.proxy.adds_cors = True


def no_options(world: World) -> None:
    world.proxy.takes_options = False


def former_names(world: World) -> None:
    world.change("twenty", batch=60)


def other_page(world: World) -> None:
    """The bridge that runs does not know it: not the proxy is at fault."""
    world.change("twenty", public_url="http://crm.example.com")


CASES: list[tuple[Break, str, str, str]] = [
    (open_to_anyone, "settings.anonymous", "warning", "auth.anonymous is on"),
    (former_names, "settings", "warning", "twenty.batch is no setting any more"),
    (readable_env, "settings.env_file", "warning", "mode 644"),
    (env_with_two_values, "settings.env_file", "warning", "the last one counts: TWILIO_API_KEY: 1, 4."),
    (database_nowhere, "database.writable", "error", "cannot be created"),
    (database_is_none, "database.writable", "error", "not a database"),
    (database_removed, "database.writable", "error", "was removed under the bridge"),
    (database_removed, "bridge.ready", "error", "cannot store callbacks now: inbox.unavailable"),
    (no_postgresql, "database.writable", "error", "cannot be written"),
    (database_of_another, "database.migrated", "error", "has tables of another program"),
    (older_tables, "database.migrated", "warning", "older version"),
    (migrations_of_another, "database.migrated", "error", "of another program (alembic_version 1a2b3c)"),
    (newer_tables, "database.migrated", "warning", "newer version"),
    (newer_callbacks, "database.migrated", "warning", "1 calls have callbacks that only a newer version"),
    (twenty_down, "twenty.reachable", "error", "cannot be reached"),
    (twenty_elsewhere, "twenty.reachable", "error", "not Twenty"),
    (key_unknown, "twenty.key", "error", "does not take the API key"),
    (key_revoked, "twenty.key", "error", "does not let this API key"),
    (key_ends_soon, "twenty.key_expiry", "warning", "holds until"),
    (key_ended, "twenty.key_expiry", "error", "holds until"),
    (
        key_reads_only,
        "twenty.role",
        "error",
        "not allowed to edit notes, nor edit phone calls, nor edit tasks.",
    ),
    (makes_no_tasks, "twenty.role", "error", "not allowed to edit notes, nor edit phone calls."),
    (assignee_of_nobody, "twenty.members", "warning", "activities.assignee: nobody@x.example is no member"),
    (agent_of_nobody, "twenty.members", "warning", "agents.members.alice: nobody@sandbox.example is no"),
    (rings_nobody, "twenty.members", "warning", "lines.default.ring: bobby is no agent. Fix the name"),
    (names_nobody, "agents.ring", "error", "No agent can be rung: every call in goes to voicemail."),
    (names_strangers, "agents.ring", "error", "No agent can be rung"),
    (one_line_is_silent, "agents.ring", "warning", "No agent is rung on the line Shop."),
    (field_gone, "twenty.object", "error", "phoneCall.transcript is deactivated"),
    (over_limit, "twenty.rate_limit", "warning", "rate limit is used up"),
    (high_limit, "twenty.rate_limit", "warning", "5000"),
    (
        lower_limit,
        "twenty.rate_limit",
        "warning",
        "allows 100 root fields a minute, and the bridge counts on 200",
    ),
    (number_of_none, "twenty.numbers", "warning", "Calls do not find 1 of "),
    (no_webhook_secret, "twenty.webhook", "warning", "TWENTY_WEBHOOK_SECRET"),
    (other_webhook_secret, "twenty.webhook", "warning", "change secret"),
    (key_sees_no_webhook, "twenty.webhook", "warning", "Settings permissions → API keys & webhooks"),
    (webhook_elsewhere, "twenty.webhook", "warning", "elsewhere: https://old.example.com/twenty/webhook"),
    (wrong_auth_token, "twilio.auth_token", "error", "TWILIO_AUTH_TOKEN"),
    (one_wrong_auth_token, "twilio.auth_token", "warning", "One of the tokens"),
    (wrong_api_secret, "twilio.api_key", "error", "denies"),
    (app_gone, "twilio.app", "error", "no TwiML App AP999"),
    (app_elsewhere, "twilio.app", "error", "https://old.example.com/status →"),
    (number_not_ours, "twilio.numbers", "error", "does not own +33159139999"),
    (number_astray, "twilio.numbers", "warning", "do not come here"),
    (
        caller_id_of_nobodys,
        "twilio.caller_ids",
        "error",
        "+33159130002 is neither the account's nor verified",
    ),
    (unknown_shared_key, "twilio.webhook_rules", "error", "“all webhooks” signs with webhooks_sharedkey_"),
    (rule_without_retries, "twilio.webhook_rules", "warning", "“all webhooks” retries 0 times, on nothing"),
    (rule_of_twilios_own_setting, "twilio.webhook_rules", "warning", "retries 0 times, on nothing"),
    (rule_with_a_setting_out_of_sight, "twilio.webhook_rules", "warning", "these credentials cannot see"),
    (rule_with_another_algorithm, "twilio.webhook_rules", "error", "signs by HMAC_SHA512"),
    (exact_rules, "twilio.webhook_rules", "error", "/twilio/dial?step=1)"),
    (no_auth_token, "twilio.webhook_rules", "error", "no Rule matches some of our URLs"),
    (blind_key, "twilio.rest", "error", "/twilio/voice/calls/list"),
    (restricted_key, "twilio.numbers", "error", "/twilio/phone-numbers/active-numbers/list"),
    (wrong_client, "twilio.rest", "error", "TWILIO_CLIENT_ID"),
    (agents_caller_id, "twilio.caller_ids", "error", "+33159130003 is neither"),
    (wide_open, "twilio.geo_permissions", "warning", "KY"),
    (risky, "twilio.geo_permissions", "warning", "high-risk numbers in FR"),
    (too_closed, "twilio.geo_permissions", "error", "does not call FR"),
    (bridge_down, "bridge.running", "error", "No bridge listens"),
    (http_only, "public.tls", "error", "is http"),
    (name_of_nothing, "public.dns", "error", "nosuch.invalid leads nowhere: "),
    (nobody_there, "public.tls", "error", "127.0.0.1 cannot be reached: Connection refused."),
    (others_may_read, "database.private", "warning", "others.db has mode 640"),
    (leads_astray, "public.reaches_us", "error", "No bridge answers"),
    (drops_query, "public.signature", "error", "path, query or body arrive changed"),
    (other_public_url, "bridge.settings", "error", "another TWILIO_AUTH_TOKEN or BRIDGE_PUBLIC_URL."),
    (wrong_auth_token, "bridge.settings", "error", "another TWILIO_AUTH_TOKEN or BRIDGE_PUBLIC_URL."),
    (wrong_auth_token, "public.signature", "warning", "because of bridge.settings"),
    (other_app, "bridge.settings", "error", "another TWILIO_APP_SID. Restart the bridge"),
    (other_number, "bridge.settings", "error", "another TWILIO_PHONE_NUMBER. Restart the bridge"),
    (other_line, "bridge.settings", "error", "with settings other than the present ones. Restart the bridge"),
    (other_webhook_secret, "bridge.settings", "error", "with settings other than the present ones."),
    (app_deleted, "twilio.numbers", "warning", "do not come here"),
    (doubled_cors, "cors.origins", "error", "keep pages of"),
    (no_options, "cors.origins", "error", "OPTIONS"),
    (other_page, "cors.origins", "warning", "because of bridge.settings"),
]


@pytest.mark.parametrize(
    ("broken", "name", "status", "said"), CASES, ids=[case[0].__name__ for case in CASES]
)
async def test_what_is_broken_is_named(
    world: World, broken: Break, name: str, status: str, said: str
) -> None:
    if (waiting := broken(world)) is not None:
        await waiting
    found = await world.examine(name)
    assert found[name][0] == status, found[name]
    assert said in " ".join(found[name][1:])
    assert found[name][2]
    assert world.twilio.auth_token not in str(found)
    assert world.twenty.api_key not in str(found)


async def test_of_a_name_that_leads_nowhere_nothing_else_is_blamed(world: World) -> None:
    name_of_nothing(world)
    found = await world.examine("public", "cors")
    # The bridge has the right name, of course.
    assert {n for n, (status, *_) in found.items() if status == "error"} == {"public.dns", "bridge.settings"}
    assert {found[name][1] for name in ("public.tls", "public.reaches_us", "cors.origins")} == {
        "Not checked, because of public.dns."
    }


@pytest.mark.parametrize(("certificate", "said"), [("expired", "is not trusted"), ("other", "mismatch")])
async def test_certificates_that_nobody_trusts(world: World, certificate: str, said: str) -> None:
    async with listening(world.proxy, certificate) as origin:
        world.change("server", public_url=origin + PREFIX)
        status, reason, _ = (await world.examine("public"))["public.tls"]
    assert status == "error"
    assert said in reason


@asynccontextmanager
async def another(world: World) -> AsyncIterator[str]:
    """Another bridge with the same settings."""
    folder = world.folder / "another"
    inbox = world.settings.inbox.model_validate({"database_url": f"sqlite+aiosqlite:///{folder}/bridge.db"})
    async with (
        open_app(world.settings.model_copy(update={"inbox": inbox})) as app,
        serving(Runner(app, shutdown_timeout=1)) as url,
    ):
        yield url


@asynccontextmanager
async def serving(runner: web.AppRunner) -> AsyncIterator[str]:
    """Its address."""
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_another_bridge_is_not_this_one(world: World) -> None:
    async with another(world) as url:
        world.proxy.target = url
        status, reason, _ = (await world.examine("public"))["public.reaches_us"]
    assert status == "error"
    assert "Another bridge" in reason


@pytest.mark.parametrize(("closed", "status"), [(True, "ok"), (False, "warning")])
async def test_recordings_that_anybody_may_listen_to(world: World, *, closed: bool, status: str) -> None:
    world.twilio.rest.media_auth = closed
    sid = new_sid()
    recording = Recording(
        f"RE{sid[2:]}", sid, "DialVerb", datetime.now(UTC), 0, status="completed", duration=9
    )
    world.twilio.account.keep_recording(recording)
    assert (await world.examine("twilio"))["twilio.recordings"][0] == status


@pytest.mark.parametrize(
    "retry_on",
    [("ALL",), ("READ_TIMEOUT", "HTTP_4XX", "CONNECTION_TIMEOUT", "HTTP_5XX"), ("ALL", "HTTP_4XX")],
)
async def test_a_rule_whose_key_is_known_and_that_retries_is_fine(
    world: World, retry_on: tuple[str, ...]
) -> None:
    key = _rule(world, retry_count=5, retry_on=retry_on)
    world.change("twilio", shared_keys={key.id: key.secret}, auth_token=())
    status, said, _ = (await world.examine("twilio.webhook_rules"))["twilio.webhook_rules"]
    assert status == "ok", said
    assert f"“all webhooks” signs with {key.id} and retries 5 times, on " in said


async def test_exact_rules_are_named_and_the_auth_token_signs_the_rest(world: World) -> None:
    exact_rules(world, auth_token=(world.twilio.auth_token,))
    status, said, _ = (await world.examine("twilio.webhook_rules"))["twilio.webhook_rules"]
    assert (status, "signs with webhooks_sharedkey_" in said) == ("ok", True), said


async def test_a_rule_is_named_whatever_query_it_matches(world: World) -> None:
    exact_rules(world, auth_token=(world.twilio.auth_token,))
    for rule in world.twilio.account.webhooks.rules.values():
        rule.match = f"{rule.match}?agent=bob"
    world.change("twilio", shared_keys={})
    status, said, _ = (await world.examine("twilio.webhook_rules"))["twilio.webhook_rules"]
    assert (status, "which is not configured" in said) == ("error", True), said


@pytest.mark.parametrize("path", ["/twiml/voice", "/webhook/twiml-handler", "/twiml/voice/status"])
async def test_a_rule_on_another_name_of_a_route_is_named(world: World, path: str) -> None:
    exact_rules(world, auth_token=(world.twilio.auth_token,))
    webhooks = world.twilio.account.webhooks
    rule = next(iter(webhooks.rules.values()))
    rule.match = world.settings.server.public_url + path
    webhooks.rules = {rule.id: rule}
    world.change("twilio", shared_keys={})
    status, said, _ = (await world.examine("twilio.webhook_rules"))["twilio.webhook_rules"]
    assert (status, "which is not configured" in said) == ("error", True), said


PERMITTED = ("voice/calls", "voice/twiml.apps", "phone-numbers/active-numbers")


async def test_a_restricted_key_that_cannot_see_is_no_error(world: World) -> None:
    allow = frozenset(f"/twilio/{name}/list" for name in PERMITTED)
    key = Key("SK" + "8" * 32, "restricted", allow=allow)
    world.twilio.account.keys[key.sid] = key
    world.change("twilio", rest_api_key=key.sid, rest_api_secret=key.secret)
    found = await world.examine("twilio.webhook_rules", "twilio.geo_permissions", "twilio.numbers")
    assert {status for status, _, _ in found.values()} == {"ok"}
    assert all("cannot see" in found[f"twilio.{name}"][1] for name in ("webhook_rules", "geo_permissions"))


async def test_what_is_no_check_is_a_sentence(world: World) -> None:
    with pytest.raises(NotUnderstood, match="no check twenti; there are settings, "):
        await world.examine("twenti")


async def test_nothing_is_kept_of_what_a_doctor_asks(world: World) -> None:
    await world.examine()
    with closing(sqlite3.connect(world.folder / "bridge.db")) as connection:
        assert connection.execute("select count(*) from callbacks").fetchone() == (0,)


async def test_a_disk_that_is_full(world: World, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", size="2m") as disk:
        shutil.copy(world.folder / "bridge.db", disk / "bridge.db")
        (disk / "ballast").write_bytes(bytes(1_500_000))
        world.change("inbox", database_url=f"sqlite+aiosqlite:///{disk / 'bridge.db'}")
        status, reason, fix = (await world.examine("database"))["database.writable"]
    assert (status, "disk is full" in reason, "Make room" in fix) == ("error", True, True)


async def test_a_file_that_may_only_be_read(world: World, tmp_path: Path) -> None:
    file = tmp_path / "restored.db"
    shutil.copy(world.folder / "bridge.db", file)
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{file}")
    with read_only(file):
        status, reason, fix = (await world.examine("database"))["database.writable"]
    assert (status, "is read-only" in reason, str(file) in fix) == ("error", True, True)


async def test_a_database_that_is_not_there_yet_is_not_made(world: World) -> None:
    file = world.folder / "new" / "bridge.db"
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{file}")
    await world.bridge.cleanup()
    found = await world.examine("database")
    assert (found["database.writable"][0], found["database.migrated"][0]) == ("ok", "ok")
    assert not file.parent.exists()


async def test_a_newer_workspace_is_no_reason_for_an_alarm(world: World) -> None:
    async with twenty_sandbox(provisioned=True, rate_limit=False, generation="2.38") as newer:
        world.change("twenty", api_url=newer.url, api_token=newer.api_key)
        found = await world.examine("twenty.operations", "twenty.queries")
    assert {one[0] for one in found.values()} == {"ok"}, found


async def test_a_key_that_sees_nobody_is_its_roles_affair(world: World) -> None:
    world.change("twenty", api_token=await key_that_may(world.twenty, reads=False))
    found = await world.examine("twenty")
    assert found["twenty.key"][0] == "ok"
    assert "see people, nor see workspace members, nor edit notes" in found["twenty.role"][1]
    assert found["twenty.members"][0] == "warning"
    assert "cannot be read" in found["twenty.members"][1]


async def test_a_workspace_that_was_not_set_up(world: World) -> None:
    async with twenty_sandbox(rate_limit=False) as bare:
        world.change("twenty", api_url=bare.url, api_token=bare.api_key)
        found = await world.examine("twenty")
    assert found["twenty.object"][0] == "warning"
    assert "calls become notes" in found["twenty.object"][1]
    # What else lacks the object is not told of again.
    assert found["twenty.operations"][0] == "ok"
    assert "error" not in {status for status, *_ in found.values()}


@pytest.mark.parametrize(("name", "section"), [("clock.twilio", "twilio"), ("clock.twenty", "twenty")])
async def test_a_clock_that_others_do_not_share(world: World, name: str, section: str) -> None:
    async def an_hour_ago(_request: web.Request) -> web.Response:
        then = datetime.now(UTC) - timedelta(hours=1)
        return web.Response(headers={"Date": format_datetime(then, usegmt=True)})

    app = web.Application()
    app.router.add_get("/{path:.*}", an_hour_ago)
    async with serving(web.AppRunner(app)) as url:
        world.change(section, api_url=url)
        status, reason, _ = (await world.examine(name))[name]
    assert status == "error"
    assert "s ahead of" in reason


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(0, "ok"), (3, "ok"), (-3, "ok"), (20, "warning"), (-20, "warning"), (90, "error")],
)
def test_a_clock_that_is_off(seconds: int, status: str) -> None:
    now = datetime.now(UTC)
    assert clock.verdict(now + timedelta(seconds=seconds), now, "Twilio").status == status


@pytest.mark.parametrize(("free", "status"), [(2**40, "ok"), (2**29, "warning"), (2**20, "error")])
def test_room_on_the_disk(free: int, status: str) -> None:
    assert database.room(free, Path("/srv")).status == status


async def test_a_database_that_others_hold(world: World, postgres_url: str) -> None:
    world.change("inbox", database_url=postgres_url)
    status, reason, _ = (await world.examine("database"))["database.space"]
    assert (status, "MB" in reason, "watch its disk" in reason) == ("ok", True, True)


async def test_verified_and_owned_numbers_may_be_shown(world: World) -> None:
    world.twilio.account.verified.add("+33159130002")
    world.twilio.account.add_number("+33159130003")
    world.change("dialling", caller_ids=("+33159130002",), own_caller_ids={"alice": ("+33159130003",)})
    assert (await world.examine("twilio.caller_ids"))["twilio.caller_ids"][0] == "ok"


@pytest.mark.parametrize(
    ("refusal", "set_to", "said"),
    [
        ("Limit reached (60 tokens per 60000 ms)", 100, "allows 60 root fields a minute"),
        ("Limit reached (100 tokens per 60000 ms)", 100, "is used up: 100 root fields per 60 s"),
        ("Limit reached (100 tokens per 1000 ms)", 5000, "is used up: 100 root fields per 1 s"),
        ("Limit reached", 100, "is used up"),
        ("Limit reached (5 tokens per 0 ms)", 100, "is used up"),
        ("Rate limit exceeded for apiKey: 60 requests per 60s.", 100, "allows 60 root fields a minute"),
        ("Rate limit exceeded for apiKey: 100 requests per 1s.", 100, "is used up: 100 root fields per 1 s"),
    ],
)
def test_a_refusal_names_the_limit(refusal: str, set_to: int, said: str) -> None:
    refused = translate([{"message": refusal, "extensions": {"subCode": "LIMIT_REACHED"}}])
    assert isinstance(refused, TwentyOverLimit)
    assert said in refused_for_limit(refused, set_to).reason


@pytest.mark.parametrize(
    ("reasons", "status", "said"),
    [
        (["twenty.quota_exhausted"], "error", "accepts no more records"),
        (["twenty.over_limit"], "warning", "writes none to Twenty now: twenty.over_limit"),
        (["drain.standby"], "ok", "stores callbacks."),
        ([], "ok", "stores callbacks."),
    ],
)
async def test_what_a_bridge_waits_for(reasons: list[str], status: str, said: str) -> None:
    async def ready(_request: web.Request) -> web.Response:
        return web.json_response({"ready": True, "reasons": reasons})

    app = web.Application()
    app.router.add_get("/ready", ready)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        here = BridgeAddress(str(server.make_url("")).rstrip("/"), session)
        checks = running.checks(here, app_sid="", phone_number="", signature={}, digest="")
        verdict = await next(c for c in checks if c.name == "bridge.ready").examine()
    assert (verdict.status.value, said in verdict.reason) == (status, True), verdict


@pytest.mark.parametrize(("days", "status"), [(100, Status.OK), (10, Status.WARNING)])
def test_a_certificate_that_ends(days: int, status: Status) -> None:
    now = datetime.now(UTC)
    assert public.certificate(now + timedelta(days=days), now).status is status


def test_many_countries_are_not_all_named() -> None:
    codes = [f"{a}{b}" for a in "ABCDEFGH" for b in "XYZ"]
    said = twilio.compared([Country(code, low_risk=True, high_risk=False) for code in codes], {"AX"}).reason
    assert "and 15 more" in said
