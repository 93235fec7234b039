"""Which addresses requests to the outside may go to: OUTBOUND_HTTP_SAFE_MODE_ENABLED and its exceptions."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address

from yarl import URL


@dataclass(frozen=True)
class Outbound:
    """In safe mode nothing goes to a private address, unless its host is allowed."""

    safe_mode: bool = False
    allowed_hosts: Collection[str] = ()

    async def permits(self, url: str) -> bool:
        """Whether a request may go there; every address of the host counts."""
        host = URL(url).host or ""
        if not self.safe_mode or host in self.allowed_hosts:
            return True
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
        except OSError:
            return False
        return all(ip_address(address[4][0]).is_global for address in found)
