"""`/v1/DialingPermissions/Countries`.

https://www.twilio.com/docs/voice/api/dialingpermissions-country-resource
"""

from typing import Any

import phonenumbers
from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.permissions import Permission
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.forms import read_query

PATH = "/v1/DialingPermissions/Countries"
_FILTERS = {
    "IsoCode": "iso_code",
    "Continent": "continent",
    "CountryCode": "country_codes",
    "LowRiskNumbersEnabled": "low_risk_numbers_enabled",
    "HighRiskSpecialNumbersEnabled": "high_risk_special_numbers_enabled",
    "HighRiskTollfraudNumbersEnabled": "high_risk_tollfraud_numbers_enabled",
}


async def list_countries(request: web.Request) -> web.Response:
    """All countries, in pages of the product APIs' shape."""
    query = read_query(request, _FILTERS)
    shown = [_show(request, iso_code) for iso_code in sorted(phonenumbers.SUPPORTED_REGIONS)]
    found = [one for one in shown if all(_passes(one[_FILTERS[name]], query[name]) for name in query)]
    size, number = int(request.query.get("PageSize", 50)), int(request.query.get("Page", 0))
    here = found[size * number : size * (number + 1)]
    more = size * (number + 1) < len(found)
    return web.json_response({"content": here, "meta": _meta(request, size, number, more=more)})


async def fetch_country(request: web.Request) -> web.Response:
    """One country."""
    iso_code = request.match_info["IsoCode"]
    if iso_code not in phonenumbers.SUPPORTED_REGIONS:
        raise RestError(404, 20404, request.path)
    return web.json_response(_show(request, iso_code))


def _passes(value: Any, wanted: str) -> bool:
    if isinstance(value, list):
        return f"+{wanted.lstrip('+')}" in value
    return str(value).lower() == wanted.lower()


def _show(request: web.Request, iso_code: str) -> dict[str, Any]:
    permission: Permission = request.app[SANDBOX].account.permissions.of(iso_code)
    url = f"{request.app[SANDBOX].url}{PATH}/{iso_code}"
    return {
        "iso_code": iso_code,
        "name": iso_code,
        "continent": None,
        "country_codes": [f"+{phonenumbers.country_code_for_region(iso_code)}"],
        "low_risk_numbers_enabled": permission.low_risk,
        "high_risk_special_numbers_enabled": permission.high_risk_special,
        "high_risk_tollfraud_numbers_enabled": permission.high_risk_tollfraud,
        "url": url,
        "links": {"highrisk_special_prefixes": f"{url}/HighRiskSpecialPrefixes"},
    }


def _meta(request: web.Request, size: int, number: int, *, more: bool) -> dict[str, Any]:
    def url(wanted: int) -> str:
        return str(request.url.update_query({"PageSize": str(size), "Page": str(wanted)}))

    return {
        "key": "content",
        "page": number,
        "page_size": size,
        "url": str(request.url),
        "first_page_url": url(0),
        "next_page_url": url(number + 1) if more else None,
        "previous_page_url": url(number - 1) if number else None,
    }
