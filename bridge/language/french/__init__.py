"""The French of each message, by its English template; read where a command speaks French."""

from collections.abc import Mapping

from bridge.language.french.calls import KEPT
from bridge.language.french.doctor import FOUND
from bridge.language.french.settings import WRONG
from bridge.language.french.setup import PREPARED
from bridge.language.french.systems import REFUSED

TABLE: Mapping[str, str] = {**FOUND, **KEPT, **WRONG, **PREPARED, **REFUSED}
