"""The settings: sections, allowed values, defaults, and checks across sections."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator

from bridge.calls.dialling.rules import Dialling
from bridge.calls.numbers import home_region
from bridge.errors import NumberRefused
from bridge.language.phrase import phrase
from bridge.settings.access import AgentSettings, AuthSettings, CorsSettings, TokenSettings, distinct
from bridge.settings.alerts import AlertSettings
from bridge.settings.dialling import DiallingSettings
from bridge.settings.former import UnderstandsFormerNames
from bridge.settings.hours import Zone
from bridge.settings.lines import LineSettings, LinesSettings
from bridge.settings.phone import PhoneSettings
from bridge.settings.server import InboxSettings, LogSettings, MetricsSettings, ServerSettings
from bridge.settings.summaries import SummarySettings
from bridge.settings.systems import HOME_REGION, TwentySettings, TwilioSettings
from bridge.settings.transcripts import TranscriptSettings
from bridge.settings.types import Email, Names, Secrets, Section, by_default, origin_of
from bridge.settings.voice import VoiceSettings


class MatchingSettings(Section):
    """Which person gets a call whose number several people have, or none."""

    several: Literal["oldest", "newest", "none"] = "oldest"
    nobody: Literal["log", "create", "skip"] = "log"
    late_days: int = Field(7, ge=0, le=365)


class ActivitySettings(Section):
    """What is written of a call, and when.

    `live` writes while a call goes on, as far as the rate limit allows. A missed call becomes a task
    for the owner of the person's company, else for `assignee` (a member's e-mail); with neither, none.
    `zone` is the time zone of what a note says.
    """

    live: Literal["auto", "off"] = "auto"
    missed_call_tasks: bool = True
    assignee: Email | None = Field(None, examples=["jane@example.com"])
    due_hours: int = Field(24, ge=1, le=720)
    zone: Zone | None = Field(None, examples=["Europe/Paris"])


class ReconcileSettings(Section):
    """How often Twilio is asked for its calls; 0 minutes is never."""

    minutes: int = Field(15, ge=0, le=1440)


class RecordingSettings(Section):
    """Links to recordings, and how long Twilio keeps these.

    Without `link_keys` the key is derived from Twilio's API secret, and rotates with it. `media_hosts` are
    where Twilio may send those who ask for media: its own hosts, and those of an S3 bucket.
    """

    link_keys: Secrets = Field(
        (), examples=[phrase("openssl rand -hex 32 makes one; the first of several signs")]
    )
    keep_days: int | None = Field(None, ge=1, le=36500, examples=[90])
    media_hosts: Names = ("twilio.com", "twiliocdn.com", "amazonaws.com")


def _of_keys(auth: AuthSettings) -> Iterator[str]:
    """The agents whom keys name, as the settings or as Twilio call them."""
    return (name for key in auth.keys for name in key.identities)


def _loop(forwards: Mapping[str, Collection[str]]) -> list[str]:
    """The first circle that a caller may be sent on in; empty if there is none."""

    def walk(number: str, way: list[str]) -> list[str]:
        if number in way:
            return [*way[way.index(number) :], number]
        if number in ended:
            return []
        found = next((loop for to in forwards[number] if (loop := walk(to, [*way, number]))), [])
        ended.add(number)
        return found

    ended: set[str] = set()
    return next((loop for number in sorted(forwards) if (loop := walk(number, []))), [])


class Settings(UnderstandsFormerNames, Section):
    """All of it. Constructors get their own section, never the whole."""

    twilio: TwilioSettings
    twenty: TwentySettings
    server: ServerSettings
    inbox: InboxSettings = by_default()
    reconcile: ReconcileSettings = by_default()
    auth: AuthSettings = by_default()
    cors: CorsSettings = by_default()
    agents: AgentSettings = by_default()
    tokens: TokenSettings = by_default()
    phone: PhoneSettings = by_default()
    voice: VoiceSettings = by_default()
    dialling: DiallingSettings = by_default()
    recordings: RecordingSettings = by_default()
    lines: LinesSettings = by_default()
    transcripts: TranscriptSettings = by_default()
    summaries: SummarySettings = by_default()
    matching: MatchingSettings = by_default()
    activities: ActivitySettings = by_default()
    alerts: AlertSettings = by_default()
    log: LogSettings = by_default()
    metrics: MetricsSettings = by_default()

    # Checks of several sections are checks of the last: one that is wrong itself is told by itself.

    @field_validator("inbox")
    @classmethod
    def _a_write_ends_before_another_replica_drains(
        cls, inbox: InboxSettings, info: ValidationInfo
    ) -> InboxSettings:
        twenty: TwentySettings | None = info.data.get("twenty")
        # A SQLite file has one server, so the default does not matter there.
        matters = inbox.is_shared or "partition_seconds" in inbox.model_fields_set
        if twenty and matters and inbox.partition_seconds <= twenty.timeout_seconds:
            raise ValueError(
                phrase(
                    "partition_seconds is {partition_seconds}, which has to be more than "
                    "twenty.timeout_seconds ({timeout_seconds}): a write of the former replica could "
                    "still arrive",
                    partition_seconds=inbox.partition_seconds,
                    timeout_seconds=twenty.timeout_seconds,
                )
            )
        return inbox

    @field_validator("agents")
    @classmethod
    def _agents_are_told_apart(cls, agents: AgentSettings, info: ValidationInfo) -> AgentSettings:
        if auth := info.data.get("auth"):
            distinct(
                agents.names, besides=[*_of_keys(auth), *agents.members, *filter(None, [agents.default])]
            )
        return agents

    @field_validator("dialling")
    @classmethod
    def _caller_ids_are_of_agents(cls, dialling: DiallingSettings, info: ValidationInfo) -> DiallingSettings:
        agents, auth = info.data.get("agents"), info.data.get("auth")
        if agents and auth:
            distinct(agents.names, besides=[*_of_keys(auth), *agents.members, *dialling.own_caller_ids])
        return dialling

    @field_validator("lines")
    @classmethod
    def _lines_speak(cls, lines: LinesSettings, info: ValidationInfo) -> LinesSettings:
        voice: VoiceSettings | None = info.data.get("voice")
        for number, line in lines.each():
            if voice and line.language and not voice.speaks(line.language):
                where = f"numbers.{number}" if number else "default"
                raise ValueError(
                    phrase(
                        "{where}.language is {language}, which needs voice.texts of yours",
                        where=where,
                        language=line.language,
                    )
                )
        return lines

    @field_validator("lines")
    @classmethod
    def _forwards_end(cls, lines: LinesSettings, info: ValidationInfo) -> LinesSettings:
        """A call that comes back to a line would be dialled again, at the company's cost, for ever."""
        if (twilio := info.data.get("twilio")) and (dialling := info.data.get("dialling")):
            shown = (number for numbers in dialling.own_caller_ids.values() for number in numbers)
            own = {twilio.phone_number, *lines.numbers, *dialling.caller_ids, *shown}
            if loop := _loop(lines.forwards(own)):
                raise ValueError(phrase("forwards in a circle: {loop}", loop=" → ".join(loop)))
        return lines

    @field_validator("tokens")
    @classmethod
    def _one_region(cls, tokens: TokenSettings, info: ValidationInfo) -> TokenSettings:
        """Keys, and the tokens made with them, are valid in their own region alone."""
        twilio: TwilioSettings | None = info.data.get("twilio")
        if twilio and twilio.region and twilio.region != (tokens.region or HOME_REGION):
            raise ValueError(
                phrase(
                    "region is {region}, and TWILIO_API_URL is of region {other}: set tokens.region to "
                    "{other}, or TWILIO_API_URL to where the API key was made",
                    region=tokens.region or phrase("unset"),
                    other=twilio.region,
                )
            )
        return tokens

    @field_validator("lines")
    @classmethod
    def _lines_forward_where_calls_may_go(cls, lines: LinesSettings, info: ValidationInfo) -> LinesSettings:
        voice, twilio, rules = (info.data.get(name) for name in ("voice", "twilio", "dialling"))
        if voice and twilio and rules:
            dialling = Dialling(rules.rules(voice.region or home_region(twilio.phone_number)))
            for number, line in lines.each():
                where = f"numbers.{number}" if number else "default"
                _check_forwards(line, dialling, where)
        return lines

    @field_validator("transcripts")
    @classmethod
    def _what_is_transcribed_was_announced(
        cls, transcripts: TranscriptSettings, info: ValidationInfo
    ) -> TranscriptSettings:
        lines: LinesSettings | None = info.data.get("lines")
        if transcripts.is_on and lines and (objection := transcripts.objection(lines)):
            raise ValueError(objection)
        return transcripts

    @property
    def region(self) -> str:
        """Where national numbers are at home: as set, else where the company's number is."""
        return self.voice.region or home_region(self.twilio.phone_number)

    @property
    def zone(self) -> tzinfo:
        """Whose time is shown: as set, else that of the default line's hours, else UTC."""
        hours = self.lines.default.hours
        name = self.activities.zone or (hours.zone if hours else None)
        return ZoneInfo(name) if name else UTC

    @property
    def own_numbers(self) -> frozenset[str]:
        """The company's numbers (E.164), as far as the bridge has to do with them."""
        return frozenset({self.twilio.phone_number, *(number for number, _ in self.lines.each() if number)})

    @property
    def caller_ids(self) -> frozenset[str]:
        """Every number (E.164) that a call out may show."""
        own = self.dialling.own_caller_ids.values()
        shown = (number for numbers in own for number in numbers)
        return frozenset({self.twilio.phone_number, *self.dialling.caller_ids, *shown})

    @property
    def our_numbers(self) -> frozenset[str]:
        """Every number (E.164) of the company's and its agents': called, shown, or forwarded to."""
        return self.own_numbers | self.caller_ids | self.lines.forwarded_to

    @property
    def origins(self) -> frozenset[str]:
        """Whose pages may ask: Twenty's own, and those that are set."""
        return frozenset({origin_of(self.twenty.pages), *self.cors.origins})


def _check_forwards(line: LineSettings, dialling: Dialling, where: str) -> None:
    for place, step in enumerate(line.ring):
        if step.number is not None:
            try:
                dialling.number(step.number)
            except NumberRefused as refused:
                raise ValueError(
                    phrase(
                        "{where}.ring[{place}].number is {refused}; dialling.countries and "
                        "dialling.allow say what may be dialled",
                        where=where,
                        place=place,
                        refused=refused,
                    )
                ) from refused
