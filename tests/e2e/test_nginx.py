"""The nginx configuration that ships, before a real bridge; run where there is an nginx."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from bridge.demo.bridge import CONFIG, environment
from bridge.demo.process import running
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.e2e.test_proxy import ask
from tests.support import until, unused_port
from tests.web.conftest import FORM, payload

NGINX = shutil.which("nginx")
SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
CERTIFICATE = Path(__file__).parents[1] / "doctor" / "certificates" / "valid.pem"
STATUS = payload("browser-out-5-status-completed")
AROUND = """\
daemon off;
pid nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include {site};
}}
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NGINX is None, reason="there is no nginx on this machine")]


def here(text: str, *, listens: int, upstream: int, location: str) -> str:
    """The file that ships, with this machine's ports and certificate, and nothing else changed."""
    for shipped, ours in (
        (r"(?m)listen 443", f"listen 127.0.0.1:{listens}"),
        (r"127\.0\.0\.1:8080", f"127.0.0.1:{upstream}"),
        (r"server_name \S+;", "server_name localhost;"),
        (r"/etc/letsencrypt/\S+?\.pem", str(CERTIFICATE)),
        (r"(?m)^    location / ", f"    location {location} "),
    ):
        text, times = re.subn(shipped, ours, text)
        assert times, shipped
    return text


@asynccontextmanager
async def proxied(
    location: str, twilio: TwilioSandbox, twenty: TwentySandbox, folder: Path
) -> AsyncIterator[str]:
    """A bridge behind it, at the URL that this is."""
    listens, upstream = unused_port(), unused_port()
    url = f"https://localhost:{listens}{location.rstrip('/')}"
    site = folder / "bridge.conf"
    site.write_text(here(SHIPPED.read_text(), listens=listens, upstream=upstream, location=location))
    (folder / "nginx.conf").write_text(AROUND.format(site=site))
    (folder / "config.yaml").write_text(CONFIG.replace("port: 0", f"port: {upstream}"))
    nginx = await asyncio.create_subprocess_exec(
        *(str(NGINX), "-p", str(folder), "-c", "nginx.conf", "-e", "error.log"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with running(environment(twilio, twenty, folder) | {"BRIDGE_PUBLIC_URL": url}, folder):
            await until(lambda: is_there(url), aiohttp.ClientError, AssertionError)
            yield url
    finally:
        nginx.terminate()
        await nginx.wait()


async def is_there(url: str) -> None:
    """Raises AssertionError until it answers."""
    assert (await ask("GET", f"{url}/health"))[0] == 200


@pytest.mark.parametrize("location", ["/", "/phone/"])
async def test_what_twilio_signed_is_taken(
    location: str, twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> None:
    async with proxied(location, twilio, twenty, tmp_path) as url:
        signed, body = f"{url}/twilio/status?a=%20b", urlencode(STATUS).encode()
        signature = RequestValidator(twilio.auth_token).compute_signature(signed, STATUS)
        headers = {**FORM, "X-Twilio-Signature": signature}
        assert (await ask("POST", signed, body=body, headers=headers))[0] == 204
        assert (await ask("POST", f"{url}/twilio/status", body=body, headers=headers))[0] == 403


async def test_what_is_too_much_does_not_come_through(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> None:
    async with proxied("/", twilio, twenty, tmp_path) as url:
        assert (await ask("POST", f"{url}/twilio/status", body=b"x" * 70_000, headers=FORM))[0] == 413
        # A record of Twenty's is as long as what was said in a call: the bridge sees that it is not signed.
        assert (await ask("POST", f"{url}/twenty/webhook", body=b"x" * 1_000_000))[0] in (403, 404)
        assert (await ask("GET", f"{url}/health", headers={"X": "x" * 30_000}))[0] == 400
