"""What is played with the code of each time: calls that Twenty has, and calls that it does not have yet."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
from twilio.request_validator import RequestValidator

from bridge.demo.bridge import AGENTS, PUBLIC_URL, environment, fetch_token, known_to
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import Party, PlayedCall, TwilioSandbox, twilio_sandbox
from tests.inbox.past.code import Code
from tests.inbox.past.workspace import dump_of
from tests.support import ask, create_person, eventually, phone_calls, settled, until

FORGET_KEY = "a-key-of-stored-inboxes-0123456789abcdef"
CONFIG = "agents: {names: [alice, bob]}\nserver: {port: 0}\nlog: {json_lines: true}\n"
CORRECT = "mutation ($id: UUID!, $p: UUID) { updatePhoneCall(id: $id, data: {personId: $p}) { id } }"
DELETE = "mutation ($id: UUID!) { deletePhoneCall(id: $id) { id } }"


class Player:
    """The stories of one stored inbox; its numbers are its own, as all are later drained into one Twenty."""

    def __init__(
        self,
        place: int,
        code: Code,
        bridge: BridgeProcess,
        twilio: TwilioSandbox,
        twenty: TwentySandbox,
        env: Mapping[str, str],
    ) -> None:
        self.place, self.code, self.bridge, self.twilio, self.twenty, self.env = (
            place,
            code,
            bridge,
            twilio,
            twenty,
            env,
        )
        self.token = ""
        self.played: dict[str, str] = {}
        """Story → call SID."""

    def number(self, who: int) -> str:
        """Of a person in this inbox."""
        return f"+3326191{self.place:02}{who:02}"

    async def call_out(self, story: str, to: str, **party: Any) -> None:
        self.twilio.parties[to] = Party.answers(**party)
        self._keep(story, await self.twilio.call_from_token(self.token, to))

    async def call_in(self, story: str, who: int, *, answered: bool = False, says: str = "") -> None:
        for agent in AGENTS:
            self.twilio.parties[f"client:{agent}"] = (
                Party.answers(talks=20) if answered else Party.no_answer()
            )
        hangs_up = None if answered or says else 12
        self._keep(
            story,
            await self.twilio.call_from_phone(self.number(who), says=says, caller_hangs_up_after=hangs_up),
        )

    def _keep(self, story: str, call: PlayedCall) -> None:
        self.played[story] = call.sid

    async def play(self) -> None:
        """Up to the moment of which the inbox is stored: the bridge was killed, and Twenty is away."""
        self.token = await fetch_token(self.bridge.url, "alice")
        jane = await create_person(self.twenty, f"Jane {self.place:02}", primaryPhoneNumber=self.number(1))
        john = await create_person(self.twenty, f"John {self.place:02}", primaryPhoneNumber=self.number(2))
        await self._with_twenty(jane, john)
        self.twenty.faults.set(down=True)
        await self._without_twenty()
        await self.bridge.kill()

    async def _with_twenty(self, jane: str, john: str) -> None:
        await self.call_out("answered out", self.number(1), talks=30)
        await self.call_in("answered in", 1, answered=True)
        await self.call_in("missed", 2)
        await self.call_in("voicemail", 1, says="Please call me back.")
        await self.call_out("refused number", "112")
        await self.call_in("corrected", 3, answered=True)
        await self.call_in("deleted", 4, answered=True)
        await self.call_in("forgotten", 5, answered=True)
        await self._until_written()
        self.twenty.faults.set(poison=self.number(6)[-8:])
        await self.call_in("parked", 6)
        await eventually(lambda: self._count("parked_reason IS NOT NULL") == 1)
        self.twenty.faults.clear()
        records = await phone_calls(self.twenty)
        await ask(self.twenty, CORRECT, id=records[self.played["corrected"]]["id"], p=john)
        await ask(self.twenty, DELETE, id=records[self.played["deleted"]]["id"])
        await self._forget()

    async def _forget(self) -> None:
        """Where that code has `calls forget`."""
        folder = self.bridge.folder
        if "forget" in await self.code.run("calls", "--help", env=self.env, folder=folder):
            await self.code.run("calls", "forget", self.number(5), "--yes", env=self.env, folder=folder)

    async def _without_twenty(self) -> None:
        await self.call_out("answered out, not written", self.number(1), talks=40)
        await self.call_in("answered in, not written", 2, answered=True)
        await self.call_in("missed, not written", 2)
        await self.call_in("voicemail, not written", 7, says="It is urgent.")
        for story in ("corrected", "deleted", "answered out"):
            await self._recorded(self.played[story])

    async def _recorded(self, sid: str) -> None:
        """A recording is there, late: the call is due again."""
        account, recording = self.twilio.account_sid, f"RE{sid[2:]}"
        form = {
            "CallSid": sid,
            "AccountSid": account,
            "RecordingSid": recording,
            "RecordingStatus": "completed",
            "RecordingDuration": "9",
            "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{recording}",
        }
        path = "/twilio/recording"
        signature = RequestValidator(self.twilio.auth_token).compute_signature(PUBLIC_URL + path, form)
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            await session.post(self.bridge.url + path, data=form, headers={"X-Twilio-Signature": signature})

    async def _until_written(self) -> None:
        async def holds() -> None:
            assert set(self.played.values()) <= {
                sid
                for sid, one in (await phone_calls(self.twenty)).items()
                if one["status"] not in ("RINGING", "IN_PROGRESS")
            }

        await until(holds, AssertionError)
        await eventually(lambda: settled(self.bridge.folder / "bridge.db"))

    async def drain(self) -> None:
        """The code of the time goes on, with Twenty, until nothing is due but what it parked."""
        self.twenty.faults.clear()
        await self.bridge.start()
        due = "revision > synced_revision AND parked_reason IS NULL"
        await eventually(lambda: self._count(due) == 0)
        await self.bridge.stop()

    def _count(self, condition: str) -> int:
        with closing(sqlite3.connect(self.bridge.folder / "bridge.db")) as connection:
            counted: int = connection.execute(f"SELECT COUNT(*) FROM calls WHERE {condition}").fetchone()[0]
            return counted


async def stored_by(code: Code, *, place: int, folder: Path) -> tuple[str, dict[str, Any]]:
    """The SQL of an inbox that this code left, and: the calls, Twenty as it was then and as it became."""
    folder.joinpath("config.yaml").write_text(CONFIG)
    async with twilio_sandbox() as twilio, twenty_sandbox(provisioned=True, rate_limit=False) as twenty:
        env = environment(twilio, twenty, folder) | {"BRIDGE_FORGET_KEY": FORGET_KEY}
        bridge = code.process(env, folder, folder / "log")
        await bridge.start()
        known_to(twilio, listens_on=bridge.url)
        player = Player(place, code, bridge, twilio, twenty, env)
        try:
            await player.play()
            sql = sql_of(folder / "bridge.db")
            twenty.faults.clear()
            before = await dump_of(twenty)
            await player.drain()
        finally:
            if bridge._process and bridge._process.returncode is None:
                await bridge.kill()
        return sql, {"played": player.played, "before": before, "after": await dump_of(twenty)}


def sql_of(database: Path) -> str:
    """All of a database, as statements."""
    with closing(sqlite3.connect(database)) as connection:
        return "\n".join(connection.iterdump()) + "\n"
