"""What a build leaves: its dataset, its part of `run.json`, and the account of its inputs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crosslight.build.bank import Bank, bank_hash
from crosslight.build.config import BuildConfig
from crosslight.build.counts import RowCounts
from crosslight.build.coverage import Round
from crosslight.build.dataset import addressed, write_dataset
from crosslight.build.splits import split_photos
from crosslight.records import Dropped, Failed, Photo, Sample, canonical, content_hash
from crosslight.runs import NOT_REACHED, Account, Lost
from crosslight.store import ImageStore
from crosslight.text import plural

SCREEN = "screen"
UNREAD = "not_reached"
"""The fate of an input that a stop left unread."""


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """Everything that a finished (or stopped) build knows."""

    samples: Sequence[Sample]
    photos: Mapping[str, Photo]
    inputs: Sequence[tuple[str, str]]
    coverage: Sequence[Round]
    account: RowCounts
    images: ImageStore
    bank: Bank
    ours: bool
    """Whether it is the bank that comes along."""
    config: BuildConfig
    prompts: Mapping[str, str]
    command: Sequence[str]


def write_build(out: Path, outcome: BuildOutcome) -> dict[str, str]:
    """Write the dataset; returns the split of each photo."""
    splits = split_photos((s.triplet.photo for s in outcome.samples), outcome.config.seed)
    write_dataset(out, outcome.samples, outcome.photos, splits, outcome.images)
    return splits


def account_of(outcome: BuildOutcome, *, ended: bool) -> tuple[Account, list[Lost]]:
    """What became of each input, and those that a stop left out (unless the build `ended`).

    A photo is finished when a row stands on it; else it ended as the worst of its drafts did. After
    a stop its drafts may still have been under way, unless it fell as a whole.
    """
    kept = {sample.triplet.photo for sample in outcome.samples}
    ends: dict[str, Dropped | Failed] = {}
    for one in outcome.account.lost:
        tells = one.photo and (ended or not one.row)
        if tells and (one.photo not in ends or isinstance(one.outcome, Failed)):
            ends[one.photo] = one.outcome
    fates = [one.outcome for one in outcome.account.lost if one.outcome.step == SCREEN]
    left = []
    for source, photo in outcome.inputs:
        if photo == UNREAD:
            left.append(Lost(NOT_REACHED, source))
        if photo in outcome.photos and photo not in kept:
            fates.append(ends.get(photo, NOT_REACHED))
            if photo not in ends:
                left.append(Lost(NOT_REACHED, source, photo))
    return Account.of(len(outcome.inputs), len(kept), fates), left


def _bounds(outcome: BuildOutcome) -> dict[str, str]:
    """Where and when the patterns of these rows hold, of those that do not everywhere."""
    used = sorted({s.triplet.pattern for s in outcome.samples} & outcome.bank.patterns.keys())
    return {id: bounds for id in used if (bounds := "; ".join(outcome.bank.patterns[id].bounds))}


def describe(outcome: BuildOutcome, splits: Mapping[str, str]) -> dict[str, Any]:
    """The part of `run.json` that is the same whenever the same run ends."""
    samples = outcome.samples
    speaking = sum(bool(addressed(sample)) for sample in samples)
    notes = [f"in {plural(speaking, 'row')} a text speaks to the judge: see the rows' notes"]
    return {
        "notes": notes if speaking else [],
        "rows": len(samples),
        "photos": len(outcome.photos),
        "labels": dict(sorted(Counter(s.label for s in samples).items())),
        "kinds": dict(sorted(Counter(str(s.kind) for s in samples).items())),
        "splits": dict(sorted(Counter(splits[s.triplet.photo] for s in samples).items())),
        "funnel": outcome.account.as_json(),
        "coverage": [{**asdict(one), "grown": list(one.grown)} for one in outcome.coverage],
        "titles": {s.scenario: s.title for s in outcome.bank.scenarios},
        "settings": {**outcome.config.as_json(), "command": list(outcome.command)},
        "prompts": dict(outcome.prompts),
        "bank": {
            "patterns": len(outcome.bank),
            "sha256": bank_hash(outcome.bank),
            "ours": outcome.ours,
            "bounds": _bounds(outcome),
        },
        "data": {"inputs_sha256": content_hash(canonical([list(i) for i in outcome.inputs]))},
    }
