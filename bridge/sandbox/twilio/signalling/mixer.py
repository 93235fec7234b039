"""The sound of calls that can become conferences: each device talks to the sandbox, which mixes for each.

Needs `aiortc`, of the extra `demo`. What is said is taken at 8 kHz (PCMU), as a telephone line carries it.
"""

import asyncio
import fractions
import math
from array import array
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from itertools import cycle
from typing import Any, TypeAlias

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, AudioResampler

Samples: TypeAlias = "array[int]"
"""20 ms of sound."""
RATE, SAMPLES = 8000, 160
TICK = SAMPLES / RATE
LATE = 5
"""Frames that wait at most; older ones are dropped."""
MUSIC_HERTZ = 350
LOUDEST = 32_767
SILENCE = array("h", bytes(2 * SAMPLES))
Hears: TypeAlias = Callable[[str], tuple[Iterable[str], bool]]
"""What the mixer asks: the names of those whom a line hears, and whether it hears music."""
_NO_SERVERS = RTCConfiguration(iceServers=[])


class Voice(MediaStreamTrack):
    """What a device hears: frames as the mixer makes them."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames: asyncio.Queue[AudioFrame] = asyncio.Queue(LATE)
        self._at = 0

    def put(self, samples: Samples) -> None:
        """The next 20 ms."""
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, fractions.Fraction(1, RATE)
        self._at += SAMPLES
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(frame)

    async def recv(self) -> AudioFrame:
        """What aiortc sends next."""
        return await self._frames.get()


class MixedLine:
    """The peer connection with one device."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(_NO_SERVERS)
        self.voice = Voice()
        self.said: deque[Samples] = deque(maxlen=LATE)
        self._listening: asyncio.Task[None] | None = None
        self._describing: asyncio.Task[str] | None = None
        self.connection.on("track", self._listen)

    async def answer(self, offer: str) -> str:
        """The answer to a device that calls."""
        return await self._to_its_end(self._answer(offer))

    async def offer(self) -> str:
        """The offer for a device that is called."""
        return await self._to_its_end(self._offer())

    async def _to_its_end(self, work: Coroutine[Any, Any, str]) -> str:
        """aiortc opens a socket for each address, and forgets them if it is cancelled meanwhile."""
        self._describing = asyncio.create_task(work)
        return await asyncio.shield(self._describing)

    async def _answer(self, offer: str) -> str:
        await self.connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        self.connection.addTrack(self.voice)
        self._prefer_telephone_sound()
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return str(self.connection.localDescription.sdp)

    async def _offer(self) -> str:
        self.connection.addTrack(self.voice)
        self._prefer_telephone_sound()
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        """The device that was called has answered."""
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        """Its sound is over."""
        if self._listening is not None:
            self._listening.cancel()
        if self._describing is not None:
            await asyncio.wait([self._describing])
        await self.connection.close()

    def next(self) -> Samples:
        """The next 20 ms that the device says."""
        return self.said.popleft() if self.said else SILENCE

    def _prefer_telephone_sound(self) -> None:
        codecs = [one for one in RTCRtpSender.getCapabilities("audio").codecs if one.mimeType == "audio/PCMU"]
        for transceiver in self.connection.getTransceivers():
            transceiver.setCodecPreferences(codecs)

    def _listen(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.ensure_future(self._take(track))

    async def _take(self, track: Any) -> None:
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=SAMPLES)
        with suppress(MediaStreamError):
            while True:
                for frame in resampler.resample(await track.recv()):
                    self.said.append(array("h", bytes(frame.planes[0])[: 2 * SAMPLES]))


class Mixer:
    """All lines, and the clock that mixes them."""

    def __init__(self, hears: Hears) -> None:
        self._hears = hears
        self._lines: dict[str, MixedLine] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._music = _tone()
        self._running: asyncio.Task[None] | None = None

    async def answer(self, name: str, offer: str) -> str:
        """A device calls: the description of its line."""
        return await (await self._open(name)).answer(offer)

    async def offer(self, name: str) -> str:
        """A device is called: the description of its line."""
        return await (await self._open(name)).offer()

    async def accept(self, name: str, answer: str) -> None:
        """A device that is called has answered."""
        if line := self._lines.get(name):
            await line.accept(answer)

    async def drop(self, name: str) -> None:
        """The sound of a line is over; its sockets are closed also where the caller is cancelled."""
        if line := self._lines.pop(name, None):
            closing = asyncio.create_task(line.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            await asyncio.shield(closing)

    async def close(self) -> None:
        """Nothing is mixed any more."""
        if self._running is not None:
            self._running.cancel()
        for name in list(self._lines):
            await self.drop(name)
        if self._closing:
            await asyncio.wait(self._closing)

    async def _open(self, name: str) -> MixedLine:
        await self.drop(name)
        line = self._lines[name] = MixedLine()
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return line

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time()
        while True:
            self._mix()
            at = max(at + TICK, loop.time() - LATE * TICK)
            await asyncio.sleep(at - loop.time())

    def _mix(self) -> None:
        said = {name: line.next() for name, line in self._lines.items()}
        music = next(self._music)
        for name, line in self._lines.items():
            heard, plays_music = self._hears(name)
            parts = [said[other] for other in heard if other in said]
            line.voice.put(_sum([*parts, music] if plays_music else parts))


def _sum(parts: list[Samples]) -> Samples:
    if not parts:
        return SILENCE
    if len(parts) == 1:
        return parts[0]
    summed = map(sum, zip(*parts, strict=True))
    return array("h", [max(-LOUDEST, min(LOUDEST, sample)) for sample in summed])


def _tone() -> Iterator[Samples]:
    """Music, such as it is: one long tone in pieces of 20 ms."""
    wave = [round(6000 * math.sin(2 * math.pi * MUSIC_HERTZ * at / RATE)) for at in range(RATE)]
    return cycle([array("h", wave[start : start + SAMPLES]) for start in range(0, RATE, SAMPLES)])
