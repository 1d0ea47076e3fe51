"""Chains as training rows: the pictures of a build into the image store, each once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.build import Run, read_run
from crosslight.records import BadSetting, CrosslightError, Dropped, Failed
from crosslight.runs import Lost
from crosslight.store import ImageStore
from crosslight.tune.chains.make import Chain, make_chains
from crosslight.tune.job import Target
from crosslight.tune.pictures import BadPicture, Pictures
from crosslight.tune.tables import RawRow, open_data

NEEDED = "name a run of build: a chain is made of its element, why, risk and response"


@dataclass(frozen=True)
class ChainSource:
    """Chains as rows of a table in TRL's columns, as `tables.Source` gives those of a file."""

    root: Path
    hashes: tuple[tuple[str, str], ...]
    lost: tuple[Lost, ...]
    chains: tuple[Chain, ...]
    shown: Mapping[str, str]
    """Photos of the run, each with its hash in the store."""
    store: ImageStore

    @property
    def rows(self) -> Iterator[RawRow]:
        """One at a time, with the bytes of its pictures."""
        for chain in self.chains:
            place = f"{self.root.name}: chain of row {', '.join(chain.rows)}"
            images = [self.store.get(self.shown[photo]) for photo in chain.photos]
            yield RawRow(place, self.root, chain.split, {**_cells(chain), "images": images})


def read_chains(
    data: Path, target: Target, pictures: Pictures, check: Callable[[], None] = lambda: None
) -> ChainSource:
    """All chains of a build's run. Raises `BadSetting` for data of another kind."""
    try:
        run = read_run(data)
    except CrosslightError as error:
        raise BadSetting(f"--target {target}: {error.message}", NEEDED) from error
    if not run.rows:
        raise BadSetting(f"--target {target}: {data} has no rows", NEEDED)
    chains = make_chains(run.rows, several=target is Target.CHAINS)
    lost = [Lost(Dropped("chain", why), data.name, row=row) for row, why in chains.left_out]
    kept = _kept(run, {photo for chain in chains.made for photo in chain.photos}, pictures, check)
    shown = {photo: sha for photo, sha in kept.items() if isinstance(sha, str)}
    whole: list[Chain] = []
    for chain in chains.made:
        wrong = [why for p in chain.photos if isinstance(why := kept[p], Failed)]
        if wrong:
            lost.append(Lost(wrong[0], data.name, row=chain.id))
        else:
            whole.append(chain)
    hashes = open_data(data).hashes
    return ChainSource(data, hashes, tuple(lost), tuple(whole), shown, pictures.store)


def _kept(
    run: Run, photos: set[str], pictures: Pictures, check: Callable[[], None]
) -> dict[str, str | Failed]:
    """The hash of each photo in the store, or what is wrong with it."""
    found: dict[str, str | Failed] = dict.fromkeys(photos, Failed("chain", "no picture in the run"))
    for photo, data in run.pictures(sorted(photos)):
        check()
        try:
            found[photo] = pictures.keep(data, run.folder)
        except BadPicture as error:
            found[photo] = Failed("chain", error.message)
    return found


def _cells(chain: Chain) -> dict[str, Any]:
    content = [*({"type": "image"} for _ in chain.photos), {"type": "text", "text": chain.asked}]
    return {
        "id": chain.id,
        "prompt": [{"role": "user", "content": content}],
        "completion": chain.target,
        "split": chain.split,
        # What is held out together: a photo with all that is asked beside it.
        "cluster": chain.photos[0] if chain.photos else chain.rows[0],
        "sensitive": chain.sensitive,
    }
