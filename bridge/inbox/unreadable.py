"""What is wrong with one call concerns that call: lists, events and conferences of others go on."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bridge.errors import BridgeError

log = structlog.get_logger()


@contextmanager
def concerning(root_sid: str) -> Iterator[None]:
    """Logs what is unforeseen in the block, which is about this call alone; a BridgeError passes."""
    try:
        yield
    except BridgeError:
        raise
    except Exception as problem:
        # The type alone: the message can quote stored data.
        log.error("call.unreadable", call_sid=root_sid, reason=type(problem).__name__)
