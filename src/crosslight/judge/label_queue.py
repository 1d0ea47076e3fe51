"""Which images a person should label next: some drawn by chance, some that the judge doubts.

The doubtful ones tell the most about the judge's errors, and nothing about the run by themselves:
they are no sample of it. So half of every queue is drawn by chance, and each row says how it was
drawn. The order of chance is that of a hash of the photo: what was labelled in several rounds is
one random sample. Neither verdict nor score stands beside the image: who sees them agrees too
often.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crosslight.judge.labels import DOUBTFUL, RANDOM, LabelError, Labels, read_labels
from crosslight.records import Status, Verdict
from crosslight.store import write_text
from crosslight.text import csv_text

COLUMNS = ("image", "photo", "drawn", "queue", "place", "of", "chance", "broken", "label")
QUEUE_FILE = "label_next.csv"


def images_to_label(
    verdicts: Sequence[Verdict], labels: Labels | None = None, size: int = 50
) -> list[dict[str, Any]]:
    """Rows to fill in: half of them by chance, half by doubt, taking turns.

    An image that was labelled and is due by chance or by doubt stands on top with its label: it
    now counts as drawn.
    """
    if labels is not None:
        labels = labels.fitted((v.photo, v.source) for v in verdicts)
    order = by_doubt(verdicts)
    queue = _Queue(order, labels)
    chance = sorted(order, key=lambda v: hashlib.sha256(b"label:" + v.photo.encode()).digest())
    drawn = queue.take(chance, RANDOM, (size + 1) // 2)
    doubtful = queue.take(order, DOUBTFUL, size - (size + 1) // 2)
    certain = max((queue.place[v.photo] for v in doubtful), default=0)
    rest = sum(queue.place[v.photo] > certain for v in queue.at_random)
    share = rest / max(1, len(order) - certain)
    rows = [queue.row(v, RANDOM, certain, share) for v in drawn]
    others = [queue.row(v, DOUBTFUL, certain, share) for v in doubtful]
    return sorted(_turns(rows, others), key=lambda row: not row["label"])


def by_doubt(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Every photo once, the most doubtful first, rules taking turns.

    An image is doubtful as far as its score is from being clear (2/3 and 1/3 bound the undecided
    band), more so where it is undecided or speaks to the judge.
    """
    by_rule: dict[str, list[tuple[float, str, Verdict]]] = {}
    for v in {v.photo: v for v in reversed(verdicts)}.values():
        weakest = max(v.rules, key=lambda r: (_doubt(r.score), r.rule), default=None)
        doubt = _doubt(weakest.score) if weakest else 0.0
        doubt += 0.5 * (v.status is Status.UNDECIDED) + 0.5 * bool(v.addressed_by)
        by_rule.setdefault(weakest.rule if weakest else "", []).append((-doubt, v.photo, v))
    turns = [sorted(found, key=lambda one: one[:2]) for _, found in sorted(by_rule.items())]
    return [
        line[turn][2]
        for turn in range(max(map(len, turns), default=0))
        for line in turns
        if turn < len(line)
    ]


class _Queue:
    """What is proposed so far. `at_random`: all images that count as drawn by chance."""

    def __init__(self, order: Sequence[Verdict], labels: Labels | None) -> None:
        self.labels = labels
        self.place = {v.photo: at for at, v in enumerate(order, start=1)}
        photos = "\n".join(v.photo for v in order)
        self.name = hashlib.sha256(photos.encode()).hexdigest()[:8]
        self.at_random: list[Verdict] = []
        self._proposed = set[str]()

    def take(self, order: Sequence[Verdict], how: str, size: int) -> list[Verdict]:
        """The next images in this order until `size` are without a label."""
        found, blank = list[Verdict](), 0
        for v in order:
            if blank == size:
                break
            if v.photo in self._proposed:
                continue
            if how == RANDOM:
                self.at_random.append(v)
            known = self.labels is not None and self.labels.of(v.photo, v.source) is not None
            if known and self._is_drawn(v, how):
                continue
            self._proposed.add(v.photo)
            found.append(v)
            blank += not known
        return found

    def _is_drawn(self, v: Verdict, how: str) -> bool:
        """Whether its label counts so already."""
        assert self.labels is not None
        drawn = self.labels.how(v.photo, v.source)
        if how == RANDOM:
            return any(one.how == RANDOM for one in drawn)
        return any(one.queue == self.name for one in drawn)

    def row(self, v: Verdict, how: str, certain: int, share: float) -> dict[str, Any]:
        """`chance`: how likely this image was to be proposed, all queues of this run together."""
        place = self.place[v.photo]
        label, broken = "", ""
        if self.labels is not None and (unsafe := self.labels.of(v.photo, v.source)) is not None:
            label = "unsafe" if unsafe else "safe"
            known = {r.rule: self.labels.of(v.photo, v.source, r.rule) for r in v.rules}
            if None not in known.values():  # else it would say that the others are kept
                broken = " ".join(rule for rule, is_broken in known.items() if is_broken)
        return {
            "image": v.source or v.photo,
            "photo": v.photo,
            **{"drawn": how, "queue": self.name, "place": place, "of": len(self.place)},
            "chance": round(1.0 if place <= certain else share, 6),
            "broken": broken,
            "label": label,
        }


def write_queue(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A CSV whose last columns are to be filled; `judge report` reads it. Returns its path.

    A file that somebody has begun to fill in stays as it is: the new one gets the next number.
    """
    number, path = 1, folder / QUEUE_FILE
    while _begun(path):
        number += 1
        path = folder / f"{path.stem.split('-')[0]}-{number}{path.suffix}"
    return write_text(path, csv_text(COLUMNS, rows, line_end="\r\n"))


def _begun(path: Path) -> bool:
    """Whether a queue file holds labels, or what nobody but a person can have made of it."""
    if not path.exists():
        return False
    try:
        read_labels(path)
    except LabelError as error:
        return not error.message.endswith("holds no label")
    return True


def _doubt(score: float) -> float:
    """1 in the middle of the scale, 0 at its ends."""
    return 1 - 2 * abs(score - 0.5)


def _turns(one: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Taking turns, so that a queue that is filled in half holds both."""
    found = []
    for at in range(max(len(one), len(other))):
        found += [*one[at : at + 1], *other[at : at + 1]]
    return found
