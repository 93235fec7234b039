"""Session descriptions, read and written as lines. Pure."""

import re
import secrets
from collections.abc import Iterable

LOOPBACK = "127.0.0.1"
_SEPARATOR = "\r\n"
_DISCARD_PORT = 9
_NEEDED = {
    "v=0": re.compile(r"v=0$"),
    "m=audio": re.compile(r"m=audio \d+ \S+ \S"),
    "ice-ufrag": re.compile(r"a=ice-ufrag:\S"),
    "fingerprint": re.compile(r"a=fingerprint:\S"),
}
"""Without these a browser cannot be called."""


class BadDescription(Exception):
    """Text that is no description of a call with sound."""


def check(sdp: str) -> str:
    """The description itself; raises BadDescription for what is no audio of WebRTC."""
    lines = _lines(sdp)
    missing = [name for name, pattern in _NEEDED.items() if not any(map(pattern.match, lines))]
    if missing:
        raise BadDescription(f"lacks {', '.join(missing)}")
    return sdp


def fingerprint(sdp: str) -> str:
    """What stays the same for one peer connection, through every restart of ICE."""
    return next((line for line in _lines(sdp) if line.startswith("a=fingerprint:")), "")


def through(sdp: str, port: int) -> str:
    """The description of a party that is reached at a port of the relay and sends digits as messages."""
    lines = [
        line for line in without_events(_lines(sdp)) if not line.startswith(("a=candidate:", "a=end-of-"))
    ]
    at = next(place for place, line in enumerate(lines) if _NEEDED["m=audio"].match(line))
    lines[at] = re.sub(r"^m=audio \d+", f"m=audio {port}", lines[at])
    lines = [f"c=IN IP4 {LOOPBACK}" if line.startswith("c=") else line for line in lines]
    lines.append(f"a=candidate:1 1 udp 2130706431 {LOOPBACK} {port} typ host")
    return _written(lines)


def without_events(lines: list[str]) -> list[str]:
    """Without telephone-event: digits would be in the encrypted sound, where no server sees them."""
    events = {
        match[1]
        for line in lines
        if (match := re.match(r"a=rtpmap:(\d+) telephone-event/", line)) is not None
    }
    kept = [line for line in lines if not re.match(rf"a=(?:rtpmap|fmtp|rtcp-fb):(?:{_any(events)}) ", line)]
    return [_without_formats(line, events) if _NEEDED["m=audio"].match(line) else line for line in kept]


def _any(events: Iterable[str]) -> str:
    return "|".join(sorted(events)) or "none"


def _without_formats(line: str, events: set[str]) -> str:
    medium, port, protocol, *formats = line.split(" ")
    return " ".join([medium, port, protocol, *(one for one in formats if one not in events)])


def silent_answer(offer: str) -> str:
    """An answer of the sandbox's own, without candidates: the call is open and silent."""
    lines = without_events(_lines(offer))
    audio = next(line for line in lines if _NEEDED["m=audio"].match(line))
    codecs = [line for line in lines if line.startswith(("a=rtpmap:", "a=fmtp:"))]
    mid = next((line.removeprefix("a=mid:") for line in lines if line.startswith("a=mid:")), "0")
    return _silent(audio.split(" ")[3:], codecs, mid=mid, setup="passive")


def silent_offer() -> str:
    """The offer of a scripted party that calls: Opus and PCMU, and nothing to be heard."""
    codecs = ["a=rtpmap:111 opus/48000/2", "a=rtpmap:0 PCMU/8000"]
    return _silent(["111", "0"], codecs, mid="0", setup="actpass")


def _silent(formats: list[str], codecs: list[str], *, mid: str, setup: str) -> str:
    proof = ":".join(f"{byte:02X}" for byte in secrets.token_bytes(32))
    return _written(
        [
            *(
                "v=0",
                f"o=- {secrets.randbelow(2**53)} 2 IN IP4 {LOOPBACK}",
                "s=-",
                "t=0 0",
                f"a=group:BUNDLE {mid}",
            ),
            f"m=audio {_DISCARD_PORT} UDP/TLS/RTP/SAVPF {' '.join(formats)}",
            *("c=IN IP4 0.0.0.0", f"a=mid:{mid}", "a=sendrecv", "a=rtcp-mux", *codecs),
            *(f"a=ice-ufrag:{secrets.token_hex(4)}", f"a=ice-pwd:{secrets.token_hex(12)}"),
            *(f"a=fingerprint:sha-256 {proof}", f"a=setup:{setup}"),
        ]
    )


def _lines(sdp: str) -> list[str]:
    return [line for line in sdp.replace("\r\n", "\n").split("\n") if line]


def _written(lines: list[str]) -> str:
    return _SEPARATOR.join(lines) + _SEPARATOR
