"""A Twilio to try things on: it places calls, runs their TwiML, and tells about them as Twilio does."""

from bridge.sandbox.twilio.calls.played import PlayedCall
from bridge.sandbox.twilio.delivered import Delivered
from bridge.sandbox.twilio.errors import SandboxError, TokenRefused
from bridge.sandbox.twilio.faults import Delivery
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.parties import Party
from bridge.sandbox.twilio.sandbox import TwilioSandbox
from bridge.sandbox.twilio.server import twilio_sandbox

__all__ = [
    "Delivered",
    "Delivery",
    "Leg",
    "Party",
    "PlayedCall",
    "SandboxError",
    "TokenRefused",
    "TwilioSandbox",
    "twilio_sandbox",
]
