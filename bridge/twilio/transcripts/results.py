"""What Twilio's transcription engines post as JSON: which recording or transcript a result is of.

https://www.twilio.com/docs/voice/transcription/batch-transcriptions
"""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from msgspec import Struct

from bridge.errors import CallbackInvalid
from bridge.twilio.transcripts.sentences import names_of

SOURCE = re.compile(r"(RE|GT)[0-9a-fA-F]{32}")
NAMES = ("sourceId", "source_sid", "transcript_sid", "TranscriptSid")
"""Where a result names what it is of: a recording, or a transcript of Conversation Intelligence."""
ACCOUNT = re.compile(r'"[aA]ccount(?:Id|_sid|Sid)"\s*:\s*"(AC[0-9a-f]{32})"')


class TranscriptResult(Struct, frozen=True):
    """A result as it came: `body` is JSON text, `names` the fields that it has (its shape)."""

    source_sid: str
    body: str
    names: Sequence[str]

    @property
    def digest(self) -> bytes:
        """The same for each delivery of one result."""
        return blake2b(self.body.encode(), digest_size=16).digest()


def result_of(body: bytes) -> TranscriptResult:
    """Raises CallbackInvalid for a body that is not a JSON object, or names no recording or transcript."""
    try:
        text = body.decode()
        fields = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise CallbackInvalid("The body is not valid JSON in UTF-8.") from problem
    if not isinstance(fields, dict):
        raise CallbackInvalid("The body is not a JSON object.")
    return TranscriptResult(_source(fields), text, names_of(fields))


def _source(fields: Mapping[str, object]) -> str:
    for name in NAMES:
        value = fields.get(name)
        if isinstance(value, str) and SOURCE.fullmatch(value):
            return value[:2] + value[2:].lower()
    raise CallbackInvalid(f"The body names no recording or transcript (one of {', '.join(NAMES)}).")


def account_in(body: bytes) -> str:
    """The account that a result names, "" where it names none; the body need not be signed, nor be JSON."""
    found = ACCOUNT.search(body.decode("latin-1"))
    return found[1] if found else ""
