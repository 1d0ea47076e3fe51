"""What a build leaves in its run directory: tables first, `run.json` last."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crosslight.build.bank import Bank, bank_hash
from crosslight.build.config import BuildConfig
from crosslight.build.counts import Account
from crosslight.build.coverage import Round
from crosslight.build.dataset import write_dataset
from crosslight.build.splits import split_photos
from crosslight.flow import Ledger
from crosslight.models import ModelCard
from crosslight.records import Dropped, Photo, Sample, canonical, content_hash
from crosslight.runs import library_versions, unended, write_lost
from crosslight.store import ImageStore, write_json

KIND = "build"
PACKAGES = ("numpy", "onnxruntime", "pillow", "pyarrow", "rapidocr", "wordllama", "xllamacpp")


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """Everything that a finished (or stopped) build knows."""

    samples: Sequence[Sample]
    photos: Mapping[str, Photo]
    inputs: Sequence[tuple[str, str]]
    coverage: Sequence[Round]
    account: Account
    images: ImageStore
    bank: Bank
    cards: Mapping[str, ModelCard]
    ledger: Ledger
    config: BuildConfig
    prompts: Mapping[str, str]
    command: Sequence[str]


def write_build(
    out: Path, leaving: BuildOutcome, *, status: str, reason: str, seconds: float
) -> dict[str, Any]:
    """Write tables and `run.json`; returns what stands in the latter."""
    unended(out, KIND)  # from here until the end, an earlier run.json would not fit the tables
    splits = split_photos((s.triplet.photo for s in leaving.samples), leaving.config.seed)
    write_dataset(out, leaving.samples, leaving.photos, splits, leaving.images)
    write_lost(out, leaving.account.lost)
    summary = describe(leaving, splits)
    calls = leaving.ledger.as_json()
    summary |= {"status": status, "reason": reason, "seconds": round(seconds, 3)}
    summary |= {
        name: calls[name] for name in ("calls", "tasks", "tokens", "cost", "faults", "answers")
    }
    write_json(out / "run.json", summary)
    return summary


def describe(leaving: BuildOutcome, splits: Mapping[str, str]) -> dict[str, Any]:
    """The part of `run.json` that is the same whenever the same run ends."""
    samples = leaving.samples
    lost = leaving.account.lost
    dropped = sum(isinstance(one.outcome, Dropped) for one in lost)
    return {
        "kind": KIND,
        "rows": len(samples),
        "dropped": dropped,
        "failed": len(lost) - dropped,
        "inputs": len(leaving.inputs),
        "photos": len(leaving.photos),
        "labels": dict(sorted(Counter(s.label for s in samples).items())),
        "kinds": dict(sorted(Counter(str(s.kind) for s in samples).items())),
        "splits": dict(sorted(Counter(splits[s.triplet.photo] for s in samples).items())),
        "funnel": leaving.account.as_json(),
        "coverage": [{**asdict(one), "grown": list(one.grown)} for one in leaving.coverage],
        "titles": {s.scenario: s.title for s in leaving.bank.scenarios},
        "models": [card.as_json(role) for role, card in leaving.cards.items()],
        "seed": leaving.config.seed,
        "settings": {**leaving.config.as_json(), "command": list(leaving.command)},
        "prompts": dict(leaving.prompts),
        "bank": {"patterns": len(leaving.bank), "sha256": bank_hash(leaving.bank)},
        "data": {"inputs_sha256": content_hash(canonical([list(i) for i in leaving.inputs]))},
        "versions": library_versions(PACKAGES),
    }
