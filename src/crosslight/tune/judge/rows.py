"""What a judge is tuned on: labelled rows with groups that are held out together."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from crosslight.records import BadSetting
from crosslight.tune.sensitive import MARKED

MOST_ROWS = 200_000
"""Of one dataset; with more, take a part of it."""


ANSWERED = "its label is of an answer, not of the request"


class DataError(BadSetting):
    """A dataset that cannot be read: which file, which row, why, what to do."""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """A picture that is read when it is needed. `name` says where, for messages."""

    name: str
    read: Callable[[], bytes] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """One labelled row: a request, perhaps a picture, perhaps the answer that was given.

    `unsafe` is 1 or 0. Rows of one `group` share a pair or a picture, and are held out together.
    `picture` is the sha256 of the picture, empty where there is none at hand; `lacks_picture`: the
    row has one that is not here, so it is not the same as a row without a picture. `sensitive`: it
    is marked so, or nobody knows.
    """

    id: str
    text: str
    answer: str
    image: ImageSource | None
    unsafe: int
    category: str
    group: str
    picture: str
    source: str
    lacks_picture: bool = False
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class JudgeData:
    """The rows of one dataset. `left_out`: reason and number of rows that are none of them.

    `train_allowed` False: its authors forbid training, and `why_not` says where. `notes` are
    sentences for cards; `files` are (name, sha256) of what was read, where it is known.
    """

    name: str
    rows: tuple[JudgeRow, ...]
    left_out: Mapping[str, int]
    licence: str
    train_allowed: bool = True
    why_not: str = ""
    notes: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    @property
    def only(self) -> str:
        """`unsafe` or `safe` where all rows have that label: no judge is tuned on such a set alone;
        empty where both are there."""
        labels = {row.unsafe for row in self.rows}
        return "" if len(labels) == 2 else "unsafe" if labels == {1} else "safe"


def without(data: JudgeData, why: str, falls: Callable[[JudgeRow], bool]) -> JudgeData:
    """The rows that do not fall under it; the others are counted under the reason."""
    rows = tuple(row for row in data.rows if not falls(row))
    gone = len(data.rows) - len(rows)
    return replace(data, rows=rows, left_out={**data.left_out, why: gone}) if gone else data


def without_sensitive(data: JudgeData) -> JudgeData:
    """The rows that are not marked sensitive."""
    return without(data, MARKED, lambda row: row.sensitive)


def requests_alone(data: JudgeData) -> JudgeData:
    """The rows whose label is of a request: beside an answer it says what the answer does."""
    return without(data, ANSWERED, lambda row: bool(row.answer.strip()))


def joined_groups(keys: Sequence[Sequence[str]]) -> list[str]:
    """A name of the group of each row: rows that share any key are in one, also over others."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while (above := parent.setdefault(key, key)) != key:
            parent[key] = parent.setdefault(above, above)
            key = above
        return key

    for own in keys:
        first = root(own[0])
        for other in own[1:]:
            parent[root(other)] = first
            first = root(first)
    return [root(own[0]) for own in keys]


def counted(reasons: Sequence[str]) -> dict[str, int]:
    """Reasons with their numbers, most frequent first."""
    return dict(Counter(reasons).most_common())
