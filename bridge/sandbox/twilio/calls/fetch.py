"""Getting a document, or the one that the fallback URL has."""

from urllib.parse import urljoin

from bridge.sandbox.twilio.calls.call import Call
from bridge.sandbox.twilio.effects import Fetch, Flow, Reply, Request
from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.legs import Webhook
from bridge.sandbox.twilio.twiml import Document, Element, parse_answer


def webhook(call: Call, url: str, method: str) -> Webhook:
    """A URL of a document, which may be relative to it."""
    return Webhook(urljoin(call.document_url, url), method or "POST")


def attribute_webhook(call: Call, element: Element, name: str) -> Webhook | None:
    """The webhook that an attribute names, with the method that the attribute beside it names."""
    url = element.get(name)
    method = "method" if name in {"action", "url"} else f"{name}Method"
    return webhook(call, url, element.get(method)) if url else None


def fetch_document(call: Call, request: Request) -> Flow[Document | None]:
    """The document; None if neither the URL nor the fallback has one that can be run."""
    try:
        return (yield from fetch(call, request))
    except TwimlError as error:
        call.report(error)
        if call.fallback is None or request.kind == "fallback":
            return None
        params = {**request.params, "ErrorCode": str(error.code), "ErrorUrl": request.webhook.url}
        return (yield from fetch_document(call, Request("fallback", call.fallback, params)))


def fetch(call: Call, request: Request) -> Flow[Document]:
    """The document of a URL alone; raises TwimlError."""
    reply: Reply = yield Fetch(call.now, request)
    if reply.error is not None:
        raise reply.error
    call.played.twiml.append(reply.body.decode(errors="replace"))
    document = parse_answer(reply.content_type, reply.body, request.webhook.url)
    call.played.errors.extend(document.warnings)
    return document
