"""What is known before everything is: for the commands that prepare a bridge."""

from pydantic import ConfigDict, Field

from bridge.settings.former import UnderstandsFormerNames
from bridge.settings.lines import LinesSettings
from bridge.settings.server import ServerSettings
from bridge.settings.systems import APP_SID, TwentySettings, TwilioAccount
from bridge.settings.types import PhoneNumber, by_default
from bridge.settings.voice import VoiceSettings


class TwilioSoFar(TwilioAccount):
    """A Twilio account, and what the bridge may use of it already."""

    app_sid: str | None = Field(None, pattern=APP_SID)
    phone_number: PhoneNumber | None = None


class Part(UnderstandsFormerNames):
    """Some sections; the others are not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class TwilioPart(Part):
    """What it takes to look into a Twilio account."""

    twilio: TwilioSoFar


class SetUpTwilio(TwilioPart):
    """What it takes to prepare it for a bridge."""

    server: ServerSettings
    lines: LinesSettings = by_default()


class SetUpTwenty(Part):
    """What it takes to prepare a workspace for a bridge."""

    twenty: TwentySettings
    server: ServerSettings
    voice: VoiceSettings = by_default()
