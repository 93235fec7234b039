"""What Twilio sells as text of recordings: Conversation Intelligence (classic), or batch transcription."""

from bridge.sandbox.twilio.transcribing.heard import Sentence, sentences_of
from bridge.sandbox.twilio.transcribing.state import (
    Configuration,
    Service,
    Switches,
    Transcribing,
    Transcript,
    Transcription,
)

__all__ = [
    "Configuration",
    "Sentence",
    "Service",
    "Switches",
    "Transcribing",
    "Transcript",
    "Transcription",
    "sentences_of",
]
