"""config.yaml + environment → frozen models."""

from bridge.settings.load import load
from bridge.settings.models import (
    ActivitySettings,
    AgentSettings,
    AuthSettings,
    CorsSettings,
    InboxSettings,
    LogSettings,
    MatchingSettings,
    ServerSettings,
    Settings,
    TokenSettings,
    TwentySettings,
    TwilioSettings,
    VoiceSettings,
)

__all__ = [
    "ActivitySettings",
    "AgentSettings",
    "AuthSettings",
    "CorsSettings",
    "InboxSettings",
    "LogSettings",
    "MatchingSettings",
    "ServerSettings",
    "Settings",
    "TokenSettings",
    "TwentySettings",
    "TwilioSettings",
    "VoiceSettings",
    "load",
]
