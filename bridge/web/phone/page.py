"""The phone page: one document, and the files that it loads, all read at the start.

Modules are joined, and files compressed, for the first browser that asks: 30 ms, half of what a start takes
after its imports.
"""

import gzip
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import get_args

from aiohttp import hdrs, web
from msgspec import Struct

from bridge.settings.phone import Edge
from bridge.web.languages import preferred
from bridge.web.phone.joining import dense, joined

INSIGHTS = ("", *(f".{home}" for home in ("us1", "ie1", "au1", "br1", "de1", "jp1", "sg1")))
"""https://www.twilio.com/docs/global-infrastructure/understanding-twilio-regions"""

STATIC = files("bridge.web.phone") / "static"

DOCUMENT = "index.html"

MAIN = "main.js"
"""The entry module; it is served with all other modules joined into it."""

MANIFESTS = {"en": "manifest.webmanifest", "fr": "manifest.fr.webmanifest"}
"""By language: under the first one's path each browser gets that of its language."""

TYPES = ".d.ts"
"""Type declarations of the libraries; they are not served."""

COMPRESSED = ".gz"
"""Files that `make vendor` compressed: they travel in the place of those that they are made of."""


class PageSettings(Struct, frozen=True, kw_only=True):
    """`root` is the path of the public URL.

    `signalling` is the URL of a sandbox's server; with None the page connects to Twilio's `edges`.
    `embedded_by` holds the origins whose pages can embed this one.
    """

    root: str
    edges: Sequence[str]
    signalling: str | None
    embedded_by: Sequence[str]

    @property
    def policy(self) -> str:
        """The Content-Security-Policy: nothing inline, and connections to the bridge and Twilio alone."""
        # Twilio can answer from any edge, and the SDK reconnects to that edge.
        twilio = [f"wss://voice-js.{edge}.twilio.com" for edge in get_args(Edge)]
        insights = [f"https://eventgw{home}.twilio.com" for home in INSIGHTS]
        connects = [self.signalling] if self.signalling else [*twilio, *insights]
        return "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "media-src 'self'",
                "img-src 'self'",
                "manifest-src 'self'",
                " ".join(("connect-src 'self'", *connects)),
                "base-uri 'none'",
                "form-action 'none'",
                " ".join(("frame-ancestors 'self'", *self.embedded_by)),
            )
        )


class _File(Struct, frozen=True):
    content: bytes
    compressed: bytes | None
    content_type: str
    etag: str


class PhonePage:
    """The page's endpoints."""

    def __init__(self, settings: PageSettings) -> None:
        # Read now: after an update the page stays that of the version which runs.
        _contents()
        self._document = _file(DOCUMENT, _filled((STATIC / DOCUMENT).read_bytes(), settings))
        self._headers: dict[str, str] = {hdrs.CONTENT_SECURITY_POLICY: settings.policy}

    async def show(self, request: web.Request) -> web.Response:
        """Answers with the page, without authentication: the page signs in itself."""
        return _answer(request, self._document, self._headers)

    async def load(self, request: web.Request) -> web.Response:
        """Answers with a file of the page."""
        path = request.match_info["path"]
        if path == MANIFESTS["en"]:
            return self._manifest(request)
        found = _files().get(path)
        if found is None:
            raise web.HTTPNotFound
        return _answer(request, found, {})

    def _manifest(self, request: web.Request) -> web.Response:
        language = preferred(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), MANIFESTS)
        varies: dict[str, str] = {hdrs.VARY: f"{hdrs.ACCEPT_ENCODING}, {hdrs.ACCEPT_LANGUAGE}"}
        return _answer(request, _files()[MANIFESTS[language]], varies)


@cache
def _contents() -> Mapping[str, bytes]:
    """Path → what the installation has; the same for all bridges of a process, which a test has many of."""
    return {path: content for path, content in _read(STATIC, "") if path != DOCUMENT}


@cache
def _files() -> Mapping[str, _File]:
    """Path → file of the page, as browsers get it."""
    contents = dict(_contents())
    compressed = {path: contents.pop(path) for path in list(contents) if path.endswith(COMPRESSED)}
    modules = joined({path: text.decode() for path, text in contents.items() if _is_own(path)}, MAIN)
    styles = {path: dense(text.decode()) for path, text in contents.items() if path.endswith(".css")}
    contents |= {path: text.encode() for path, text in (modules | styles).items()}
    return {
        path: _file(path, content, compressed.get(path + COMPRESSED)) for path, content in contents.items()
    }


def _read(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{path}{entry.name}/")
        elif not entry.name.endswith(TYPES):
            yield path + entry.name, entry.read_bytes()


def _is_own(path: str) -> bool:
    return path.endswith(".js") and not path.startswith("vendor/")


def _file(path: str, content: bytes, compressed: bytes | None = None) -> _File:
    compressed = compressed or gzip.compress(content, mtime=0)
    guessed = "text/javascript" if path.endswith(".js") else mimetypes.guess_type(path)[0]
    smaller = compressed if len(compressed) < len(content) else None
    return _File(content, smaller, guessed or "text/plain", f'"{sha256(content).hexdigest()[:32]}"')


def _filled(document: bytes, settings: PageSettings) -> bytes:
    values = {
        "root": settings.root,
        "signalling": settings.signalling or "",
        "edges": " ".join(settings.edges),
    }
    text = document.decode()
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", escape(value))
    return text.encode()


def _answer(request: web.Request, file: _File, more: dict[str, str]) -> web.Response:
    # Browsers revalidate each file, so that after an update the page and its files fit together.
    headers = {hdrs.CACHE_CONTROL: "no-cache", hdrs.ETAG: file.etag, hdrs.VARY: hdrs.ACCEPT_ENCODING, **more}
    if request.headers.get(hdrs.IF_NONE_MATCH) == file.etag:
        return web.Response(status=304, headers=headers)
    if file.compressed and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=file.compressed, content_type=file.content_type, headers=headers)
    return web.Response(body=file.content, content_type=file.content_type, headers=headers)
