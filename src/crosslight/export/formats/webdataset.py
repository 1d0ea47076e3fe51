"""WebDataset: tar files of NUMBER.png (or another picture) and NUMBER.json, one pair a row.

Two pictures of a row are NUMBER.1.png and NUMBER.2.png. Members are named by number: an id of
somebody could hold a dot, at which readers cut, or lead out of the folder.
"""

import io
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from crosslight.export.formats.lines import row_json
from crosslight.export.formats.rows import Shape, TrainRow
from crosslight.store import replacing

LOAD = (
    "import webdataset\n\n"
    'rows = webdataset.WebDataset("OUT/train-000000.tar", shardshuffle=False).decode("pil")'
)
"""How it is opened; OUT stands for the folder."""
SHARD_BYTES = 10**9


@dataclass(slots=True)
class _Shards:
    """The tar files of one split, one open at a time."""

    out: Path
    split: str
    rows: int = 0
    at: int = 0
    held: int = 0
    """Bytes in the shard that is open."""
    stack: ExitStack = field(default_factory=ExitStack)
    tar: tarfile.TarFile | None = None

    def write(self, members: Sequence[tuple[str, bytes]]) -> None:
        """The members of one row, which stand together in one shard."""
        size = sum(len(data) for _, data in members)
        if self.tar is None or (self.held and self.held + size > SHARD_BYTES):
            self._next()
        assert self.tar is not None
        for ending, data in members:
            told = tarfile.TarInfo(f"{self.rows:08d}.{ending}")  # time 0, user 0: the same bytes
            told.size = len(data)
            self.tar.addfile(told, io.BytesIO(data))
        self.rows += 1
        self.held += size

    def _next(self) -> None:
        self.stack.close()
        path = self.out / f"{self.split}-{self.at:06d}.tar"
        file = self.stack.enter_context(replacing(path))
        self.tar = self.stack.enter_context(tarfile.TarFile(fileobj=file, mode="w"))
        self.at, self.held = self.at + 1, 0


@contextmanager
def webdataset_writer(
    out: Path, shape: Shape
) -> Iterator[Callable[[TrainRow, Sequence[str]], None]]:
    """Takes rows with the names of their pictures; writes `SPLIT-NNNNNN.tar`."""
    splits: dict[str, _Shards] = {}
    with ExitStack() as stack:

        def write(row: TrainRow, names: Sequence[str]) -> None:
            if row.split not in splits:
                splits[row.split] = _Shards(out, row.split)
                stack.push(splits[row.split].stack)
            endings = [PurePosixPath(name).suffix[1:] for name in names]
            if shape.two:
                endings = [f"{at}.{ending}" for at, ending in enumerate(endings, 1)]
            told = ("json", row_json({**row.cells, "pictures": list(names)}))
            splits[row.split].write([*zip(endings, row.pictures, strict=True), told])

        yield write
