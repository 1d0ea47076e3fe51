"""Pairs whose better reply is known, written by people, before the annotator: what it gets wrong.

They cost nothing to label: the bank's own pairs, of the build that a run reads, or of a run of
prefer that asked no model.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from crosslight.prefer.annotate.contest import Contest
from crosslight.prefer.answered import Answered, Responder
from crosslight.prefer.bank_pairs import pairs_of
from crosslight.prefer.built import is_built, read_built
from crosslight.prefer.dataset import PairRow, Pictures, read_pairs
from crosslight.prefer.draw import DrawBy, Drawn
from crosslight.prefer.figures.annotator import LABELLED
from crosslight.prefer.job import PreferJob
from crosslight.prefer.question import Question
from crosslight.prefer.questions.wording import words
from crosslight.records import AskedAs, BadSetting, RequestSide, stable_id
from crosslight.store import ImageStore

MODELS = "model"
"""The kind of a reply that nobody wrote on purpose: which of two is better is then not known."""


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Pairs and their pictures."""

    rows: tuple[PairRow, ...]
    pictures: Pictures

    def wanted(self, probes: int) -> int:
        """How many are compared: four for each probe of a kind, where there are so many."""
        return min(4 * probes, len(self.rows))

    def contests(self, probes: int, images: ImageStore, *, seed: int) -> tuple[Contest, ...]:
        """As many as are wanted, chosen by the seed, A being the better reply; their pictures are
        put into the image store."""
        order = sorted(self.rows, key=lambda row: stable_id("labelled", id=row.id, seed=seed))
        order = order[: self.wanted(probes)]
        for _, data, _ in self.pictures(sorted({row.photo for row in order})):
            images.put(data)
        return tuple(map(_contest, order))


def labelled_set(job: PreferJob) -> LabelledSet | None:
    """The pairs of `--labelled`, or of the build that the run reads; None without either. Raises
    `BadSetting` for a run whose replies are models', `RunError`."""
    if job.labelled is not None:
        run = read_pairs(job.labelled)
        rows = _known(run.rows)
        if not rows:
            raise BadSetting(
                f"{job.labelled.name} holds no pairs whose better reply is known",
                "--labelled takes a run of `crosslight prefer` over a build, without --responder",
            )
        return LabelledSet(rows, run.named_pictures)
    if is_built(job.source):
        built = read_built(job.source)
        return LabelledSet(_known(pairs_of(built, job.config).rows), built.named_pictures)
    return None


def _known(rows: Iterable[PairRow]) -> tuple[PairRow, ...]:
    """Pairs of full weight: of a mirror by text the worse reply may be fair advice as well, so an
    annotator that says so errs in nothing."""
    return tuple(
        row for row in rows if MODELS not in row.kinds and not row.sensitive and row.weight >= 1
    )


def _contest(row: PairRow) -> Contest:
    question = Question(
        row.photo,
        row.question,
        AskedAs(row.form),
        side=RequestSide(row.side),
        source=row.source,
        licence=row.licence,
        origin=row.origin,
    )
    a, b = (
        Answered(question.id, Responder("", by), text, words=len(words(text)))
        for by, text in ((row.chosen_by, row.chosen), (row.rejected_by, row.rejected))
    )
    return Contest(question, a, b, Drawn("", "", DrawBy.ANY, 1.0), probe=LABELLED)
