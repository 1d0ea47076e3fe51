"""Vectors of labelled rows. Pictures are looked at once and kept by content: a rerun is quick."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crosslight.models import KeptScenes, Scene, Shown, Vectorizer, vector_width
from crosslight.store import ImageStore
from crosslight.tune.judge.rows import ImageSource, JudgeRow

SIDE, QUALITY = 768, 85
"""As every verb shows a model a picture unless it is told otherwise."""
RECIPE = f"jpeg-v1:{SIDE}:{QUALITY}"
AT_ONCE = 512
"""Rows whose scenes are in memory together."""

Tell = Callable[[int, int], None]


def vectors_of(
    rows: Sequence[JudgeRow], *, cache: Path | None = None, tell: Tell | None = None
) -> NDArray[np.float32]:
    """One vector a row, shape (n, width); a number that is not known is NaN.

    `cache`: where scenes are kept, else the user's cache. `tell(done, of)` is called before each
    picture; what it raises ends the work, and what was seen is kept. Raises `CrosslightError`.
    """
    out = np.zeros((len(rows), vector_width()), dtype=np.float32)
    vectorizer, kept = Vectorizer(), KeptScenes(cache)
    pictures = list(dict.fromkeys(row.picture for row in rows if row.image is not None))
    order = {sha: at for at, sha in enumerate(pictures)}
    with TemporaryDirectory(prefix="crosslight-") as scratch:
        look = _Look(ImageStore(scratch, fsync=False), kept, order, tell)
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            seen = look.at(part)
            shown = [Shown(row.text, row.answer, _scene(row, seen)) for row in part]
            out[start : start + AT_ONCE] = vectorizer.rows(shown)
    return out


def _scene(row: JudgeRow, seen: dict[str, Scene]) -> Scene | Literal["none", "missing"]:
    if row.image is None:
        return "missing" if row.lacks_picture else "none"
    return seen[row.picture]


class _Look:
    """Looks at the pictures of a part of the rows. `order`: the number of each picture."""

    def __init__(
        self, images: ImageStore, kept: KeptScenes, order: dict[str, int], tell: Tell | None
    ) -> None:
        self._images, self._kept, self._order, self._tell = images, kept, order, tell

    def at(self, rows: Sequence[JudgeRow]) -> dict[str, Scene]:
        """Scenes by the pictures' hashes."""
        wanted = {row.picture: row.image for row in rows if row.image is not None}
        found: dict[str, Scene] = {}
        for sha, source in wanted.items():
            if self._tell is not None:
                self._tell(self._order[sha], len(self._order))
            known = self._kept.kept(sha, RECIPE)
            found[sha] = known if known is not None else self._look(source)
        return found

    def _look(self, source: ImageSource) -> Scene:
        photo = self._images.put(source.read())
        try:
            return self._kept.scene(self._images.view(photo, SIDE, QUALITY))
        finally:
            self._images.path(photo).unlink(missing_ok=True)
