"""What a target is, and how its files are broken: the same for a fixed seed and for hypothesis."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from crosslight.photos.sources import InputError, Refused, SourceError, open_source
from crosslight.store import BadImage

Operation = tuple[str, int, int, bytes]
"""How to break a file: what, where, how much, and with which bytes."""

MOST_ENTRIES = 300_000
"""No small file may name more."""


@dataclass(frozen=True, slots=True)
class Target:
    """A reader under test.

    `read(data, folder)` reads one file and raises whatever its reader does not declare. `sound`
    and `handmade` are made by code: files that are right, and files that are wrong on purpose.
    """

    name: str
    read: Callable[[bytes, Path], None]
    sound: Callable[[], Sequence[bytes]]
    handmade: Callable[[], Sequence[bytes]]
    files: int = 2_000
    """Broken files that a run of the tests tries; `make fuzz` goes on with others."""


def targets() -> list[Target]:
    """All targets, by name."""
    import tests.fuzz.targets as folder

    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    return [importlib.import_module(f"{folder.__name__}.{name}").TARGET for name in names]


KINDS = ("flip", "put", "cut", "drop", "insert", "repeat", "number", "zeros")
ODD = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
WORDS = tuple(
    b'\0|\n|\r\n|"|,|{|}|[|]|null|true|NaN|1e999|-1|../|/etc/passwd|http://|file:|\xff\xfe|'
    b"\xef\xbb\xbf|\\u0000|99999999999999999999|PAR1|ustar|\xe2\x80\xae|\x1b[31m".split(b"|")
)


def broken(data: bytes, operations: Sequence[Operation]) -> bytes:
    """The file with every operation done to it, one after the other."""
    made = bytearray(data)
    for kind, place, size, word in operations:
        at = place % (len(made) + 1)
        match kind:
            case "flip" if at < len(made):
                made[at] ^= 1 << size % 8
            case "put":
                made[at : at + len(word)] = word
            case "cut":
                del made[at:]
            case "drop":
                del made[at : at + size % 600]
            case "insert":
                made[at:at] = word
            case "repeat":
                made[at:at] = made[at : at + size % 1200] * (1 + size % 4)
            case "number":
                width = (1, 2, 4, 8)[size % 4]
                value = ODD[size % len(ODD)] % (1 << 8 * width)
                made[at : at + width] = value.to_bytes(width, "little" if size % 2 else "big")
            case "zeros":
                made[at : at + size % 600] = bytes(size % 600)
    return bytes(made)


def by_chance(random: Random, sound: Sequence[bytes]) -> bytes:
    """A sound file, broken by up to five operations."""
    operations = [
        (
            random.choice(KINDS),
            random.randrange(1 << 20),
            random.randrange(1 << 12),
            random.choice(WORDS),
        )
        for _ in range(random.choice((1, 1, 2, 3, 5)))
    ]
    return broken(random.choice(sound), operations)


def account(path: Path) -> None:
    """Every entry of an input of photos has a name and one declared outcome. The whole input may
    be refused."""
    try:
        entries = list(islice(open_source(path), MOST_ENTRIES + 1))
    except InputError as error:
        assert error.message
        return
    assert len(entries) <= MOST_ENTRIES, "it does not end"
    assert len({entry.source for entry in entries}) == len(entries), "a name stands twice"
    for entry in entries:
        assert entry.source.isprintable()
        assert len(entry.source) < 50_000
        (entry.licence + entry.origin).encode()
        for name, value in entry.extra:
            (name + value).encode()
        try:
            assert isinstance(entry.read(), bytes)
        except (BadImage, Refused) as error:
            assert error.reason.isidentifier()
        except SourceError as error:
            assert error.error.isidentifier()
        except OSError as error:
            assert error.errno, "an error of a library, not of the disk"
