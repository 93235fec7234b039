"""The telephone's page, and its line."""

from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from bridge.sandbox.twilio.numbers import normal_number
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.signalling.connection import Connection
from bridge.sandbox.twilio.signalling.routes import converse
from bridge.sandbox.twilio.telephone.telephone import WITHHELD, Telephone

PAGE = "/sandbox/telephone"
STATIC = Path(__file__).with_name("static")
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"


async def show_page(_: web.Request) -> web.FileResponse:
    """The page; its number is in its address."""
    return web.FileResponse(STATIC / "telephone.html", headers={"Content-Security-Policy": POLICY})


async def show_file(request: web.Request) -> web.FileResponse:
    """What the page loads."""
    return web.FileResponse(STATIC / request.match_info["name"])


async def open_line(request: web.Request) -> web.StreamResponse:
    """The telephone of a number is connected; only the sandbox's own page is let in."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text="Another site's page cannot be a telephone.")
    number = request.query.get("number", "")
    if number != WITHHELD and normal_number(number) != number:
        raise web.HTTPBadRequest(text=f"{number!r} is not a number such as +33639980001.")
    sandbox = request.app[SANDBOX]
    connection = Connection(request)
    response = await connection.open()
    telephone = Telephone(sandbox.signalling, connection, number=number, company=sandbox.phone_number)
    await telephone.open()
    await converse(telephone, connection, sandbox.signalling, heartbeat="{}")
    return response


ROUTES = [
    web.get(PAGE, show_page),
    web.get(PAGE + "/line", open_line),
    web.get(PAGE + r"/{name:telephone\.(?:js|css)}", show_file),
]
