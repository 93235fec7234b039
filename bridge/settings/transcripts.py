"""Transcripts of recordings, made by an engine at Twilio."""

from bridge.settings.types import Section


class TranscriptSettings(Section):
    """Whether results are kept that Twilio's engines post to `/twilio/transcripts`."""

    webhook: bool = False
