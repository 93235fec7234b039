"""Twilio's REST API: the one part of this room with I/O.

https://www.twilio.com/docs/usage/api
"""

from bridge.twilio.rest.client import TwilioRest, open_rest
from bridge.twilio.rest.resources import CallResource, RecordingResource

__all__ = ["CallResource", "RecordingResource", "TwilioRest", "open_rest"]
