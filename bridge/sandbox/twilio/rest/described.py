"""Requests, held to Twilio's own description of its API: names, types, values, and what is required.

`.ci/twilio` trims `described.json` from what Twilio publishes. https://github.com/twilio/twilio-oai
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from aiohttp import web
from multidict import MultiDict

_NUMBER = re.compile(r"-?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{5,15}Z)?")
_URI = re.compile(r"(https?://\S+)?")
_ENDPOINT = re.compile(r"(client|sip):\S+|\+?[0-9]{1,17}|[0-9A-Za-z_-]+")
_FORMATS = {"date": _DATE, "date-time": _MOMENT, "uri": _URI, "endpoint": _ENDPOINT}
_NAME = re.compile(r"\{[^{}]*\}")
_FORM = "application/x-www-form-urlencoded"


@cache
def described() -> Mapping[str, Any]:
    """Parameters by method and path, the names of whose parts are left out."""
    text = files(__package__).joinpath("described.json").read_text()
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


async def differences(request: web.Request) -> str:
    """What a request has that the description does not allow, or ""; other APIs are not in it."""
    resource = request.match_info.route.resource
    if resource is None or not request.path.endswith(".json"):
        return ""
    operation = described().get(f"{request.method} {_NAME.sub('{}', resource.canonical)}")
    if operation is None:
        return ""
    given = MultiDict(request.query)
    given.extend((name, str(value)) for name, value in (await request.post()).items())
    body = request.content_type if request.can_read_body else _FORM
    return ", ".join(_differences(operation, given)) or ("" if body == _FORM else f"the body is {body}")


def _differences(operation: Mapping[str, Any], given: MultiDict[str]) -> Iterator[str]:
    types = operation["parameters"]
    yield from (f"{name} is required" for name in operation["required"] if name not in given)
    for name in dict.fromkeys(given):
        if name not in types:
            yield f"{name} is unknown"
        elif types[name]["type"] == "array":
            yield from _wrong(name, types[name]["items"], given.getall(name))
        elif len(given.getall(name)) > 1:
            yield f"{name} is given twice"
        else:
            yield from _wrong(name, types[name], given.getall(name))


def _wrong(name: str, schema: Mapping[str, Any], values: list[str]) -> Iterator[str]:
    yield from (f"{name} is {value!r}" for value in values if not _fits(schema, value))


def _fits(schema: Mapping[str, Any], value: str) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    if "pattern" in schema:
        return re.fullmatch(schema["pattern"], value) is not None
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]].fullmatch(value) is not None
    return _TYPES.get(schema["type"], bool)(value) or schema["type"] == "string"


_TYPES: Mapping[str, Callable[[str], bool]] = {
    "boolean": frozenset({"true", "false"}).__contains__,
    "integer": lambda value: _NUMBER.fullmatch(value) is not None,
}
