"""Language models as judges: one adapter a sample, tuned as `tune judge` does, and the base.

Each lies in a folder of its own under `judges/`: `tuned.json` says that it is there, and
`scores.jsonl` what it said of which row. A killed run trains and asks nothing twice.
"""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crosslight.models import Message, Model, judge_prompt, parse, policy_of, user
from crosslight.rate.asked import Rows
from crosslight.rate.judges import Floats
from crosslight.rate.plan import Sample
from crosslight.rate.read import ReadSet
from crosslight.rate.recipe import FORMAT, RateRecipe
from crosslight.rate.sets import Ints
from crosslight.records import ImageView, RunBroken, content_hash
from crosslight.runs import read_run
from crosslight.store import ImageStore
from crosslight.tune import Base, JudgeRow, Method, TuneJob, tune_on_rows

FOLDER = "judges"
LOG = "scores.jsonl"
SAVE_EVERY = 25
Step = Callable[[str, int, int], None]
"""Is told what is going on, how much of it is done, of how much; raises to end the run."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where judges are trained and asked, and by what. `trainings`: how many there will be."""

    recipe: RateRecipe
    base: Base
    out: Path
    images: Path
    step: Step
    sets: Sequence[ReadSet]
    trainings: int = 0
    rows: int = 0
    """Of the usual sample."""

    @property
    def name(self) -> str:
        """All that changes a score, but the rows."""
        return f"{self.base.name} {self.base.revision} {self.recipe.mark}"

    @property
    def spec(self) -> str:
        """How base and judges are opened."""
        return self.recipe.spec(self.base.revision)

    @property
    def task(self) -> str:
        """For people."""
        recipe, rows = self.recipe, self.rows
        each = f"{rows:,} rows, {recipe.steps(rows):,} steps each" if rows else ""
        return f"train judges from {self.base.name} on {device()} ({each})"

    def asked(self) -> Rows:
        """The rows, shown as they are in training."""
        return Rows(self.sets, ImageStore(self.images), self.recipe.settings.side)


@dataclass(frozen=True, slots=True, eq=False)
class BareNetwork:
    """The base itself: what it says before any training."""

    place: Place

    @property
    def name(self) -> str:
        """With all that changes its scores."""
        return f"untuned network {self.place.name}"

    def scores(self, sample: Sample, asked: Sequence[tuple[int, Ints]], seed: int) -> list[Floats]:
        """The sample teaches it nothing, and seeds do not differ: it is asked once."""
        place = self.place
        log = place.out / FOLDER / f"untuned-{content_hash(self.name.encode())[:16]}" / LOG
        what = f"ask {place.base.name}, untuned"
        return place.asked().scores(
            log, self._open, to_base, asked, lambda done, of: place.step(what, done, of)
        )

    async def _open(self) -> Model:
        return await parse(self.place.spec).open()


@dataclass(frozen=True, slots=True, eq=False)
class NetworkJudge:
    """An adapter for each sample. `lost`: by judge, rows of its sample that it was not trained on:
    too long, or with a picture that cannot be read."""

    place: Place
    lost: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """With all that changes its scores."""
        return f"tuned network {self.place.name}"

    def scores(self, sample: Sample, asked: Sequence[tuple[int, Ints]], seed: int) -> list[Floats]:
        """Trained, unless it is there; asked, what it was not asked before."""
        place = self.place
        folder = self._trained(sample, seed)
        what = f"ask judge {len(self.lost):,} of {place.trainings:,}"

        async def opens() -> Model:
            return await parse(f"tuned:{folder}").open()

        return place.asked().scores(
            folder / LOG, opens, to_judge, asked, lambda done, of: place.step(what, done, of)
        )

    def _trained(self, sample: Sample, seed: int) -> Path:
        """The folder of the judge of this sample."""
        place = self.place
        rows, keys, licences = self._rows(sample)
        key = content_hash("\0".join([self.name, str(seed), *keys]).encode())[:24]
        folder = place.out / FOLDER / key
        if key not in self.lost:
            place.step(place.task, len(self.lost), place.trainings)
        if not (folder / "tuned.json").is_file():
            (folder / LOG).unlink(missing_ok=True)  # of a judge that is gone
            job = self._job(folder, len(rows), seed)
            result = tune_on_rows(folder, rows, place.spec, FORMAT, job, licences)
            _let_go()
            if result.status != "complete":
                raise RunBroken(
                    f"a judge was not trained to its end: {result.reason or result.status}",
                    "run the same command again: it goes on from the last checkpoint",
                )
        told = read_run(folder / "tuning")
        self.lost[key] = int(told.get("dropped") or 0) + int(told.get("failed") or 0)
        return folder

    def _rows(self, sample: Sample) -> tuple[list[JudgeRow], list[str], str]:
        """The rows of a sample, their keys, and under which licences they stand."""
        found = list(zip(sample.sets.tolist(), sample.rows.tolist(), strict=True))
        sets = self.place.sets
        licences = dict.fromkeys(sets[at].data.licence for at, _ in found)
        return (
            [sets[at].rows[row] for at, row in found],
            [sets[at].data.keys[row] for at, row in found],
            "; ".join(licences),
        )

    def _job(self, folder: Path, rows: int, seed: int) -> TuneJob:
        place, recipe = self.place, self.place.recipe
        return TuneJob(
            data=folder,
            out=folder,
            base=recipe.place,
            revision="" if recipe.is_folder else place.base.revision,
            method=Method.SFT,
            preset=recipe.preset,
            settings=recipe.settings,
            images=place.images,
            seed=seed,
            steps=recipe.steps(rows),
            held_out=0.0,  # what it learnt is asked of other rows; all of these are trained on
            save_every=SAVE_EVERY,
            quiet=recipe.quiet,
        )


def to_judge(row: JudgeRow, view: ImageView | None) -> list[Message]:
    """As a dialogue: a tuned judge puts it into the words that it was tuned on."""
    asked = [user(row.text, view) if view is not None else user(row.text)]
    return [*asked, Message("assistant", row.answer)] if row.answer.strip() else asked


def to_base(row: JudgeRow, view: ImageView | None) -> list[Message]:
    """The same words, written out."""
    text = judge_prompt(FORMAT, policy_of(()), row.text, row.answer, pictured=view is not None)
    return [user(text, view) if view is not None else user(text)]


def _let_go() -> None:
    """The network that was trained leaves the device before the next one comes."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def device() -> str:
    """Where training goes on."""
    import torch

    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else "the CPU"
