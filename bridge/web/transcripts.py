"""What was said in a call, whole, as a page for holders of a signed link."""

import re
from collections.abc import Callable, Iterable, Iterator

from aiohttp import hdrs, web

from bridge.calls.activity import activity_of, agents_in
from bridge.calls.agents import Identity
from bridge.calls.fold.call import fold
from bridge.calls.people.matching import NO_PERSON
from bridge.calls.recording_links import RecordingLinks
from bridge.calls.texts import SHIPPED, Texts
from bridge.calls.transcripts.conversation import Conversation, SummaryPart, Turn
from bridge.errors import NotAllowed
from bridge.inbox.queries import known_call
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.summaries import spoken_in
from bridge.web.html import Node, document, element
from bridge.web.languages import preferred
from bridge.web.link_pages import HEADERS, LONGEST_LANGUAGES
from bridge.web.operation.problems import problem
from bridge.web.recordings import NO_LINK

CALL_SID = re.compile(r"CA[0-9a-f]{32}", re.ASCII)
BY_LANGUAGE = {tag.partition("-")[0]: texts for tag, texts in SHIPPED.items()}
UNKNOWN = "There is no such transcript: it is not made yet, or it was erased."


class TranscriptPages:
    """Shows transcripts; `names` gives agents' names, numbers are of `region`, `root` is the URL's path."""

    def __init__(
        self,
        inbox: Inbox,
        links: RecordingLinks,
        names: Callable[[Iterable[Identity]], dict[str, str]],
        *,
        region: str,
        root: str,
    ) -> None:
        self._inbox = inbox
        self._links = links
        self._names = names
        self._region = region
        self._root = root

    async def show(self, request: web.Request) -> web.Response:
        """The page, in English or French. Raises NotAllowed and InboxUnavailable."""
        sid = request.match_info["sid"]
        signatures = request.query.getall("signature", [])
        if not CALL_SID.fullmatch(sid):
            return problem(404, "The last part of the path should be a call's SID, as CA….")
        if len(signatures) != 1 or not self._links.holds_transcript(sid, signatures[0]):
            raise NotAllowed(NO_LINK)
        lang = preferred(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")[:LONGEST_LANGUAGES], BY_LANGUAGE)
        found = await self._conversation(sid, BY_LANGUAGE[lang])
        if found is None:
            return problem(404, UNKNOWN)
        title, conversation = found
        body = document(title, *_sections(conversation), root=self._root, lang=lang)
        return web.Response(body=body, headers=HEADERS, content_type="text/html", charset="utf-8")

    async def _conversation(self, sid: str, texts: Texts) -> tuple[str, Conversation] | None:
        known = await known_call(self._inbox, sid)
        if known is None or not known.callbacks:
            return None
        call = fold(known.callbacks)
        spoken = (await spoken_in(self._inbox, {sid: call.started_at})).get(sid)
        if spoken is None:
            return None
        activity = activity_of(
            call,
            known.match or NO_PERSON,
            agent_id=None,
            names=self._names({*call.agents, *agents_in(spoken)}),
            links=self._links,
            texts=texts,
            region=self._region,
            spoken=spoken,
        )
        return (activity.title, activity.conversation) if activity.conversation else None


def _sections(conversation: Conversation) -> Iterator[Node]:
    for part in conversation.summary:
        yield _part(part)
    if conversation.origin:
        yield element("p", conversation.origin, class_="quiet")
    turns = [_turn(turn) for turn in conversation.turns]
    yield element("section", element("h2", conversation.heading), *turns, class_="card")


def _part(part: SummaryPart) -> Node:
    points = [element("li", element("bdi", point)) for point in part.points]
    return element("section", element("h2", part.heading), element("ul", *points), class_="card")


def _turn(turn: Turn) -> Node:
    # Text that runs the other way, or says that it does, changes nothing around it.
    said = element("bdi", turn.text)
    if not turn.name:
        return element("p", turn.lead, said)
    return element("p", element("b", element("bdi", turn.name)), turn.lead[len(turn.name) :], said)
