"""Devices, the network between them, and time: over HTTP, from another process."""

from importlib.util import find_spec
from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.control import bad_request, read_object
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.signalling.hub import Hub

SOUND = ("relay", "mixer")
WEATHER = {"drop": float, "delay": float, "jitter": float, "cut": bool}
SWITCHES = {
    "available": bool,
    "ready": bool,
    "ringing": bool,
    "reconnects": bool,
    "heartbeat": float,
    "grace": float,
}


async def show_devices(request: web.Request) -> web.Response:
    """Who is connected, who of them rings, and the legs that they hold."""
    sandbox = request.app[SANDBOX]
    hub, ringing = sandbox.signalling, sandbox.account.devices
    return web.json_response(
        {
            "devices": [
                {"address": one.address, "rings": one.name in ringing.get(one.address, [])}
                for one in hub.devices.values()
            ],
            "legs": [
                {
                    "sid": end.leg.sid,
                    "address": end.device.address,
                    "status": end.leg.status,
                    "digits": end.leg.digits,
                }
                for end in hub.ends.values()
            ],
        }
    )


async def change_network(request: web.Request) -> web.Response:
    """`{"drop", "delay", "jitter", "cut"}` of the sound, switches of the server, `"lose": "client:alice"`.

    `"sound": "mixer"` takes the sound of calls that begin from now on to the sandbox, `"relay"` lets it pass.

    Times are in seconds; `lose` ends the connections of an address, of all with `""`. What is left out stays.
    """
    hub = request.app[SANDBOX].signalling
    asked = await read_object(request)
    lose, sound = asked.pop("lose", None), asked.pop("sound", hub.switches.sound)
    if sound not in SOUND or (sound == "mixer" and find_spec("aiortc") is None):
        raise bad_request("sound: relay, or mixer where the extra `demo` is installed")
    hub.switches.sound = sound
    for name, value in asked.items():
        _change(hub, name, value)
    if isinstance(lose, str):
        await hub.drop(lose)
    return web.json_response({name: getattr(hub.weather, name) for name in WEATHER})


def _change(hub: Hub, name: str, value: Any) -> None:
    known, target = (WEATHER, hub.weather) if name in WEATHER else (SWITCHES, hub.switches)
    if name not in known or not _is(value, known[name]):
        raise bad_request(f"{name}: not a switch, or not of its type")
    setattr(target, name, value)


def _is(value: object, kind: type) -> bool:
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    return isinstance(value, int | float) and value >= 0


async def pass_time(request: web.Request) -> web.Response:
    """`{"seconds": 30}` pass at once for every call that devices take part in."""
    seconds = (await read_object(request)).get("seconds")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 86_400:
        raise bad_request("seconds: a number up to 86400")
    request.app[SANDBOX].skip(float(seconds))
    return web.json_response({})


ROUTES = [
    web.get("/sandbox/devices", show_devices),
    web.post("/sandbox/network", change_network),
    web.post("/sandbox/time", pass_time),
]
