"""What part of a run was labelled, and how it was drawn: what the labels can say about the run.

Four cases. `whole`: every image has a label. `queue`: the images were drawn by `label_queue`.
`random`: somebody says that the labels were drawn by chance. `unknown`: nobody says; the figures
then hold for images like the labelled ones, and no share of the run can be had.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from crosslight.judge import metrics
from crosslight.judge.decide import DECIDED
from crosslight.judge.labels import DOUBTFUL, OVERALL, RANDOM, Drawn, Labels
from crosslight.judge.metrics import Judged, Row
from crosslight.records import Finding, Status, Verdict

Said = Literal["", "random"]
OTHER_SIZE = 0.02
"""A queue over so many more or fewer images is still one over this run."""
UNLIKELY = 1e-3
NO_SAMPLE = (
    "the labels do not say how their images were drawn: the figures hold for images like the "
    "labelled ones, not for the run"
)


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the run; `verdict` is None for one that failed. `reach`: for each rule the
    highest cut of its score that accuses it, where cuts are to be chosen."""

    photo: str
    source: str
    verdict: Verdict | None
    reach: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """How the labels of a run were drawn. `by_chance` of them, `all_of` the most doubtful images,
    and `left_out` that nobody drew."""

    kind: Literal["whole", "queue", "random", "unknown"]
    images: int
    labelled: int
    by_chance: int = 0
    all_of: int = 0
    left_out: int = 0
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the report card."""
        return {**asdict(self), "notes": list(self.notes)}


def images_of(verdicts: Sequence[Verdict], failed: Sequence[tuple[str, str]]) -> list[Image]:
    """Every photo of a run once; an image that came in twice counts once."""
    found = {v.photo: Image(v.photo, v.source, v) for v in reversed(verdicts)}
    lost = [Image(photo, source, None) for source, photo in failed]
    return [*reversed(found.values()), *lost]


def judged(
    images: Sequence[Image], labels: Labels, rule: str = OVERALL, said: Said = ""
) -> tuple[Judged, Sample]:
    """The images of a run under one rule (or overall), and how their labels were drawn."""
    partial = rule == OVERALL and _some_by_rule_only(images, labels)
    rows = [_row(image, _truth(image, labels, rule, partial), rule) for image in images]
    known = [truth is not None for truth, *_ in rows]
    notes = (
        ["images labelled for some of the rules only are not in the figures over all rules"]
        if partial
        else []
    )
    judgeable = [at for at, image in enumerate(images) if image.verdict is not None]
    if all(known[at] for at in judgeable):
        return metrics.arrays(rows), Sample("whole", len(images), sum(known), notes=tuple(notes))
    drawn = [
        labels.how(image.photo, image.source) if known[at] else ()
        for at, image in enumerate(images)
    ]
    strata, chosen, more = _strata(drawn, known, len(judgeable), said)
    notes += more
    if labels.skipped and any(chosen):
        notes.append(
            f"rows of the queue that were passed over: {labels.skipped:,}; if they are the hard "
            "ones, the figures are too good"
        )
    if not any(one == 0 for at, one in enumerate(strata) if chosen[at]) or not any(chosen):
        kept = [at for at, row in enumerate(rows) if row.truth is not None]
        return metrics.arrays([rows[at] for at in kept], at=kept), Sample(
            "unknown", len(images), len(kept), notes=(NO_SAMPLE, *notes)
        )
    rows = [row if chosen[at] else row._replace(truth=None) for at, row in enumerate(rows)]
    j = metrics.arrays(rows, strata)
    chance = j.labelled & (j.stratum == 0)
    if unlike(j):
        notes.append(
            "the images drawn by chance were not judged as those of the run were: are they a "
            "random sample of it?"
        )
    return j, Sample(
        "queue" if any(drawn) else "random",
        len(images),
        int(j.labelled.sum()),
        int(chance.sum()),
        int((j.stratum == 1).sum()),
        sum(known) - int(j.labelled.sum()),
        tuple(notes),
    )


def _strata(
    drawn: Sequence[tuple[Drawn, ...]], known: Sequence[bool], size: int, said: Said
) -> tuple[list[int], list[bool], list[str]]:
    """(stratum, whether its label counts) of each image, and what is to be told."""
    ours = [tuple(d for d in how if abs(d.of - size) <= OTHER_SIZE * size) for how in drawn]
    notes = []
    if any(how and not mine for how, mine in zip(drawn, ours, strict=True)):
        of = next(how[0].of for how, mine in zip(drawn, ours, strict=True) if how and not mine)
        notes.append(f"a queue was drawn from {of:,} images, this run has {size:,}: not counted")
    chance = [
        any(d.how == RANDOM for d in mine)
        or (said == "random" and is_known and not any(d.how == DOUBTFUL for d in how))
        for mine, how, is_known in zip(ours, drawn, known, strict=True)
    ]
    queues = {d.queue for mine in ours for d in mine}
    certain = max((_certain(ours, chance, queue) for queue in sorted(queues)), key=len, default={})
    strata = [int(at in certain) for at in range(len(drawn))]
    return strata, [chance[at] or at in certain for at in range(len(drawn))], notes


def _certain(
    drawn: Sequence[tuple[Drawn, ...]], chance: Sequence[bool], queue: str
) -> Mapping[int, int]:
    """The images (with their places) at the head of the order of doubt that all have a label, up
    to the last that was taken for its place. What comes by chance behind it belongs to the rest."""
    places = {d.place: at for at, mine in enumerate(drawn) for d in mine if d.queue == queue}
    head = 0
    while head + 1 in places:
        head += 1
    last = max((place for place in range(1, head + 1) if not chance[places[place]]), default=0)
    return {places[place]: place for place in range(1, last + 1)}


def unlike(j: Judged) -> bool:
    """Whether the images that were drawn by chance got other verdicts than the rest that they were
    drawn from, by more than chance allows (chi-squared of the verdicts)."""
    from scipy.special import gammaincc

    rest = (j.stratum == 0) & (j.kind != metrics.FAILED)
    table = np.array(
        [
            [int((rest & side & (j.kind == kind)).sum()) for kind in range(metrics.FAILED)]
            for side in (j.labelled, ~j.labelled)
        ]
    )
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return False
    expected = table.sum(axis=0) * table.sum(axis=1, keepdims=True) / table.sum()
    squared = float(((table - expected) ** 2 / expected).sum())
    return float(gammaincc((table.shape[1] - 1) / 2, squared / 2)) < UNLIKELY


def _some_by_rule_only(images: Sequence[Image], labels: Labels) -> bool:
    """Whether images were labelled for rules without a label as a whole. Whether one has a label
    then depends on what it is: one violated rule is enough, and it takes all to be safe."""
    ruled = {name for name, rule in labels.values if rule != OVERALL}
    return any(
        labels.of(image.photo, image.source) is None and ruled & {image.photo, image.source}
        for image in images
    )


def _truth(image: Image, labels: Labels, rule: str, partial: bool) -> bool | None:
    if partial and {image.photo, image.source} & labels.partly:
        return None
    return labels.of(image.photo, image.source, rule)


def _row(image: Image, truth: bool | None, rule: str) -> Row:
    v = image.verdict
    if v is None:
        return Row(truth, False, False, math.nan)
    if rule == OVERALL:
        known = [one for one in image.reach.values() if not math.isnan(one)]
        unsafe, decided = v.status is Status.UNSAFE, v.status is not Status.UNDECIDED
        return Row(truth, unsafe, decided, v.score, max(known, default=math.nan))
    found = next((r for r in v.rules if r.rule == rule), None)
    reach = image.reach.get(rule, math.nan)
    if found is None or found.finding is Finding.FAILED:
        return Row(truth, False, False, math.nan, reach)
    violated, decided = found.finding is Finding.VIOLATED, found.finding in DECIDED
    return Row(truth, violated, decided, found.score, reach)
