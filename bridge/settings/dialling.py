"""What may be dialled, how often, and which number is shown."""

from collections.abc import Collection
from typing import Annotated, Self

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, REGION_CODE_FOR_NON_GEO_ENTITY
from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from bridge.calls.dialling.limits import Limits
from bridge.calls.dialling.rules import Rules
from bridge.language.phrase import phrase
from bridge.settings.access import distinct
from bridge.settings.types import PhoneNumber, Region, Section

COUNTRY_CODES = frozenset(
    f"+{code}"
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()
    if REGION_CODE_FOR_NON_GEO_ENTITY not in regions
)


def _quoted(value: object) -> object:
    # To YAML +33892 is a number, and 0612 one to the base of eight.
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(phrase("should stand in quotes: '…'"))
    return value


Prefix = Annotated[str, BeforeValidator(_quoted), StringConstraints(pattern=r"^\+[1-9][0-9]{0,14}$")]
ShortNumber = Annotated[str, BeforeValidator(_quoted), StringConstraints(pattern=r"^[0-9]{2,6}$")]
Most = Annotated[int, Field(ge=0, le=100_000)]


class DiallingSettings(Section):
    """What may be dialled: valid, ordinary numbers of `countries` (unset: the one where the line is).

    `allow` and `deny` are beginnings of numbers; the longest match decides, before country and kind.
    """

    countries: tuple[Region, ...] | None = Field(None, examples=["[FR, BE]"])
    allow: tuple[Prefix, ...] = Field((), examples=["['+33892']"])
    deny: tuple[Prefix, ...] = Field((), examples=["['+3389']"])
    short_numbers: tuple[ShortNumber, ...] = Field((), examples=["['3631']"])
    emergency: bool = False
    caller_ids: tuple[PhoneNumber, ...] = Field((), examples=["['+33159130002']"])
    own_caller_ids: dict[str, tuple[PhoneNumber, ...]] = Field({}, examples=["{alice: ['+33159130003']}"])
    agent_calls_a_minute: Most = 30
    agent_calls_an_hour: Most = 300
    agent_calls_at_once: Most = 10
    calls_a_minute: Most = 100
    calls_an_hour: Most = 2000
    forwarded_a_minute: Most = 60
    forwarded_an_hour: Most = 1000

    @field_validator("own_caller_ids")
    @classmethod
    def _agents_are_told_apart(cls, own: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        distinct(own)
        return own

    @model_validator(mode="after")
    def _lists_make_sense(self) -> Self:
        if both := sorted(set(self.allow) & set(self.deny)):
            raise ValueError(
                phrase("{both} should stand in allow or in deny, not in both", both=", ".join(both))
            )
        for prefix in self.allow:
            if _opens(prefix, COUNTRY_CODES):
                raise ValueError(
                    phrase(
                        "allow has {prefix}, which would allow a country's premium-rate numbers, too: "
                        "countries is where countries stand",
                        prefix=prefix,
                    )
                )
        return self

    def rules(self, region: str) -> Rules:
        """What is allowed of a line that is at home in `region`."""
        return Rules(
            region=region,
            countries=frozenset((region,) if self.countries is None else self.countries),
            allow=self.allow,
            deny=self.deny,
            short_numbers=frozenset(self.short_numbers),
            emergency=self.emergency,
        )

    @property
    def limits(self) -> Limits:
        """How many calls may be placed."""
        return Limits(
            agent_minute=self.agent_calls_a_minute,
            agent_hour=self.agent_calls_an_hour,
            agent_at_once=self.agent_calls_at_once,
            minute=self.calls_a_minute,
            hour=self.calls_an_hour,
            forwarded_minute=self.forwarded_a_minute,
            forwarded_hour=self.forwarded_an_hour,
        )


def _opens(prefix: str, codes: Collection[str]) -> bool:
    return any(code.startswith(prefix) for code in codes)
