"""Voice geographic permissions: which countries, and which risky numbers in them, may be called.

https://www.twilio.com/docs/voice/api/dialingpermissions-country-resource
"""

from dataclasses import dataclass, field

from bridge.sandbox.twilio.numbers import HIGH_RISK, country, number_kind


@dataclass(slots=True)
class Permission:
    """What may be called in one country."""

    low_risk: bool = True
    high_risk_special: bool = False
    high_risk_tollfraud: bool = False


@dataclass(slots=True)
class Permissions:
    """By ISO code; a country that was not named has its low-risk numbers open."""

    countries: dict[str, Permission] = field(default_factory=dict)

    def of(self, iso_code: str) -> Permission:
        """The permission of a country."""
        return self.countries.get(iso_code) or Permission()

    def refusal(self, number: str) -> int | None:
        """The code of why an E.164 number is not dialled."""
        kind = number_kind(number)
        if kind is None:
            return 13224
        permission = self.of(country(number))
        if kind in HIGH_RISK:
            return None if permission.high_risk_special else 13225
        return None if permission.low_risk else 13227
