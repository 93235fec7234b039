"""config.yaml + environment → frozen models."""

from bridge.settings.load import load
from bridge.settings.models import (
    AgentSettings,
    AuthSettings,
    CorsSettings,
    InboxSettings,
    LogSettings,
    ServerSettings,
    Settings,
    TokenSettings,
    TwentySettings,
    TwilioSettings,
    VoiceSettings,
)

__all__ = [
    "AgentSettings",
    "AuthSettings",
    "CorsSettings",
    "InboxSettings",
    "LogSettings",
    "ServerSettings",
    "Settings",
    "TokenSettings",
    "TwentySettings",
    "TwilioSettings",
    "VoiceSettings",
    "load",
]
