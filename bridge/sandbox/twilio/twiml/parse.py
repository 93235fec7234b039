"""From the body of an answer to a document that can be run."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from bridge.sandbox.twilio.errors import TwimlError, describe
from bridge.sandbox.twilio.twiml import schema
from bridge.sandbox.twilio.twiml.document import Document, Element

XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})
MAX_BYTES = 64 * 1024
MAX_NOUNS = 10


def parse_answer(content_type: str, body: bytes, url: str) -> Document:
    """The document of an HTTP answer; raises TwimlError for what cannot be run."""
    media_type = content_type.partition(";")[0].strip().lower()
    if len(body) > MAX_BYTES:
        raise TwimlError(11750, f"{len(body)} bytes")
    if media_type == "text/plain":
        return Document((Element("Say", text=body.decode(errors="replace")),), url)
    if media_type.startswith("audio/"):
        return Document((Element("Play", text=url),), url)
    if media_type not in XML_TYPES:
        raise TwimlError(12300, content_type or "no Content-Type")
    return parse_document(body, url)


def parse_document(body: bytes | str, url: str = "") -> Document:
    """The document in an XML text."""
    try:
        root = ET.fromstring(body)  # noqa: S314 -- expat itself bounds the growth of entities
    except ET.ParseError as error:
        raise TwimlError(12100, str(error)) from error
    if root.tag != "Response":
        raise TwimlError(12102, f"it is {root.tag}")
    reader = _Reader()
    verbs = tuple(verb for node in root if (verb := reader.read_verb(node)))
    reader.refuse_text(root)
    return Document(verbs, url, tuple(reader.warnings))


class _Reader:
    """Reads elements, leaves out what the schema does not know, and keeps why."""

    def __init__(self) -> None:
        self.warnings: list[tuple[int, str]] = []

    def warn(self, code: int, detail: str) -> None:
        self.warnings.append((code, describe(code, detail)))

    def read_verb(self, node: ET.Element) -> Element | None:
        if node.tag in schema.NOT_RUN:
            self.warn(0, f"the sandbox does not run <{node.tag}>")
            return None
        if node.tag not in schema.VERBS:
            self.warn(12200, f"Invalid content was found starting with element '{node.tag}'")
            return None
        attributes = self.read_attributes(node, schema.VERBS[node.tag])
        if node.tag == "Dial":
            return Element("Dial", attributes, _text(node), self.read_nouns(node))
        return Element(node.tag, attributes, self.read_text(node))

    def read_nouns(self, dial: ET.Element) -> tuple[Element, ...]:
        nouns = [noun for node in dial if (noun := self.read_noun(node))]
        if _text(dial):
            nouns.insert(0, Element("Number", text=_text(dial)))
        if len(nouns) > MAX_NOUNS:
            self.warn(12200, f"<Dial> holds {len(nouns)} nouns, {MAX_NOUNS} are rung")
        return tuple(nouns[:MAX_NOUNS])

    def read_noun(self, node: ET.Element) -> Element | None:
        if node.tag in schema.NOUNS_NOT_RUN:
            self.warn(0, f"the sandbox does not dial <{node.tag}>")
            return None
        if node.tag not in schema.NOUNS:
            self.warn(13215, node.tag)
            return None
        attributes = self.read_attributes(node, schema.NOUNS[node.tag])
        if node.tag == "Client":
            return Element("Client", attributes, _text(node), self.read_client(node))
        return Element(node.tag, attributes, self.read_text(node))

    def read_client(self, client: ET.Element) -> tuple[Element, ...]:
        return tuple(
            Element(node.tag, self.read_attributes(node, schema.CLIENT_DATA[node.tag]), _text(node))
            for node in client
            if self.knows(node, schema.CLIENT_DATA)
        )

    def read_text(self, node: ET.Element) -> str:
        markup = schema.SPEECH_MARKUP if node.tag == "Say" else frozenset[str]()
        for child in node.iter():
            if child is not node and child.tag not in markup:
                self.warn(12200, f"element '{child.tag}' is not allowed in '{node.tag}'")
        return "".join(node.itertext()).strip()

    def read_attributes(self, node: ET.Element, known: Mapping[str, schema.Attribute]) -> dict[str, str]:
        taken = {}
        for name, value in node.attrib.items():
            if name not in known:
                self.warn(12200, f"Attribute '{name}' is not allowed to appear in element '{node.tag}'")
            elif not known[name].takes(value):
                self.warn(known[name].code, f"{node.tag} {name}={value!r}")
            else:
                taken[name] = value
        return taken

    def knows(self, node: ET.Element, known: Mapping[str, object]) -> bool:
        if node.tag not in known:
            self.warn(12200, f"Invalid content was found starting with element '{node.tag}'")
        return node.tag in known

    def refuse_text(self, root: ET.Element) -> None:
        if _text(root) or any((node.tail or "").strip() for node in root):
            self.warn(12200, "text is not allowed in 'Response'")


def _text(node: ET.Element) -> str:
    return (node.text or "").strip()
