"""What is said in a recorded conversation, as sound: words as tones that can be read back, or as speech."""

from bridge.sandbox.sound.conversation import Conversation, Said
from bridge.sandbox.sound.recording import wav_of
from bridge.sandbox.sound.tones import Heard, hear

__all__ = ["Conversation", "Heard", "Said", "hear", "wav_of"]
