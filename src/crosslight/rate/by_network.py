"""A rating by language models: the same matrix, with the base itself as the untuned judge."""

from collections.abc import Callable, Sequence

from crosslight.rate.analysis import About, rate_sets, report_of
from crosslight.rate.config import MIN_SEEDS
from crosslight.rate.job import RateJob
from crosslight.rate.networks import BareNetwork, NetworkJudge, Place, Step
from crosslight.rate.plan import Plan
from crosslight.rate.read import ReadSet
from crosslight.rate.recipe import RateRecipe
from crosslight.rate.report import RateReport
from crosslight.rate.scores import Scores
from crosslight.rate.trainings import trainings
from crosslight.text import plural
from crosslight.tune import locate_base


def rate_networks(
    job: RateJob,
    recipe: RateRecipe,
    sets: Sequence[ReadSet],
    plan: Plan,
    step: Step,
    told: Callable[[str, str], None],
) -> RateReport:
    """Train a judge for each set and seed, and ask it of all sets. What `step` raises ends it;
    judges and what they said are kept."""
    base = locate_base(recipe.place, recipe.options.get("revision", ""))
    count, rows = trainings(plan, job.config), 2 * plan.per_class
    place = Place(recipe, base, job.out, job.images, step, sets, count, rows)
    step(place.task, 0, count)
    # What networks said is kept a line a row, beside each: no second table of it.
    scores = Scores(plan.sets, None)
    judge = NetworkJudge(place)
    rated = rate_sets(plan, judge, BareNetwork(place), scores, job.config, told)
    about = About(
        f"a judge tuned from {base.name}",
        f"hf:{base.name}",
        _told(place),
        tuple(_notes(job, judge)),
    )
    return report_of(job, rated, about)


def _told(place: Place) -> str:
    """What the judge is, in sentences."""
    recipe, settings, rows = place.recipe, place.recipe.settings, place.rows
    lora = settings.lora.rank if settings.lora else 0
    return (
        f"The judge is a language model: {place.base.name} (revision {place.base.revision[:12]}), "
        f"tuned anew on each training set with each seed: LoRA of rank {lora}, preset "
        f"{recipe.preset}, {rows:,} rows, {recipe.steps(rows):,} steps of {settings.batch} rows, "
        f"learning rate {settings.learning_rate:g}. A score is the probability of the word unsafe "
        "over that of unsafe and safe together, at the first word of the reply. The untuned row is "
        "the model as it came, asked the same."
    )


def _notes(job: RateJob, judge: NetworkJudge) -> list[str]:
    config, lost = job.config, sum(judge.lost.values())
    notes = []
    if config.seeds < MIN_SEEDS:
        notes.append(
            f"{config.seeds} seeds: they show half of the variance between trainings, so intervals "
            "and p are too small. --seeds 3 or more mend that."
        )
    if lost:
        some = sum(bool(n) for n in judge.lost.values())
        notes.append(
            f"{plural(lost, 'row')} of the samples of {some:,} of {len(judge.lost):,} judges could "
            "not be trained on (too long, or a picture that cannot be read): those judges took as "
            "many steps on fewer rows."
        )
    if not config.others:
        notes.append("No judge of all other sets was trained: --others does that.")
    return notes
