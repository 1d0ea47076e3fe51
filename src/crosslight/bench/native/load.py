"""Reading a whole suite from a folder, with every row accounted for."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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

    A file that gives no item stands among `bad` with row 0, and takes no other away.
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
    def unusable(self) -> int:
        """Published items that stand in rows or files of this folder that cannot be used, at most:
        nobody can say what a broken file holds."""
        return min(self.short_by, sum(row.items for row in self.bad))

    @property
    def absent(self) -> int:
        """Published items that are not in this folder."""
        return self.short_by - self.unusable

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
            "unusable": self.unusable,
            "absent": self.absent,
        }

    def by_subset(self) -> dict[str, int]:
        """Items a subset."""
        return dict(Counter(str(item.subset) for item in self.items))


def load_suite(suite: Suite, folder: Path) -> Loaded:
    """Every item of `suite` in `folder`. An id that comes twice is a bad row.

    Raises `SuiteError` when no file is there, or when no row of any can be read.
    """
    items: dict[str, Item] = {}
    bad: list[BadRow] = []
    for number, row in enumerate(suite.read(folder), 1):
        if isinstance(row, BadRow):
            bad += [] if not row.row and row in bad else [row]  # a file may be read in two parts
        elif row.id in items:
            source, place = row.source or suite.name, row.row or number
            bad.append(BadRow(source, place, f"the id {row.id[:60]!r} stands twice"))
        else:
            items[row.id] = row
    if not items:
        raise _nothing(suite, folder, bad)
    by_file = _by_file(items.values())
    names = natives(suite, folder, by_file)
    counted = {name: _published(suite, name, by_file) for name in names}
    return Loaded(
        suite=suite.name,
        items=tuple(items.values()),
        bad=tuple(_weighed(suite, row, by_file) for row in bad),
        files=tuple((name, file_hash(folder, name)) for name in names),
        published=sum(dict(filter(None, counted.values())).values()),
    )


def _nothing(suite: Suite, folder: Path, bad: Sequence[BadRow]) -> SuiteError:
    """Why there is no item: the broken file's own error where files are what is broken."""
    if bad and not any(row.row for row in bad):
        more = f"; {len(bad) - 1} more files give no item" if len(bad) > 1 else ""
        return SuiteError(bad[0].reason + more, file=bad[0].source, remedy=bad[0].remedy)
    first = f"; the first: row {bad[0].row} of {bad[0].source}: {bad[0].reason}" if bad else ""
    return SuiteError(
        f"none of {len(bad)} rows of {suite.title} can be read{first}",
        file=str(folder),
        remedy=f"expected: {suite.schema}",
    )


def _by_file(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.source, []).append(item)
    return found


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


def natives(suite: Suite, folder: Path, gave: Collection[str] = ()) -> list[str]:
    """The files that `suite.read` reads: of each entry the first alternative that gave an item, or
    that is there."""
    found: list[str] = []
    for entry in suite.files:
        there = [names for pattern in entry.split("|") if (names := matching(folder, pattern))]
        read = [names for names in there if not set(gave).isdisjoint(names)]
        found += next(iter([*read, *there]), [])
    return list(dict.fromkeys(found))


def _published(
    suite: Suite, name: str, by_file: Mapping[str, Sequence[Item]]
) -> tuple[str, int] | None:
    """(What is counted, how many items it has as published) of a file: the file itself, or the
    pattern of all files that have their number together."""
    known = next((known for known in suite.published if fnmatchcase(name, known)), "")
    if not known:
        return None
    if suite.whole is not None and name in by_file:
        return name, suite.whole(by_file[name])
    return known, suite.published[known]


def _weighed(suite: Suite, row: BadRow, by_file: Mapping[str, Sequence[Item]]) -> BadRow:
    """A broken file with the items that it could have held at most."""
    if row.row or row.items:
        return row
    counted = _published(suite, row.source, by_file)
    return replace(row, items=counted[1]) if counted else row
