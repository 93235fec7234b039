"""Conferences: who is in which room, who hears whom, and what is told about it. Pure."""

from bridge.sandbox.twilio.conferences.conference import Conference, Settings
from bridge.sandbox.twilio.conferences.directory import Directory
from bridge.sandbox.twilio.conferences.hearing import heard_by
from bridge.sandbox.twilio.conferences.participant import Participant

__all__ = ["Conference", "Directory", "Participant", "Settings", "heard_by"]
