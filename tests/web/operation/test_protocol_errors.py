"""What aiohttp answers before the application, by its public names and one private method."""

import asyncio
import inspect
from collections.abc import Iterator

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bridge.web.operation import protocol_errors
from tests.web.conftest import Bridge

UNREADABLE = b"GET /health HTTP/9.9\r\n\r\n"


def overridden(base: type) -> Iterator[str]:
    """Methods of an aiohttp class that the module's subclasses define themselves."""
    for _, ours in inspect.getmembers(protocol_errors, inspect.isclass):
        if ours.__module__ == protocol_errors.__name__ and issubclass(ours, base):
            for name, method in vars(ours).items():
                if inspect.isroutine(method) and hasattr(base, name) and not name.startswith("__"):
                    yield name


def test_one_private_name_of_aiohttp_is_overridden() -> None:
    bases = (web.AppRunner, web.Server, web.RequestHandler, web.Response)
    found = [name for base in bases for name in overridden(base)]
    assert [name for name in found if name.startswith("_")] == ["_prepare_headers"]


async def test_an_unreadable_request_gets_the_headers_of_every_answer_and_no_banner(bridge: Bridge) -> None:
    answer = await bridge.raw(UNREADABLE, alone=True)
    assert (answer.status, answer.content_type) == (400, "application/problem+json")
    assert "Server" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("expected", [b"miracles", b"\xff"])
async def test_an_expectation_that_is_not_met_is_refused_in_our_words(
    bridge: Bridge, expected: bytes
) -> None:
    answer = await bridge.raw(
        b"POST /token HTTP/1.1\r\nHost: x\r\nExpect: %s\r\nContent-Length: 2\r\n\r\n{}" % expected
    )
    assert "Server" not in answer.headers
    assert (answer.status, answer.json["detail"]) == (
        417,
        "The only supported value of Expect is 100-continue.",
    )


async def test_a_request_that_is_answered_as_the_stop_gives_it_up_is_a_line_in_the_log_and_no_error() -> None:
    entered: asyncio.Future[web.RequestHandler] = asyncio.get_running_loop().create_future()
    go_on = asyncio.Event()

    async def answers(request: web.Request) -> web.Response:
        entered.set_result(request.protocol)
        await go_on.wait()
        return web.Response(text="answered")

    app = web.Application()
    app.router.add_get("/", answers)
    runner = protocol_errors.Runner(app, shutdown_timeout=60)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    reader, writer = await asyncio.open_connection(host, port)
    with capture_logs() as logs:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        stop = asyncio.create_task((await entered).shutdown(60))
        await asyncio.sleep(0)
        # A loop that stood still finds both due: first the answer, then the end of the stop's patience.
        go_on.set()
        stop.cancel()
        assert (await reader.read()).endswith(b"answered")
        await asyncio.gather(stop, return_exceptions=True)
    writer.close()
    await runner.cleanup()
    assert [(line["event"], line["log_level"]) for line in logs] == [("request.ended_late", "info")]
