"""Reading a whole suite from a folder, with every row accounted for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from crosslight.bench.item import BadRow, Item, Suite, SuiteError
from crosslight.bench.native.files import file_hash, matching
from crosslight.records import BadSetting, stable_id


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder holds of a suite.

    `files` are (name, sha256) of the native files that are there. `published` is how many items
    those files have as published (0: not known), `short_by` how many of them are not here: as a
    bad row, cut off, or left out by whoever made the copy.
    """

    suite: str
    items: tuple[Item, ...]
    bad: tuple[BadRow, ...]
    files: tuple[tuple[str, str], ...]
    published: int

    @property
    def short_by(self) -> int:
        """Published items that are not here."""
        return max(0, self.published - len(self.items))

    @property
    def extent(self) -> Literal["whole", "short", "unknown"]:
        """Whether all published items are here; `unknown` where no size is published, so that
        only the file's hash can tell a cut file from a sound one."""
        if self.short_by:
            return "short"
        return "whole" if self.published else "unknown"

    @property
    def askable(self) -> tuple[Item, ...]:
        """Items with their text and all their pictures."""
        return tuple(item for item in self.items if item.askable)

    def counts(self) -> dict[str, int]:
        """Items, bad rows and what cannot be asked, for the report."""
        return {
            "items": len(self.items),
            "bad_rows": len(self.bad),
            "askable": len(self.askable),
            "missing_image": sum(bool(item.missing) for item in self.items),
            "redacted": sum(item.redacted for item in self.items),
            "published": self.published,
            "short_by": self.short_by,
        }

    def by_subset(self) -> dict[str, int]:
        """Items a subset."""
        return dict(Counter(str(item.subset) for item in self.items))


def load_suite(suite: Suite, folder: Path) -> Loaded:
    """Every item of `suite` in `folder`. An id that comes twice is a bad row.

    Raises `SuiteError` when a file is missing or broken as a whole, or when no row can be read.
    """
    items: dict[str, Item] = {}
    bad: list[BadRow] = []
    for number, row in enumerate(suite.read(folder), 1):
        if isinstance(row, BadRow):
            bad.append(row)
        elif row.id in items:
            bad.append(BadRow(suite.name, number, f"the id {row.id[:60]!r} stands twice"))
        else:
            items[row.id] = row
    if not items:
        first = f"; the first: row {bad[0].row} of {bad[0].source}: {bad[0].reason}" if bad else ""
        raise SuiteError(
            f"none of {len(bad)} rows of {suite.title} can be read{first}",
            file=str(folder),
            remedy=f"expected: {suite.schema}",
        )
    names = natives(suite, folder)
    return Loaded(
        suite=suite.name,
        items=tuple(items.values()),
        bad=tuple(bad),
        files=tuple((name, file_hash(folder, name)) for name in names),
        published=_published(suite, names),
    )


def chosen(loaded: Loaded, subsets: Sequence[str], limit: int | None, seed: int) -> list[Item]:
    """The items of these subsets (none: all), and of them at most `limit`, chosen by the seed.

    Raises `BadSetting` for a subset that has no item, with the names there are.
    """
    there = loaded.by_subset()
    for name in subsets:
        if name not in there:
            raise BadSetting(
                f"no item of {loaded.suite} is of the subset {name[:60]!r}",
                f"--subset: one of {', '.join(there)}",
            )
    items = [item for item in loaded.items if not subsets or str(item.subset) in subsets]
    if limit is None or len(items) <= limit:
        return items
    ranked = sorted(items, key=lambda item: stable_id("sample", item=item.id, seed=seed))
    kept = {item.id for item in ranked[:limit]}
    return [item for item in items if item.id in kept]


def natives(suite: Suite, folder: Path) -> list[str]:
    """The files that `suite.read` reads: of each entry the first alternative that is there."""
    found: list[str] = []
    for entry in suite.files:
        alternatives = (matching(folder, pattern) for pattern in entry.split("|"))
        found += next((names for names in alternatives if names), [])
    return list(dict.fromkeys(found))


def _published(suite: Suite, names: list[str]) -> int:
    return sum(
        count
        for known, count in suite.published.items()
        if any(fnmatchcase(name, known) for name in names)
    )
