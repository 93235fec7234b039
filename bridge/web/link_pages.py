"""Signed links that lead to nothing: people read a page in their language, programs a problem body."""

from collections.abc import Mapping

from aiohttp import hdrs, web
from msgspec import Struct

from bridge.errors import BridgeError
from bridge.web.handlers import Handler, route_of
from bridge.web.html import document, element
from bridge.web.languages import preferred
from bridge.web.operation.problems import answer_to

LONGEST_LANGUAGES = 500
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Robots-Tag": "noindex"}


class LinkWords(Struct, frozen=True, kw_only=True):
    """A title, a sentence for each status, and one for all others."""

    title: str
    sentences: Mapping[int, str]
    other: str


LANGUAGES = {
    "en": LinkWords(
        title="This cannot be shown",
        sentences={
            403: "This link does not work, or does not work any more. Open the call in Twenty again, and"
            " follow the link there.",
            404: "There is nothing here: it is not ready yet, or it was deleted.",
            502: "Twilio does not give it to the bridge. Please tell your administrator.",
        },
        other="It cannot be shown just now. Please try again in a moment.",
    ),
    "fr": LinkWords(
        title="Affichage impossible",
        sentences={
            403: "Ce lien ne fonctionne pas, ou ne fonctionne plus. Rouvrez l'appel dans Twenty, et suivez le"
            " lien qui s'y trouve.",
            404: "Il n'y a rien ici : ce n'est pas encore prêt, ou cela a été supprimé.",
            502: "Twilio ne le donne pas à la passerelle. Merci de prévenir votre administrateur.",
        },
        other="L'affichage est impossible pour le moment. Merci de réessayer dans un instant.",
    ),
}


def language_of(request: web.Request) -> str:
    """The language that the reader prefers."""
    return preferred(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")[:LONGEST_LANGUAGES], LANGUAGES)


def for_people(handler: Handler, *, root: str) -> Handler:
    """The handler, whose errors are pages for browsers; `root` is the path of the public URL."""

    async def shown(request: web.Request) -> web.StreamResponse:
        # A player takes anything; a browser that goes somewhere names what it shows.
        if "text/html" not in request.headers.get(hdrs.ACCEPT, ""):
            return await handler(request)
        try:
            answer = await handler(request)
        except BridgeError as error:
            answer = answer_to(error, route_of(request))
        return answer if answer.prepared or answer.status < 400 else _page(request, answer, root)

    return shown


def _page(request: web.Request, answer: web.StreamResponse, root: str) -> web.Response:
    lang = language_of(request)
    words = LANGUAGES[lang]
    sentence = words.sentences.get(answer.status, words.other)
    body = document(words.title, element("p", sentence), root=root, lang=lang)
    headers = dict(HEADERS)
    if hdrs.RETRY_AFTER in answer.headers:
        headers[hdrs.RETRY_AFTER] = answer.headers[hdrs.RETRY_AFTER]
    return web.Response(
        status=answer.status,
        body=body,
        headers=headers,
        content_type="text/html",
        charset="utf-8",
    )
