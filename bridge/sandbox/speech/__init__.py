"""A server of models to try things on: speech to text, and chat completions, as OpenAI's API has them."""

from bridge.sandbox.speech.recognisers import Recogniser, hear_tones
from bridge.sandbox.speech.scripted import Answer, Chatted, Transcribed
from bridge.sandbox.speech.server import SpeechSandbox, speech_sandbox

__all__ = [
    "Answer",
    "Chatted",
    "Recogniser",
    "SpeechSandbox",
    "Transcribed",
    "hear_tones",
    "speech_sandbox",
]
