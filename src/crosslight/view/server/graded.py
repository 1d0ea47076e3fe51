"""What a grading run says of an image, letter by letter: eleven grades, each with the share that
counted, the bare one, and that without the image."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crosslight.runs import Act, ReviewKey, reviewed_rows

WORST: Final = 10
MOST_JSON: Final = 20_000


@dataclass(frozen=True, slots=True)
class Mark:
    """A grade of the scale. A share that is None was not measured. `by`: who gives this grade."""

    grade: int
    meaning: str
    share: float | None
    shown: float | None
    prior: float | None
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graded:
    """The scale of a run, with what was measured of one image on it."""

    question: str
    marks: tuple[Mark, ...]

    @property
    def measured(self) -> bool:
        """Whether the model's shares are known at all."""
        return any(one.share is not None or one.shown is not None for one in self.marks)

    @property
    def debiased(self) -> bool:
        """Whether what the model says without the image was asked and taken off."""
        return any(one.prior is not None for one in self.marks)


def graded(run: Mapping[str, Any], row: Mapping[str, Any], acts: Sequence[Act]) -> Graded:
    """The scale of the run with the shares of a row, as far as both say them."""
    told = run.get("scale")
    scale = told if isinstance(told, Mapping) else {}
    marks = scale.get("marks")
    meanings = marks if isinstance(marks, Mapping) else {}
    share, shown, prior = (_shares(row.get(name)) for name in ("distribution", "shown", "prior"))
    found = reviewed_rows({ReviewKey(act.row, act.by, act.rule): act for act in acts})
    said = {by: label for one in found.values() for by, label in one.labels.items()}
    return Graded(
        str(scale.get("question") or ""),
        tuple(
            Mark(
                grade=at,
                meaning=str(meanings.get(str(at)) or ""),
                share=share.get(at),
                shown=shown.get(at),
                prior=prior.get(at),
                by=tuple(sorted(by for by, label in said.items() if label == str(at))),
            )
            for at in range(WORST + 1)
        ),
    )


def _shares(said: Any) -> dict[int, float]:
    """By grade; nothing of what is no list or mapping of shares."""
    if not isinstance(said, str) or not said or len(said) > MOST_JSON:
        return {}
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    if isinstance(found, list):
        found = {str(at): value for at, value in enumerate(found)}
    if not isinstance(found, Mapping):
        return {}
    return {at: float(found[str(at)]) for at in range(WORST + 1) if _is_share(found.get(str(at)))}


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
