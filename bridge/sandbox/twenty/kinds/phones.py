"""Phone numbers: split, checked and completed by libphonenumber, as the original does on each write."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS

from bridge.sandbox.twenty.errors import ApiError
from bridge.sandbox.twenty.kinds import scalars

_NO_COUNTRY = "001"
"""What libphonenumber calls the region of satellites and freephone numbers of all countries."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in its three parts; None where a part was not given and could not be inferred."""

    number: str | None
    calling_code: str | None
    country_code: str | None


def _refuse(sub_code: str, message: str) -> ApiError:
    return ApiError(message, sub_code=sub_code, friendly=message)


def _check_codes(calling: str, country: str) -> None:
    if country and country not in SUPPORTED_REGIONS:
        raise _refuse("INVALID_PHONE_COUNTRY_CODE", f"Invalid country code {country}")
    if not calling:
        return
    digits = calling.replace("+", "")
    countries = COUNTRY_CODE_TO_REGION_CODE.get(int(digits), ()) if digits.isdigit() else ()
    if not countries:
        raise _refuse("INVALID_PHONE_CALLING_CODE", f"Invalid calling code {calling}")
    if country and country not in countries:
        raise _refuse(
            "CONFLICTING_PHONE_CALLING_CODE_AND_COUNTRY_CODE",
            "Provided country code and calling code are conflicting",
        )


def _diallable(text: str) -> str:
    """What is left of a number without what people write around it; two plus signs are not one.

    Of the digits of other scripts only Arabic ones count, and letters stand for no digits.
    """
    if any(character.isdigit() and not _known_digit(character) for character in text):
        raise _refuse("INVALID_PHONE_NUMBER", f"Provided phone number is invalid {text}")
    begins = next((n for n, one in enumerate(text) if one == "+" or one.isdigit()), 0)
    rest = text[begins:]
    ends = next((n for n, one in enumerate(rest) if one.isascii() and (one.isalpha() or one == "@")), None)
    if rest.startswith("++"):
        raise _refuse("INVALID_PHONE_NUMBER", f"Provided phone number is invalid {text}")
    return rest[:ends].rstrip(" (")


def _known_digit(character: str) -> bool:
    return character.isascii() or "\u0660" <= character <= "\u0669" or "\u06f0" <= character <= "\u06f9"


def _parse(number: str, calling: str, country: str) -> phonenumbers.PhoneNumber:
    digits = calling.replace("+", "")
    region = country or (COUNTRY_CODE_TO_REGION_CODE[int(digits)][0] if digits else None)
    try:
        return phonenumbers.parse(_diallable(number), region)
    except phonenumbers.NumberParseException:
        raise _refuse("INVALID_PHONE_NUMBER", f"Provided phone number is invalid {number}") from None


def _country(parsed: phonenumbers.PhoneNumber) -> str | None:
    """The number's country; a calling code of one country names it even where the number is none."""
    countries = COUNTRY_CODE_TO_REGION_CODE.get(parsed.country_code or 0, ())
    if len(countries) == 1:
        return None if countries[0] == _NO_COUNTRY else str(countries[0])
    region: str | None = phonenumbers.region_code_for_number(parsed)
    return region


@lru_cache(maxsize=4096)
def complete(number: str, calling: str, country: str) -> Phone:
    """One number with what libphonenumber infers; raises ApiError where the parts disagree."""
    _check_codes(calling, country)
    if not number:
        return Phone(None, calling or None, country or None)
    parsed = _parse(number, calling, country)
    found = _country(parsed)
    if found and country and found != country:
        raise _refuse("CONFLICTING_PHONE_COUNTRY_CODE", "Provided and inferred country code are conflicting")
    if calling and str(parsed.country_code) != calling.replace("+", ""):
        raise _refuse("CONFLICTING_PHONE_CALLING_CODE", "Provided and inferred calling code are conflicting")
    national = str(phonenumbers.national_significant_number(parsed))
    return Phone(national, calling or f"+{parsed.country_code}", country or found)


def _additional(entry: Any) -> dict[str, str | None]:
    parts = entry if isinstance(entry, dict) else {}
    if not parts.get("number"):
        return {
            name: parts[name] or None for name in ("number", "callingCode", "countryCode") if name in parts
        }
    phone = complete(*(str(parts.get(name) or "") for name in ("number", "callingCode", "countryCode")))
    return {
        "number": phone.number,
        "callingCode": phone.calling_code,
        "countryCode": phone.country_code,
    }


def stored(value: dict[str, Any], name: str) -> dict[str, object]:
    """The columns that a write to a PHONES field sets.

    What is not given of the primary number stays as it is, additional numbers do not: leaving
    them out empties them. So does the original.
    """
    primary = complete(
        value.get("primaryPhoneNumber") or "",
        value.get("primaryPhoneCallingCode") or "",
        value.get("primaryPhoneCountryCode") or "",
    )
    columns: dict[str, object] = {
        "primaryPhoneNumber": primary.number,
        "primaryPhoneCallingCode": primary.calling_code,
        "primaryPhoneCountryCode": primary.country_code,
    }
    if not primary.number:
        columns = {key: columns[key] for key in columns if key in value}
    additional = value.get("additionalPhones")
    entries = scalars.parsed_json(additional, f"{name}.additionalPhones") if additional else []
    numbers = [_additional(entry) for entry in entries] if isinstance(entries, list) else []
    columns["additionalPhones"] = scalars.json_text(numbers) if numbers else None
    return columns
