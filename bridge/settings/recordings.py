"""Recordings: who may listen, for how long."""

from pydantic import Field

from bridge.settings.types import Names, Secrets, Section


class RecordingSettings(Section):
    """Links to recordings, and how long Twilio keeps these.

    Without `link_keys` the key is derived from Twilio's API secret, and rotates with it. `media_hosts` are
    where Twilio may send those who ask for media: its own hosts, and those of an S3 bucket.
    """

    link_keys: Secrets = Field((), examples=["openssl rand -hex 32 makes one; the first of several signs"])
    keep_days: int | None = Field(None, ge=1, le=36500, examples=[90])
    media_hosts: Names = ("twilio.com", "twiliocdn.com", "amazonaws.com")
