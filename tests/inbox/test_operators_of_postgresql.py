"""docs/how-to/rotation.md and backup.md, of PostgreSQL: a second role, a dump and its way back."""

import subprocess

import pytest
from sqlalchemy import make_url

from bridge.calls.callback import Kind
from bridge.inbox.store import open_inbox
from tests.postgres import Postgres
from tests.support import new_sid, told


@pytest.fixture
def roles(postgres_server: Postgres, bare_postgres_database: str) -> str:
    """The URL of a database whose owner is no superuser, with `{}` for the role's name."""
    postgres_server.sql("DROP ROLE IF EXISTS bridge_2027; DROP ROLE IF EXISTS bridge")
    postgres_server.sql("CREATE ROLE bridge LOGIN PASSWORD 'OLD'")
    postgres_server.sql(f"ALTER DATABASE {bare_postgres_database} OWNER TO bridge")
    url = make_url(postgres_server.url(bare_postgres_database))
    return url.set(username="ROLE").render_as_string(hide_password=False).replace("ROLE", "{}")


async def test_a_second_role_has_what_the_first_one_has(
    roles: str, postgres_server: Postgres, bare_postgres_database: str
) -> None:
    async with open_inbox(roles.format("bridge")) as old:
        await old.store(told(Kind.STATUS, new_sid(), CallStatus="completed"))
        postgres_server.sql("CREATE ROLE bridge_2027 LOGIN PASSWORD 'NEW' IN ROLE bridge")
        postgres_server.sql("ALTER ROLE bridge_2027 SET role TO bridge")
        async with open_inbox(roles.format("bridge_2027")) as new:
            await new.store(told(Kind.STATUS, new_sid(), CallStatus="completed"))
            postgres_server.sql("ALTER ROLE bridge NOLOGIN")
            # Whoever is connected stays so.
            await old.store(told(Kind.STATUS, new_sid(), CallStatus="completed"))
    sql = "SELECT count(*), (SELECT string_agg(DISTINCT tableowner, ' ') FROM pg_tables"
    sql += " WHERE schemaname = 'public') FROM callbacks"
    assert postgres_server.sql(sql, database=bare_postgres_database) == "3|bridge"


def program(server: Postgres, name: str, *arguments: str, reads: bytes = b"") -> bytes:
    """What one of PostgreSQL's own programs prints."""
    address = ("-h", str(server.folder), "-p", str(server.port), "-U", "postgres")
    command = [str(server.server.bin_path / name), *address, *arguments]
    return subprocess.run(command, check=True, capture_output=True, input=reads, timeout=60).stdout


async def test_a_dump_of_a_bridge_that_runs_is_a_bridge(
    postgres_server: Postgres, postgres_database: str, postgres_url: str
) -> None:
    another = postgres_server.create_database()
    async with open_inbox(postgres_url) as inbox:
        await inbox.store(told(Kind.STATUS, new_sid(), CallStatus="completed"))
        dump = program(postgres_server, "pg_dump", "--format", "custom", postgres_database)
    program(postgres_server, "pg_restore", "--dbname", another, reads=dump)
    async with open_inbox(postgres_server.url(another)) as restored:
        await restored.store(told(Kind.STATUS, new_sid(), CallStatus="completed"))
    assert postgres_server.sql("SELECT count(*) FROM callbacks", database=another) == "2"
    postgres_server.drop_later(another)
