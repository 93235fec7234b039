"""Plays: calls of more than two ends by a script, with their callbacks, and the true story."""

from dataclasses import dataclass, field

from bridge.calls.callback import Callback, Kind
from tests.calls.conftest import COMPANY, CUSTOMER, ROOT, callback, stamp

CONFERENCE = "CF" + "b" * 32
ANNA, BOB, CAROL, DAVE = "anna", "bob", "carol", "dave"


def sid_of(n: int) -> str:
    """The SID of the nth leg that the call has beside its first one."""
    return f"CA{n:032}"


@dataclass
class Play:
    """A call in, or out, between a customer and Anna, that others join; `at` is the time of the script.

    `talked` and `held` are the true times, by party.
    """

    inbound: bool
    at: int = 0
    told: list[Callback] = field(default_factory=list)
    in_room: set[str] = field(default_factory=set)
    on_hold: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    connected: set[str] = field(default_factory=set)
    talked: dict[str, int] = field(default_factory=dict)
    talk: int = 0
    hold: int = 0
    holds: int = 0
    moved: bool = False
    over: bool = False
    ended_by: str | None = None
    sids: dict[str, str] = field(default_factory=dict)
    sequence: int = 0
    answered: dict[str, int] = field(default_factory=dict)
    ends: dict[str, dict[str, str]] = field(default_factory=dict)
    is_taken: bool | None = None
    """Whether Dave answered, to whom the call was passed on blindly; None where it was not."""

    def __post_init__(self) -> None:
        first = (
            {"From": CUSTOMER, "To": COMPANY} if self.inbound else {"From": f"client:{ANNA}", "To": CUSTOMER}
        )
        self.first = first
        self.sids = (
            {"customer": ROOT, ANNA: sid_of(1)} if self.inbound else {ANNA: ROOT, "customer": sid_of(1)}
        )
        self.tell(Kind.VOICE, first, CallStatus="ringing")
        self.status(sid_of(1), "initiated", self.dialled)
        self.wait(1)
        self.status(sid_of(1), "ringing", self.dialled)
        self.wait(7)
        self.status(sid_of(1), "in-progress", self.dialled)
        self.connected = {"customer", ANNA}

    @property
    def dialled(self) -> dict[str, str]:
        """The ends of the leg that the call dialled."""
        if self.inbound:
            return {"From": CUSTOMER, "To": f"client:{ANNA}", "CallDirection": "inbound"}
        return {"From": COMPANY, "To": CUSTOMER, "PlacedBy": ANNA}

    def wait(self, seconds: int) -> None:
        """Time passes, in which those who are connected talk."""
        self.at += seconds
        if "customer" not in self.connected:
            return
        if "customer" in self.on_hold:
            self.hold += seconds
            return
        with_ = self.connected - self.on_hold - self.silent - {"customer"}
        for party in with_:
            self.talked[party] = self.talked.get(party, 0) + seconds
        self.talk += seconds if with_ else 0

    def tell(self, kind: Kind, told: dict[str, str] | None = None, **more: str) -> None:
        """A callback now."""
        self.told.append(callback(kind, told or {}, at=self.at, **more))

    def status(self, sid: str, status: str, ends: dict[str, str], **more: str) -> None:
        """A leg's status callback."""
        parent = {} if sid == ROOT else {"ParentCallSid": ROOT}
        if status == "in-progress":
            self.answered[sid] = self.at
        elif status == "completed" and sid in self.answered:
            more = {"CallDuration": str(self.at - self.answered[sid]), **more}
        self.tell(
            Kind.STATUS,
            {"CallSid": sid, **parent, **ends, "CallStatus": status, "Timestamp": stamp(self.at)},
            **more,
        )

    def event(self, name: str, party: str | None = None, **more: str) -> None:
        """A Conference callback."""
        self.sequence += 1
        sid = self.sids[party] if party else ROOT
        parent = {"ParentCallSid": ROOT} if sid != ROOT else {}
        flags = (
            {"Hold": str(party in self.on_hold).lower(), "Coaching": "false"}
            | {"Muted": str(party in self.silent).lower()}
            if party
            else {}
        )
        told = {
            "CallSid": sid,
            **parent,
            "ConferenceSid": CONFERENCE,
            "FriendlyName": ROOT,
            "StatusCallbackEvent": name,
            "SequenceNumber": str(self.sequence),
            "Timestamp": stamp(self.at),
        }
        self.tell(Kind.CONFERENCE, {**told, **flags, **more})

    def act(self, name: str, **more: str) -> None:
        """What Anna does, as the bridge stores it."""
        self.tell(Kind.ACT, {"Act": name, "Agent": ANNA, "Id": f"{name}-{self.at}", **more})

    def move(self) -> None:
        """The call moves into its conference."""
        if self.moved:
            return
        self.moved = True
        self.act("move", Customer=self.sids["customer"], Child=sid_of(1))
        self.tell(Kind.DIAL, self.first, DialCallSid=sid_of(1), DialCallStatus="completed", Next="conference")
        for party in ("customer", ANNA):
            self.join(party)

    def join(self, party: str) -> None:
        """A party comes into the room."""
        self.in_room.add(party)
        self.connected.add(party)
        self.event("participant-join", party)

    def hold_(self, party: str = "customer") -> None:
        """A party is put on hold."""
        self.holds += party == "customer" and party not in self.on_hold
        self.on_hold.add(party)
        self.event("participant-hold", party)

    def resume(self, party: str = "customer") -> None:
        """A party is taken off hold."""
        self.on_hold.discard(party)
        self.event("participant-unhold", party)

    def hold_customer(self) -> None:
        """Anna puts the customer on hold."""
        self.move()
        self.act("hold", Held=self.sids["customer"])
        self.hold_()

    def resume_customer(self) -> None:
        """Anna takes the customer off hold."""
        self.act("resume", Resumed=self.sids["customer"])
        self.resume()

    def call(self, party: str, act: str, *, answers: bool = True) -> None:
        """A party is called, who joins the room or does not answer."""
        self.move()
        sid = self.sids[party] = sid_of(len(self.sids) + 1)
        self.act(act, To=f"client:{party}")
        ends = {
            "From": f"client:{ANNA}",
            "To": f"client:{party}",
            "OfCall": ROOT,
            "JoinedAs": f"{act}-{self.at}",
        }
        ends |= {"Direction": "outbound-api"}
        self.ends[party] = ends
        self.status(sid, "ringing", ends)
        self.wait(5)
        self.status(sid, "in-progress" if answers else "no-answer", ends)
        if answers:
            if act == "listen":
                self.silent.add(party)
            self.join(party)

    def pass_on(self, *, answers: bool) -> None:
        """Anna passes the customer on blindly to Dave, who answers or does not."""
        named = {} if self.inbound else {"Customer": self.sids["customer"]}
        self.tell(Kind.TRANSFER, named, Agent=ANNA, Id=f"transfer-{self.at}", To=f"client:{DAVE}")
        (self._out_of_conference if self.moved else self._out_of_dial)()
        self.is_taken, self.sids[DAVE] = answers, sid_of(len(self.sids) + 1)
        called = {"From": CUSTOMER, "To": f"client:{DAVE}", "Direction": "outbound-dial"}
        self.ends[DAVE] = called | ({"CallDirection": "inbound"} if self.inbound else {"OfCall": ROOT})
        self.status(self.sids[DAVE], "ringing", self.ends[DAVE])
        self.wait(5)
        self.status(self.sids[DAVE], "in-progress" if answers else "no-answer", self.ends[DAVE])
        if answers:
            self.connected = {"customer", DAVE}
        else:
            self._end_passed_on("no-answer", "voicemail" if self.inbound else "message")

    def _out_of_dial(self) -> None:
        self.connected.clear()
        following = "dial" if self.inbound else "left"
        self.tell(Kind.DIAL, self.first, DialCallSid=sid_of(1), DialCallStatus="completed", Next=following)
        self.over_leg(ANNA)

    def _out_of_conference(self) -> None:
        self.event("participant-leave", "customer", ReasonParticipantLeft="participant_updated_via_api")
        self.event("participant-leave", ANNA, ReasonParticipantLeft="moderator_ended_conference")
        self.event("conference-end", CallSidEndingConference=self.sids["customer"])
        for party in ("customer", ANNA):
            self.dial_of(self.sids[party], DialCallStatus="answered", Step="conference", Next="left")
        for parties in (self.connected, self.in_room, self.on_hold):
            parties.clear()
        self.over_leg(ANNA)

    def dial_of(self, sid: str, **more: str) -> None:
        """The action of a leg's Dial."""
        ends = self.first if sid == ROOT else {**self.dialled, "CallSid": sid, "ParentCallSid": ROOT}
        self.tell(Kind.DIAL, ends, **more)

    def _end_passed_on(self, status: str, following: str) -> None:
        self.over = True
        self.connected.clear()
        named = {} if self.inbound else {"OfCall": ROOT}
        of_dave = {"DialCallSid": self.sids[DAVE], "DialCallStatus": status}
        self.dial_of(self.sids["customer"], **of_dave, **named, Step="transfer", Next=following)
        self.over_leg("customer")

    def leave(self, party: str, reason: str = "participant_hung_up") -> None:
        """A party leaves the room, and its leg ends."""
        self.in_room.discard(party)
        self.connected.discard(party)
        self.on_hold.discard(party)
        self.event("participant-leave", party, ReasonParticipantLeft=reason)
        if self.sids[party] == ROOT:
            self.dial_of(ROOT, DialCallStatus="answered", Step="conference", Next="left")
        self.over_leg(party)

    def over_leg(self, party: str) -> None:
        """The leg of a party is over."""
        sid = self.sids[party]
        own = {ROOT: self.first, sid_of(1): self.dialled}
        self.status(sid, "completed", own[sid] if sid in own else self.ends[party])

    def end(self, by: str) -> None:
        """A party hangs up, and its leaving ends the call."""
        self.ended_by = by
        self.over = True
        if self.is_taken:
            self.over_leg(DAVE)
            self._end_passed_on("completed", "end")
            return
        if not self.moved:
            self.connected.clear()
            self.status(sid_of(1), "completed", self.dialled)
            self.tell(Kind.DIAL, self.first, DialCallSid=sid_of(1), DialCallStatus="completed", Next="end")
            self.status(ROOT, "completed", self.first)
            return
        rest = sorted(self.in_room - {by})
        self.leave(by)
        for party in rest:
            self.leave(party, "moderator_ended_conference")
        self.event("conference-end", CallSidEndingConference=self.sids[by])
