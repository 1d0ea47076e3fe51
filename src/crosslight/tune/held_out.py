"""How good a model is on rows that it was not trained on, and whether it looks at the picture.

The same figures before and after training: of answers their log-probability, of pairs how far the
better answer is above the worse one. Of pairs with a mirror (the same two answers change roles
beside another photo) also with grey pictures: there one of the two must fall when the other rises.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from crosslight.tune.base import head_of, hidden_states
from crosslight.tune.job import Method
from crosslight.tune.pictures import Pictures
from crosslight.tune.preflight.seen import IGNORED
from crosslight.tune.rows import TuneRow
from crosslight.tune.train.examples import example_of

MOST = 64
"""Rows of one figure: one is scored at a time."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Scores by row id. Of SFT the mean log-probability of a token of the answer; of pairs the
    score of the better answer minus that of the worse."""

    held_out: dict[str, float] = field(default_factory=dict)
    mirrored: dict[str, float] = field(default_factory=dict)
    mirrored_blank: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, dict[str, float]]:
        """For before.json and after.json."""
        return {
            "held_out": self.held_out,
            "mirrored": self.mirrored,
            "mirrored_blank": self.mirrored_blank,
        }


def couples(rows: Sequence[TuneRow]) -> list[tuple[TuneRow, TuneRow]]:
    """Pairs with their mirrors by photo, both of which are there; each couple once. Of a mirror by
    text, whose questions differ, both can rise for a model that sees nothing: it is none."""
    by_id = {row.id: row for row in rows}
    found = {}
    for row in rows:
        other = by_id.get(row.mirror_of)
        if other is not None and _by_photo(row, other):
            found[frozenset((row.id, other.id))] = (other, row)
    return list(found.values())


def _by_photo(row: TuneRow, other: TuneRow) -> bool:
    swapped = (row.answer, row.rejected) == (other.rejected, other.answer)
    return swapped and row.prompt == other.prompt and row.pictures != other.pictures


def measure(
    method: Method,
    model: Any,
    collator: Any,
    train: Sequence[TuneRow],
    held: Sequence[TuneRow],
    pictures: Pictures,
    check: Callable[[], None],
) -> Figures:
    """All figures of a model as it is. `check` raises where the run is to stop."""
    import torch

    was_training = model.training
    model.eval()

    def score(rows: Sequence[TuneRow], *, blank: bool = False) -> dict[str, float]:
        found = {}
        for row in rows:
            check()
            batch = collator([example_of(row, pictures, blank=blank)])
            found[row.id] = _score(method, model, batch)
        return found

    mirrored = [row for couple in couples(train)[: MOST // 2] for row in couple]
    try:
        with torch.no_grad():
            if method is Method.SFT:
                return Figures(score(held[:MOST]))
            return Figures(score(held[:MOST]), score(mirrored), score(mirrored, blank=True))
    finally:
        model.train(was_training)


def _score(method: Method, model: Any, batch: Any) -> float:
    device = next(model.parameters()).device
    inputs = {name: value.to(device) for name, value in dict(batch).items()}
    if method is Method.REWARD:
        inputs.pop("completion_mask")
        better, worse = model(**inputs).tolist()
        return float(better - worse)
    if method is Method.SFT:
        labels = inputs.pop("labels")
        found = log_probs(model, inputs, labels != IGNORED)
        return float(found[0] / max(1, int((labels != IGNORED).sum())))
    better, worse = log_probs(model, inputs, inputs.pop("completion_mask").bool()).tolist()
    return float(better - worse)


def log_probs(model: Any, inputs: dict[str, Any], answer: Any) -> Any:
    """The summed log-probability of the answer's tokens, a row each."""
    import torch

    states = hidden_states(model, {n: v for n, v in inputs.items() if n != "labels"})
    head = head_of(model).get_output_embeddings()
    found = []
    for row, ids, mask in zip(states, inputs["input_ids"], answer, strict=True):
        at = mask.nonzero()[:, 0]
        at = at[at > 0]
        told = torch.log_softmax(head(row[at - 1].to(head.weight.dtype)).float(), dim=-1)
        found.append(told.gather(1, ids[at][:, None]).sum())
    return torch.stack(found)


def told(before: Figures, after: Figures, train: Sequence[TuneRow]) -> dict[str, Any]:
    """The figures as run.json has them, and warnings where nothing rose."""
    found: dict[str, Any] = {"held_out": _moved(before.held_out, after.held_out)}
    pairs = [(a.id, b.id) for a, b in couples(train)]
    for name in ("mirrored", "mirrored_blank"):
        one, two = getattr(before, name), getattr(after, name)
        there = [(a, b) for a, b in pairs if all(x in one and x in two for x in (a, b))]
        if there:
            both = [two[a] > one[a] and two[b] > one[b] for a, b in there]
            found[name] = {**_moved(one, two), "couples": len(there), "both_rose": sum(both)}
    return found


def _moved(before: dict[str, float], after: dict[str, float]) -> dict[str, Any]:
    """Means and shares above zero of rows that were measured on both sides; None where there is
    none."""
    before = {name: value for name, value in before.items() if name in after}
    after = {name: after[name] for name in before}
    if not before:
        return {"rows": 0, "before": None, "after": None, "rose": None, "right": None}
    return {
        "rows": len(before),
        "before": round(fmean(before.values()), 6),
        "after": round(fmean(after.values()), 6),
        "rose": sum(after[name] > before[name] for name in before),
        "right": sum(value > 0 for value in after.values()),
    }


def warnings_of(method: Method, figures: dict[str, Any]) -> list[str]:
    """What a reader must know of them."""
    found = []
    held, mirrored = figures["held_out"], figures.get("mirrored")
    if held["rows"] and held["after"] <= held["before"]:
        found.append("nothing was learnt that holds for rows that were held out: no mean rose")
    if not held["rows"]:
        none = "no row was held out"
        if method is Method.GRPO:
            none += ", or no answer to one had a known reward before and after"
        found.append(f"{none}: how good the model is on other photos is not known")
    if method.pairs and mirrored and not mirrored["both_rose"]:
        found.append("in no mirrored pair both members rose: the picture decides nothing yet")
    return found
