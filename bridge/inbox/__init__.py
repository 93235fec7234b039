"""The durable queue: callbacks are stored here before they are acknowledged, until Twenty has their call."""

import sys
from types import ModuleType


class _NotImported(ModuleType):
    """A module all of whose names are None."""

    def __getattr__(self, name: str) -> None:
        return None


# SQLAlchemy's asyncio package imports its sessions, and with them the whole ORM, of which the inbox uses
# nothing: a tenth of a start, and 6 MB.
if "sqlalchemy.ext.asyncio" not in sys.modules:
    _sessions = [f"sqlalchemy.ext.asyncio.{name}" for name in ("scoping", "session")]
    sys.modules.update({name: _NotImported(name) for name in _sessions})
    import sqlalchemy.ext.asyncio  # noqa: F401

    for _name in _sessions:
        del sys.modules[_name]
