"""The lines that a text reader gave, as one text in which every character knows how sure it is."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

MAX_LINES, MAX_LINE, MAX_TEXT = 400, 500, 20_000
"""Of one picture; what is beyond is not searched."""
_SPACES = re.compile(r"[^\S\n]+")
_PLAIN = str.maketrans("‘’‚‛“”„–—−‐‑·", "''''\"\"\"-----.")

Line = tuple[str, float]
"""What was read, and how sure the reader is of it, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a picture, its lines with line ends between them."""

    text: str
    starts: tuple[int, ...]
    sure: tuple[float, ...]

    def certainty(self, start: int, end: int) -> float:
        """Of what stands there: as sure as the least sure line that it touches."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, max(start, end - 1)) - 1
        return min(self.sure[first : last + 1], default=0.0)


def page_of(lines: Sequence[Line]) -> Page:
    """The lines as a page: full-width letters, curly quotes and dashes made plain."""
    texts, starts, sure, at = [], [], [], 0
    for line, share in lines[:MAX_LINES]:
        plain = unicodedata.normalize("NFKC", line[:MAX_LINE]).translate(_PLAIN)
        plain = _SPACES.sub(" ", plain.replace("\n", " ")).strip()[:MAX_LINE]
        if at + len(plain) > MAX_TEXT:
            break
        texts.append(plain)
        starts.append(at)
        sure.append(share)
        at += len(plain) + 1
    return Page("\n".join(texts), tuple(starts), tuple(sure))
