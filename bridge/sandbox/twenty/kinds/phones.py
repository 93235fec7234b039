"""Phone numbers: split, checked and completed by libphonenumber, as the original does on each write.

The original uses its JavaScript edition, which takes less than the one used here: what may stand around
and between the digits is decided before.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, CountryCodeSource

from bridge.sandbox.twenty.errors import ApiError
from bridge.sandbox.twenty.kinds import scalars

_NO_COUNTRY = "001"
"""What libphonenumber calls the region of satellites and freephone numbers of all countries."""

_LONGEST = 250
_FEWEST = 3
_DIGIT = r"0-9\uff10-\uff19\u0660-\u0669\u06f0-\u06f9"
_PLUS = r"+\uff0b"
_BETWEEN = (
    r"\-\u2010-\u2015\u2212\u30fc\uff0d/\uff0f.\uff0e"
    r" \u00a0\u00ad\u200b\u2060\u3000()\uff08\uff09\uff3b\uff3d\[\]~\u2053\u223c\uff5e"
)
_DIGITS = re.compile(f"[{_DIGIT}]")
_SHORTEST = re.compile(f"[{_DIGIT}]{{2}}")
_FIRST = re.compile(f"[{_PLUS}{_DIGIT}]")
_REST = re.compile(f"(?<=[{_DIGIT}#])[^{_DIGIT}#]++$")
_NUMBER = re.compile(f"[{_PLUS}]?[{_BETWEEN}{_DIGIT}]+")
_CODE = re.compile(r"[1-9]\d{0,2}", re.ASCII)
_BEFORE, _AFTER = r"[ \u00a0\t]*", r"[:.\uff0e]?[ \u00a0\t,-]*"
_EXTENSION = re.compile(
    rf"(?:;ext=[{_DIGIT}]{{1,20}}"
    rf"|[ \u00a0\t,]*(?:e?xt(?:ensi(?:o\u0301?|\u00f3))?n?|\uff45?\uff58\uff54\uff4e?|доб|anexo)"
    rf"{_AFTER}[{_DIGIT}]{{1,20}}\#?"
    rf"|[ \u00a0\t,]*(?:[x\uff58\#\uff03~\uff5e]|int|\uff49\uff4e\uff54){_AFTER}[{_DIGIT}]{{1,9}}\#?"
    rf"|[- ]+[{_DIGIT}]{{1,6}}\#"
    rf"|{_BEFORE}(?:,{{2}}|;){_AFTER}[{_DIGIT}]{{1,15}}\#?"
    rf"|{_BEFORE},+{_AFTER}[{_DIGIT}]{{1,9}}\#?)$",
    re.IGNORECASE,
)
"""How extensions are written, as libphonenumber reads them."""


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
    digits = calling.removeprefix("+")
    countries = COUNTRY_CODE_TO_REGION_CODE.get(int(digits), ()) if _CODE.fullmatch(digits) else ()
    if not countries or countries == (_NO_COUNTRY,):
        raise _refuse("INVALID_PHONE_CALLING_CODE", f"Invalid calling code {calling}")
    if country and country not in countries:
        raise _refuse(
            "CONFLICTING_PHONE_CALLING_CODE_AND_COUNTRY_CODE",
            "Provided country code and calling code are conflicting",
        )


def _invalid(number: str) -> ApiError:
    return _refuse("INVALID_PHONE_NUMBER", f"Provided phone number is invalid {number}")


def _diallable(text: str) -> str:
    """The digits of a number, and the plus sign before them, without what people write around them.

    An extension is dropped, and a fullwidth plus sign counts for nothing. Raises ApiError where other
    characters stand among the digits.
    """
    start = _FIRST.search(text)
    if start is None or len(text) > _LONGEST:
        raise _invalid(text)
    whole = _REST.sub("", text[start.start() :])
    number = _EXTENSION.sub("", whole)
    if not (_SHORTEST.fullmatch(whole) or _is_number(whole) or _is_number(number)):
        raise _invalid(text)
    digits = "".join(str(unicodedata.decimal(one)) for one in number if one.isdecimal())
    if number.startswith("+") and digits.startswith("0"):  # no calling code begins so
        raise _invalid(text)
    return "+" * number.startswith("+") + digits


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and len(_DIGITS.findall(text)) >= _FEWEST


def _parse(number: str, calling: str, country: str) -> phonenumbers.PhoneNumber:
    digits = calling.replace("+", "")
    region = country or (COUNTRY_CODE_TO_REGION_CODE[int(digits)][0] if digits else None)
    dialled = _diallable(number)
    try:
        parsed = phonenumbers.parse(dialled, region, keep_raw_input=True)
        if not country and parsed.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD:
            return phonenumbers.parse(f"+{digits}{dialled}")  # only a country has a prefix for calls abroad
    except phonenumbers.NumberParseException:
        raise _invalid(number) from None
    return parsed


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
