"""How the bridge asks other servers: sessions with bounded answers, and why one did not answer."""
