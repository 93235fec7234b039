"""TwiML as Twilio reads it: strictly, with its own codes for what is wrong."""

from bridge.sandbox.twilio.twiml.document import Document, Element
from bridge.sandbox.twilio.twiml.parse import parse_answer, parse_document

__all__ = ["Document", "Element", "parse_answer", "parse_document"]
