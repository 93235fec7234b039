"""Frames of the signalling: `{"type": T, "payload": {…}, "version": "1.6"}`. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

HEARTBEAT = "\n"
VERSION = "1.6"


class BadFrame(Exception):
    """Text that is no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a device."""

    type: str
    payload: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A member of the payload that is text; empty if it is missing or something else."""
        value = self.payload.get(name)
        return value if isinstance(value, str) else ""

    def object(self, name: str) -> Mapping[str, Any]:
        """A member of the payload that is an object; empty if it is missing or something else."""
        value = self.payload.get(name)
        return value if isinstance(value, dict) else {}


def read_frame(text: str) -> Frame:
    """What a browser sent; raises BadFrame."""
    told = _object(text)
    return _frame(told.get("type"), told.get("payload", {}))


def read_flat(text: str) -> Frame:
    """What a telephone sent: the members of the payload stand beside the type; raises BadFrame."""
    told = _object(text)
    return _frame(told.pop("type", None), told)


def _object(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
        json.dumps(told, ensure_ascii=False).encode()  # refuses halves of surrogate pairs
    except (ValueError, RecursionError) as error:
        raise BadFrame("not JSON") from error
    if not isinstance(told, dict):
        raise BadFrame("not an object")
    return told


def _frame(kind: object, payload: object) -> Frame:
    if not isinstance(kind, str) or not isinstance(payload, dict):
        raise BadFrame("the type is not text, or the payload is not an object")
    return Frame(kind, payload)


def write_frame(kind: str, payload: Mapping[str, Any]) -> str:
    """A message for a device."""
    return json.dumps({"type": kind, "version": VERSION, "payload": payload})


def read_parameters(frame: Frame) -> dict[str, str]:
    """What `device.connect({params})` sends along: `k=v&…`, both percent-encoded."""
    params = frame.object("twilio").get("params")
    return dict(parse_qsl(params, keep_blank_values=True)) if isinstance(params, str) else {}


def write_parameters(parameters: Mapping[str, str]) -> str:
    """What `<Parameter>` hands over. The SDK decodes values alone, and cuts one at a raw `=`."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())


def as_error(code: int, message: str) -> dict[str, Any]:
    """The member `error` of a message."""
    return {"code": code, "message": message}
