"""What happens in a call: documents are fetched and run, people are rung, until everybody has hung up.

Everything here is pure: a call yields effects (`bridge.sandbox.twilio.effects`) and takes what came of them.
"""

from bridge.sandbox.twilio.calls.call import Call
from bridge.sandbox.twilio.calls.played import PlayedCall
from bridge.sandbox.twilio.calls.run import run_call
from bridge.sandbox.twilio.calls.start import run_outgoing, run_participant

__all__ = ["Call", "PlayedCall", "run_call", "run_outgoing", "run_participant"]
