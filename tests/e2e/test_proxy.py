"""The proxy configuration that ships, before a real bridge; run where there is a Caddy."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from twilio.request_validator import RequestValidator

from bridge.demo.bridge import CONFIG, environment
from bridge.demo.process import running
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.caddy import CADDY, needs_caddy
from tests.support import BOUND, until, unused_port
from tests.web.conftest import FORM, payload

CADDYFILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"
# It shall neither ask for a certificate nor for port 80.
LOCALLY = "admin off\n\tskip_install_trust\n\tauto_https disable_redirects"
STATUS = payload("browser-out-5-status-completed")

pytestmark = [pytest.mark.slow, needs_caddy]


def as_it_ships() -> str:
    return CADDYFILE.read_text()


def under_a_path(directive: str) -> str:
    """As BRIDGE_AT=twenty makes it."""
    return CADDYFILE.read_text().replace("{$BRIDGE_AT:root}", "twenty").replace("handle_path", directive)


@asynccontextmanager
async def proxy(text: str, upstream: str, folder: Path) -> AsyncIterator[str]:
    """Caddy with that configuration, at `localhost:port`, with an authority of its own."""
    site = f"localhost:{unused_port()}"
    folder.joinpath("Caddyfile").write_text(text.replace("admin off", LOCALLY))
    caddy = await asyncio.create_subprocess_exec(
        *(str(CADDY), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")),
        env={
            **os.environ,
            "BRIDGE_SITE": site,
            "BRIDGE_UPSTREAM": upstream,
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield site
    finally:
        caddy.terminate()
        await caddy.wait()


@asynccontextmanager
async def proxied(
    text: str, path: str, twilio: TwilioSandbox, twenty: TwentySandbox, folder: Path
) -> AsyncIterator[str]:
    """The bridge behind it, at the URL that this is."""
    folder.joinpath("config.yaml").write_text(CONFIG)
    upstream = f"127.0.0.1:{unused_port()}"
    async with proxy(text, upstream, folder) as site:
        url = f"https://{site}{path}"
        env = environment(twilio, twenty, folder) | {"BRIDGE_PUBLIC_URL": url}
        folder.joinpath("config.yaml").write_text(CONFIG.replace("port: 0", f"port: {upstream[10:]}"))
        async with running(env, folder):
            await until(lambda: is_there(url), aiohttp.ClientError, AssertionError)
            yield url


async def is_there(url: str) -> None:
    assert await ask("GET", f"{url}/health") == (200, None)


async def ask(
    method: str, url: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, str | None]:
    """Status and server banner."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=body or None, headers=headers, ssl=False) as answer,
    ):
        return answer.status, answer.headers.get("Server")


@pytest.mark.parametrize(
    ("text", "path"),
    [(as_it_ships(), ""), (under_a_path("handle_path"), "/phone"), (under_a_path("handle"), "/phone")],
    ids=["its own host", "a path taken off", "a path left on"],
)
async def test_what_twilio_signed_is_taken(
    text: str, path: str, twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> None:
    async with proxied(text, path, twilio, twenty, tmp_path) as url:
        signed, body = f"{url}/twilio/status?a=%20b", urlencode(STATUS).encode()
        signature = RequestValidator(twilio.auth_token).compute_signature(signed, STATUS)
        headers = {**FORM, "X-Twilio-Signature": signature}
        assert await ask("POST", signed, body=body, headers=headers) == (204, None)
        assert await ask("POST", f"{url}/twilio/status", body=body, headers=headers) == (403, None)


async def test_what_is_too_much_does_not_come_through(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> None:
    async with proxied(as_it_ships(), "", twilio, twenty, tmp_path) as url:
        # Caddy cuts the body off, and tells that in its own way if the bridge did not do so before.
        status, banner = await ask("POST", f"{url}/twilio/status", body=b"x" * 70_000, headers=FORM)
        assert (status in (413, 502), banner) == (True, None)
        # A record of Twenty's is as long as what was said in a call: the bridge sees that it is not signed.
        status, _ = await ask("POST", f"{url}/twenty/webhook", body=b"x" * 1_000_000)
        assert status in (403, 404)
        assert (await ask("GET", f"{url}/health", headers={"X": "x" * 30_000}))[0] == 431
        assert await answer_to_half_a_head(url) == b""


async def answer_to_half_a_head(url: str) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = int(url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
    async with asyncio.timeout(BOUND):
        answer = await reader.read()
    writer.close()
    return answer


async def test_twilios_requests_wait_for_a_bridge_that_starts_again(tmp_path: Path) -> None:
    port = unused_port()
    app = web.Application()
    app.router.add_post("/twilio/dial", _no_content)
    async with proxy(as_it_ships(), f"127.0.0.1:{port}", tmp_path) as site:

        async def is_up() -> None:
            assert await ask("GET", f"https://{site}/health") == (502, None)

        await until(is_up, aiohttp.ClientError, AssertionError)
        asking = asyncio.create_task(ask("POST", f"https://{site}/twilio/dial", body=b"CallSid=1"))
        # Caddy has refused others meanwhile.
        await is_up()
        assert not asking.done()
        async with TestServer(app, port=port):
            assert (await asking)[0] == 204


async def _no_content(request: web.Request) -> web.Response:
    assert await request.read() == b"CallSid=1"
    return web.Response(status=204)
