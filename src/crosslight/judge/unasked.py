"""Questions that no model is asked: print by the text reader, counts by boxes.

Their scores stand where a model's would, with `method` saying who decided, and are read by the
cut-offs of perception: "there", a "not there" that says how often it misses, or undecided.
"""

from collections.abc import Sequence

from crosslight.models import Scene, chance_of_more, could_be_more, count_of, distinct
from crosslight.policy import Count, Print
from crosslight.records import Region, Score
from crosslight.text import find_print

PRINT, COUNT = "print", "count"
METHODS = (PRINT, COUNT)
MISSED_PRINT = 0.35
"""Share of "no such print" that stays open: the reader misses small, curved and handwritten print
(docs/embedded.md says how often)."""
MISSED_BOX = 0.35
"""The same of a count: small things are missed about so often."""
COUNTED = 0.9
"""How sure a count of sure boxes is, at least."""
SURE_BOX, FAINT_BOX = 0.5, 0.3
"""Of a named detector, whose confidences nobody calibrated: what counts as a thing, and what could
be one."""
DIGITS = 6


def print_score(lines: Sequence[tuple[str, float]] | None, wanted: Print) -> Score:
    """Whether the lines (each with the reader's confidence) hold the print. None: nobody read."""
    if lines is None:
        return Score(0.5, 1.0, method=PRINT, said="nobody read the print")
    found = find_print(
        lines, phrase=wanted.phrase or "", regex=wanted.regex or "", kind=wanted.kind or ""
    )
    if found is None:
        return Score(0.0, MISSED_PRINT, method=PRINT)
    return Score(round(found.sure, DIGITS), 0.0, method=PRINT, said=found.shown)


def seen_count(scene: Scene | None, wanted: Count) -> Score:
    """Whether the embedded detector saw more than so many. None: nobody looked."""
    if scene is None:
        return Score(0.5, 1.0, method=COUNT, said="no detector looked")
    sight = count_of(scene, wanted.of, wanted.more_than)
    return Score(round(sight.yes, DIGITS), round(sight.outside, DIGITS), method=COUNT)


def boxed_count(regions: Sequence[Region], wanted: Count) -> Score:
    """The same by the boxes of a detector that was asked for the word."""
    boxes = [((r.left, r.top, r.right, r.bottom), r.confidence) for r in regions]
    scores = [score for score in distinct(boxes) if score >= FAINT_BOX]
    sure, seen = sum(score >= SURE_BOX for score in scores), len(scores)
    said = f"{sure} boxes, {seen - sure} faint ones"
    yes = round(chance_of_more(scores, wanted.more_than), DIGITS)
    if sure > wanted.more_than:
        return Score(max(yes, COUNTED), 0.0, method=COUNT, said=said)
    if seen > wanted.more_than or could_be_more(seen, wanted.more_than):
        return Score(yes, 1.0, method=COUNT, said=said)
    return Score(yes, MISSED_BOX, method=COUNT, said=said)
