"""How the database is opened: one engine for transactions that read, one for those that write."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from bridge.inbox import postgresql, sqlite


@dataclass(frozen=True, slots=True)
class Database:
    """SQLite or PostgreSQL."""

    reading: AsyncEngine
    writing: AsyncEngine

    @property
    def is_shared(self) -> bool:
        """Whether several processes may serve it."""
        return self.writing.dialect.name == "postgresql"

    @property
    def answers_within(self) -> float | None:
        """Seconds after which a transaction counts as lost; None where the database sees to it itself."""
        return postgresql.ANSWER_SECONDS if self.is_shared else None

    def passes(self, problem: Exception) -> bool:
        """Whether the same transaction may succeed when it is tried again."""
        return self.is_shared and postgresql.passes(problem)

    async def close(self) -> None:
        """Ends all connections."""
        await self.reading.dispose()
        await self.writing.dispose()


def connect(url: str) -> Database:
    """The database at a URL; nothing is asked of it yet."""
    if url.startswith("sqlite"):
        engine = sqlite.open_engine(url)
        return Database(engine, sqlite.writing(engine))
    return Database(postgresql.reading(url), postgresql.writing(url))


def cause(problem: BaseException) -> str:
    """What the database said, in its first line: what follows may quote what is kept."""
    told = str(getattr(problem, "orig", None) or problem)
    return (told.splitlines() or [type(problem).__name__])[0].rpartition(">: ")[2]
