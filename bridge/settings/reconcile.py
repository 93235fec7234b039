"""What Twilio is asked for, because webhooks get lost."""

from pydantic import Field

from bridge.settings.types import Section


class ReconcileSettings(Section):
    """How often Twilio is asked for its calls; 0 minutes is never."""

    minutes: int = Field(15, ge=0, le=1440)
