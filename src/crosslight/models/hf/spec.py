"""What `hf:REPO_OR_DIR[?revision=..&device=..&dtype=..]` says, read and checked."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import parse_qsl, urlencode

from crosslight.models.choosing import ROOM
from crosslight.models.errors import BadSpec, Missing
from crosslight.store import plain_path

FORM = (
    "hf:OWNER/REPO or hf:FOLDER, with ?revision=, device=, dtype=, split=off, memory=MB or "
    "room=TOKENS, transformers in process (extra `hf`)"
)
REPO = re.compile(r"[\w.-]+/[\w.-]+")
OPTIONS = {
    "revision": re.compile(r"[\w./-]{1,128}"),
    "device": re.compile(r"cpu|mps|cuda(:\d{1,2})?"),
    "dtype": re.compile(r"float32|float16|bfloat16"),
    "split": re.compile(r"off"),
    "memory": re.compile(r"[1-9]\d{0,6}"),
    "room": re.compile(r"\d{1,6}"),
}
ANSWER_OPTIONS = ("revision", "dtype", "split", "room")
"""Those that change answers by more than rounding stand in the card's spec, and so in every key."""
MEMORY_MB = 1024


@dataclass(frozen=True, slots=True)
class HfSpec:
    """A picklable description. `device` and `dtype` empty: a GPU in the checkpoint's own type, or
    the CPU in float32. `split` off: one tile an image. `memory_mb` bounds the key-value caches;
    `room`: tokens that a model which thinks may think for before it chooses."""

    form: ClassVar[str] = FORM
    spec: str
    place: str
    revision: str = ""
    device: str = ""
    dtype: str = ""
    split: bool = True
    memory_mb: int = MEMORY_MB
    room: int = ROOM
    adapter: str = ""
    """The folder of a LoRA that is laid over the network; named by no spec of its own."""

    @classmethod
    def read(cls, rest: str) -> Self:
        """From what follows `hf:`. Raises BadSpec, Missing. Nothing is loaded or fetched."""
        place, _, query = rest.partition("?")
        given = dict(parse_qsl(query, keep_blank_values=True))
        for name, value in given.items():
            known = name in OPTIONS and OPTIONS[name].fullmatch(value)
            if not known or (name == "revision" and not plain_path(value)):
                raise BadSpec(f"the spec has no option {name[:24]}={value[:24]}", hint=FORM)
        if not place:
            raise BadSpec("hf: names no model", hint=FORM)
        if not Path(place).expanduser().is_dir() and not _repository(place):
            raise Missing(f"no folder {place[:80]!r}, and not OWNER/REPO", hint=FORM)
        told = {name: given[name] for name in ANSWER_OPTIONS if name in given}
        backend = cls(
            f"hf:{place}" + ("?" + urlencode(told) if told else ""),
            place,
            given.get("revision", ""),
            given.get("device", ""),
            given.get("dtype", ""),
            "split" not in given,
        )
        memory, room = (int(given.get(n, d)) for n, d in (("memory", MEMORY_MB), ("room", ROOM)))
        return replace(backend, memory_mb=memory, room=room)


def _repository(place: str) -> bool:
    """OWNER/REPO, neither of which leads up: the hub's client makes folders of them."""
    return bool(REPO.fullmatch(place)) and plain_path(place)
