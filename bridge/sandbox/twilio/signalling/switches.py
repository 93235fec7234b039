"""What the signalling server does differently from usual: for tests of a page."""

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Switches:
    """`available`: takes connections (else 503). `ready`: answers `register`. `ringing`: sends it before an
    answer. `reconnects`: gives tokens with which a call survives a lost socket. `heartbeat`: seconds between
    two, 0 for none. `silence`: seconds after which a device that answers none is lost, else those of three.
    `grace`: seconds for which a call waits for a lost device at least. `refuse_calls`: code and message with
    which calls of browsers are declined. `refuse_tokens`: those with which `listen` and `register` are
    refused, good tokens, too. `sound`: "relay" passes it between two devices, "mixer" takes that of every
    call to the sandbox, which a conference needs (and the extra `demo`).
    """

    available: bool = True
    ready: bool = True
    ringing: bool = True
    reconnects: bool = True
    heartbeat: float = 5.0
    silence: float | None = None
    grace: float = 5.0
    refuse_calls: tuple[int, str] | None = None
    refuse_tokens: tuple[int, str] | None = None
    sound: Literal["relay", "mixer"] = "relay"
