"""Files: the sound of recordings, the operator's settings and environment."""

import io
import re
import wave
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml

from bridge.errors import SettingsInvalid, TranscriptRefused
from bridge.settings import env_file, load
from bridge.settings.yaml_text import NOT_YAML, YamlInvalid, parse
from bridge.transcripts import audio
from tests.fuzz import target
from tests.fuzz.target import HERE, Around, Target

SETTINGS = 32 * 1024
SECRET = "hunter2hunter2"


def _wav(*, rate: int = 8000, width: int = 2, channels: int = 2, samples: int = 40) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.setframerate(rate)
        wav.writeframes(bytes(range(40, 40 + width * channels)) * samples)
    return file.getvalue()


def _wavs() -> Iterator[bytes]:
    yield from (_wav(), _wav(width=1, channels=1), _wav(width=4, rate=48000, samples=3))
    # Twilio writes the header before it knows the length.
    yield _wav()[:40] + b"\xff\xff\xff\x7f" + _wav()[44:]


def _sound(data: bytes) -> Any:
    try:
        sound = audio.sound_of(data[: audio.HEAD], len(data))
        without = audio.sound_of(data[: audio.HEAD], None)
    except TranscriptRefused as refused:
        return refused
    frames = data[sound.offset : sound.offset + sound.frames * sound.width * sound.channels]
    channels = [audio.wav_of(frames, sound, number) for number in range(sound.channels)]
    pieces = audio.pieces_of(sound, largest_bytes=1_000_000) if sound.seconds < 3600 else ()
    return sound, without, frames, channels, pieces


def _is_within_the_file(data: bytes, found: Any) -> None:
    if isinstance(found, TranscriptRefused):
        assert len(str(found)) < 200
        return
    sound, _, frames, channels, pieces = found
    assert sound.offset + sound.frames * sound.width * sound.channels <= len(data)
    assert len(frames) == sound.frames * sound.width * sound.channels
    for number, file in enumerate(channels):
        if file is not None:
            _is_the_channel(file, frames, sound, number)
    _cover(pieces, sound)


def _is_the_channel(file: bytes, frames: bytes, sound: audio.Sound, number: int) -> None:
    with wave.open(io.BytesIO(file)) as wav:
        assert (wav.getnchannels(), wav.getframerate(), wav.getnframes()) == (1, sound.rate, sound.frames)
        size = sound.width * sound.channels
        begins = range(number * sound.width, len(frames), size)
        assert wav.readframes(sound.frames) == b"".join(frames[at : at + sound.width] for at in begins)


def _cover(pieces: Sequence[audio.Piece], sound: audio.Sound) -> None:
    if pieces:
        assert pieces[0].start == 0
        assert pieces[-1].stop == sound.frames
    for one, other in pairwise(pieces):
        assert one.start < other.start <= one.stop < other.stop


def _secret(data: bytes) -> str:
    """A secret in the place of each \\x01, which is no character of YAML."""
    return target.as_text(data).replace("\x01", SECRET)


def _yaml(text: str) -> Any:
    try:
        return parse(text)
    except YamlInvalid as invalid:
        return invalid


VALUE = re.compile(rf"^[ ]*(?:[a-z_]+: )+[\"']?{SECRET}", re.MULTILINE)
"""A secret that is a value."""


def _says_no_value(text: str, found: Any) -> None:
    if not isinstance(found, YamlInvalid):
        assert repr(found) == repr(yaml.safe_load(text))
        return
    said = str(found)
    assert len(said) < 1000
    if text.count(SECRET) == len(VALUE.findall(text)):
        assert SECRET not in said, said
    try:
        value = yaml.safe_load(text)
    except NOT_YAML:
        return
    assert "twice" in said, (said, value)


FOLDER = Path(mkdtemp(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
ENVIRONMENT = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": SECRET,
    "TWILIO_API_KEY": "SK" + "0" * 32,
    "TWILIO_API_SECRET": SECRET,
    "TWILIO_APP_SID": "AP" + "0" * 32,
    "TWILIO_PHONE_NUMBER": "+33159130001",
    "TWENTY_API_URL": "https://crm.example.com",
    "TWENTY_API_TOKEN": "eyJ.a.b",
    "BRIDGE_PUBLIC_URL": "https://phone.example.com",
}


def _settings(text: str) -> Any:
    file = FOLDER / "config.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        return load(file, env_file=FOLDER / ".env", environ=ENVIRONMENT)
    except SettingsInvalid as invalid:
        return invalid


def _are_explained(text: str, found: Any) -> None:
    if not isinstance(found, SettingsInvalid):
        assert SECRET in text or SECRET not in repr(found)
        return
    assert found.problems
    for problem in found.problems:
        assert len(problem) < 2000, len(problem)
        assert "\n" not in problem or "\n" in text
    if text.count(SECRET) == len(VALUE.findall(text)):
        assert not [problem for problem in found.problems if SECRET in problem], found.problems


def _texts() -> Iterator[bytes]:
    yield (HERE.parents[1] / "config.yaml").read_bytes()
    for line in (HERE.parent / "settings" / "wrong.txt").read_text().splitlines()[::2]:
        if not line.partition("=")[0].isupper():
            yield line.encode()
    yield b"twilio:\n  auth_token: \x01\nauth: {}\n  keys: [\x01\n"


def _environment(data: bytes) -> Any:
    file = FOLDER / "told.env"
    file.write_bytes(data.replace(b"\x01", SECRET.encode()))
    try:
        return env_file.told_by(file), env_file.lines_of(file)
    except SettingsInvalid as invalid:
        return invalid


def _keeps_values(data: bytes, found: Any) -> None:
    if isinstance(found, SettingsInvalid):
        assert not [problem for problem in found.problems if SECRET in problem]
        return
    told, lines = found
    assert told.keys() <= lines.keys()
    count = data.count(b"\n") + data.count(b"\r") + 1
    assert all(1 <= line <= count for line in lines.values()), lines


KEYS = (
    b"server: twilio: lines: agents: auth: keys: dialling: hours: ring: phone: transcripts: inbox: log: cors:"
)
TARGETS = {
    "wav": Target(
        read=target.as_bytes,
        work=_sound,
        holds=_is_within_the_file,
        seeds=_wavs,
        largest=audio.HEAD,
        words=(
            b"RIFF",
            b"WAVE",
            b"fmt ",
            b"data",
            b"LIST",
            b"\xfe\xff",
            b"\x01\x00",
            b"\x00\x00\x00\x00",
            b"\xff\xff\xff\xff",
        ),
        grows=(Around(_wav()[:12]), Around(_wav()[:44]), Around()),
    ),
    "yaml": Target(
        read=_secret,
        work=_yaml,
        holds=_says_no_value,
        seeds=_texts,
        largest=SETTINGS,
        words=(
            *KEYS.split(),
            b"\n  ",
            b"\t",
            b"- ",
            b"{}",
            b"[",
            b'"',
            b"'",
            b"*a",
            b"&a ",
            b"!!int ",
            b"%",
            b"<<: ",
            b"---\n",
            b"? ",
            b"\x01",
        ),
        grows=(Around(), Around(b"a: ["), Around(b"a:\n")),
    ),
    "settings": Target(
        read=_secret,
        work=_settings,
        holds=_are_explained,
        seeds=_texts,
        largest=SETTINGS,
        words=(
            *KEYS.split(),
            b"\n  ",
            b"- ",
            b"{}",
            b"[",
            b'"',
            b"null",
            b"true",
            b"-1",
            b"1e9",
            b"\x01",
            b"2026-13-45",
        ),
        grows=(Around(), Around(b"agents:\n  names: [", b"a]"), Around(b"lines:\n")),
    ),
    "environment": Target(
        read=target.as_bytes,
        work=_environment,
        holds=_keeps_values,
        seeds=lambda: iter(
            ((HERE.parents[1] / ".env.example").read_bytes(), b"A=\x01\nexport B='c'\n", b'A="b\n\x01')
        ),
        largest=SETTINGS,
        words=(b"export ", b"='", b'="', b"\\\n", b"#", b"${A}", b"\r\n", b"\x01"),
    ),
}
"""By name."""
