"""The settings: what there is, what it may be, what it is where nobody says."""

from bridge.settings.access import AgentSettings, AuthSettings, CorsSettings, TokenSettings
from bridge.settings.activities import ActivitySettings, MatchingSettings
from bridge.settings.reconcile import ReconcileSettings
from bridge.settings.recordings import RecordingSettings
from bridge.settings.server import InboxSettings, LogSettings, MetricsSettings, ServerSettings
from bridge.settings.systems import TwentySettings, TwilioSettings
from bridge.settings.types import Section
from bridge.settings.voice import VoiceSettings


class Settings(Section):
    """All of it. Constructors get their own section, never the whole."""

    twilio: TwilioSettings
    twenty: TwentySettings
    server: ServerSettings
    inbox: InboxSettings = InboxSettings()
    reconcile: ReconcileSettings = ReconcileSettings()
    auth: AuthSettings = AuthSettings()
    cors: CorsSettings = CorsSettings()
    agents: AgentSettings = AgentSettings()
    tokens: TokenSettings = TokenSettings()
    voice: VoiceSettings = VoiceSettings()
    recordings: RecordingSettings = RecordingSettings()
    matching: MatchingSettings = MatchingSettings()
    activities: ActivitySettings = ActivitySettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
