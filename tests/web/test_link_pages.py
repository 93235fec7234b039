"""A signed link that leads to nothing: a page for people, in their language; a problem body for programs."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bridge.errors import NotAllowed, TwilioUnavailable
from bridge.web.link_pages import for_people
from bridge.web.operation.access_log import observing
from bridge.web.operation.problems import problem

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FRENCH = {**BROWSER, "Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}


async def not_ours(_: web.Request) -> web.Response:
    raise NotAllowed("No.")


async def gone(_: web.Request) -> web.Response:
    return problem(404, "Gone.")


async def silent(_: web.Request) -> web.Response:
    raise TwilioUnavailable("Twilio does not answer.")


async def there(_: web.Request) -> web.Response:
    return web.Response(text="it")


CASES = {
    "not-ours": (not_ours, 403, "This link does not work", "Ce lien ne fonctionne pas"),
    "gone": (gone, 404, "There is nothing here", "Il n'y a rien ici"),
    "silent": (silent, 503, "Please try again in a moment", "réessayer dans un instant"),
    "there": (there, 200, "it", "it"),
}


@pytest.mark.parametrize("case", CASES)
async def test_who_follows_a_link_reads_what_is_wrong_with_it(case: str) -> None:
    handler, status, english, french = CASES[case]
    app = web.Application(middlewares=[observing()])
    app.router.add_get("/recordings/{sid}", for_people(handler, root="/bridge"))
    async with TestClient(TestServer(app)) as client:
        for headers, said in ((BROWSER, english), (FRENCH, french)):
            async with client.get("/recordings/RE1", headers=headers) as answer:
                text = await answer.text()
                assert (answer.status, said in text) == (status, True)
                if status != 200:
                    assert answer.content_type == "text/html"
                    assert 'href="/bridge/phone/phone.css"' in text
                    assert ("Retry-After" in answer.headers) == (status == 503)
        async with client.get("/recordings/RE1") as answer:
            assert (answer.status, "html" in answer.content_type) == (status, False)
