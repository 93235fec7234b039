"""config.yaml + environment → frozen models."""

from bridge.settings.access import AgentSettings, AuthSettings, CorsSettings, TokenSettings
from bridge.settings.alerts import AlertSettings
from bridge.settings.dialling import DiallingSettings
from bridge.settings.load import load
from bridge.settings.models import (
    ActivitySettings,
    MatchingSettings,
    ReconcileSettings,
    RecordingSettings,
    Settings,
)
from bridge.settings.server import InboxSettings, LogSettings, MetricsSettings, ServerSettings
from bridge.settings.summaries import SummarySettings
from bridge.settings.systems import TwentySettings, TwilioSettings
from bridge.settings.transcripts import TranscriptSettings
from bridge.settings.types import secrets_of
from bridge.settings.voice import VoiceSettings

__all__ = [
    "ActivitySettings",
    "AgentSettings",
    "AlertSettings",
    "AuthSettings",
    "CorsSettings",
    "DiallingSettings",
    "InboxSettings",
    "LogSettings",
    "MatchingSettings",
    "MetricsSettings",
    "ReconcileSettings",
    "RecordingSettings",
    "ServerSettings",
    "Settings",
    "SummarySettings",
    "TokenSettings",
    "TranscriptSettings",
    "TwentySettings",
    "TwilioSettings",
    "VoiceSettings",
    "load",
    "secrets_of",
]
