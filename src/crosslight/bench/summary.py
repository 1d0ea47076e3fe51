"""The folder of a bench run: whose it is, and what `run.json` says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crosslight.bench.item import Item, Side
from crosslight.bench.job import Job
from crosslight.bench.metrics import Estimate
from crosslight.bench.native.load import Loaded
from crosslight.bench.prompts import prompt_hashes
from crosslight.models import ModelCard
from crosslight.records import canonical, content_hash
from crosslight.runs import NotARunFolder, library_versions, read_run
from crosslight.store import write_json

KIND = "bench"
PACKAGES = ("numpy", "pillow", "pyarrow", "torch", "transformers")


def check(out: Path) -> None:
    """Raises `NotARunFolder` where the folder holds other things."""
    if out.exists() and not out.is_dir():
        raise NotARunFolder(f"{out} is a file")
    if out.is_dir() and any(out.iterdir()) and read_run(out).get("kind") != KIND:
        raise NotARunFolder(f"{out} is not empty and holds no bench run")


def claim(out: Path) -> None:
    """Take the folder for this run. A killed run is a stopped run that can go on; an earlier
    `run.json` would not fit the new tables."""
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "run.json", {"kind": KIND, "status": "stopped", "reason": "did not end"})


def bench_run(folder: Path) -> dict[str, Any]:
    """`run.json` of a bench run that left its tables. Raises `NotARunFolder`."""
    found = read_run(folder)
    if found.get("kind") == KIND and "suite" not in found:
        raise NotARunFolder(
            f"the bench run in {folder} did not end", "run its command again: it goes on"
        )
    if found.get("kind") != KIND or not (folder / "items.parquet").is_file():
        raise NotARunFolder(f"{folder} holds no finished bench run")
    return found


def describe(
    job: Job,
    loaded: Loaded,
    cards: Mapping[str, ModelCard],
    kinds: Sequence[str],
    counts: Mapping[str, Mapping[str, int]],
    reference: Mapping[str, str],
) -> dict[str, Any]:
    """The part of `run.json` that is the same whenever the same run ends."""
    suite = job.suite
    return {
        "kind": KIND,
        "protocol": job.config.label,
        "suite": {
            "name": suite.name,
            "title": suite.title,
            "paper": suite.paper,
            "licence": suite.licence,
            "verified": suite.verified,
            "quirks": list(suite.quirks),
        },
        "rows": len(loaded.items),
        "statuses": dict(counts["status"]),
        "reasons": dict(counts["reason"]),
        "verdicts": dict(counts["verdict"]),
        "kinds": list(kinds),
        "notes": notes(job, loaded, cards),
        "data": {
            **loaded.counts(),
            "files": [list(pair) for pair in loaded.files],
            "items_sha256": content_hash(canonical([_identity(item) for item in loaded.items])),
            "bad": [[row.source, row.row, row.reason] for row in loaded.bad[:200]],
        },
        "models": [card.as_json(role) for role, card in cards.items()],
        "settings": job.config.as_json(),
        "against": {
            "run": job.against.resolve().name,
            "answers_sha256": content_hash(canonical(dict(reference))),
        }
        if job.against
        else "",
        "seed": job.config.seed,
        "prompts": prompt_hashes(),
        "versions": library_versions(PACKAGES),
    }


def notes(job: Job, loaded: Loaded, cards: Mapping[str, ModelCard]) -> list[str]:
    """What a reader of the numbers must know."""
    found = []
    sides = Counter(item.side for item in loaded.items)
    for side, other in ((Side.UNSAFE, "over-safe"), (Side.SAFE, "unsafe")):
        if sides[side] and not sides[Side.SAFE if side is Side.UNSAFE else Side.UNSAFE]:
            found.append(
                f"this suite measures the {side} side only: the {other} side of the "
                "trade-off is not seen"
                + (", so what the remedy costs there is unknown" if job.config.remedy else "")
            )
    if loaded.short_by:
        found.append(
            f"{loaded.short_by:,} of {loaded.published:,} published items are not in this "
            "folder; nothing here speaks of them"
        )
    if loaded.bad:
        found.append(f"{len(loaded.bad):,} rows could not be read and are no items")
    if job.config.protocol == "published" and job.judges:
        found.append("published: the reading is the authors', the judge's prompt is not theirs")
    if job.config.picture != "as is":
        found.append(f"ablation: --image {job.config.picture}")
    weak = cards["model"].weakness
    return [*found, f"model: {weak}"] if weak else found


def count(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Rows by status, by reason of those without a score, by verdict."""
    return {
        "status": _counted(row["status"] for row in rows),
        "reason": _counted(
            f"{row['status']}: {row['reason']}" for row in rows if row["status"] != "done"
        ),
        "verdict": _counted(row["verdict"] for row in rows if row["status"] == "done"),
    }


def headline(estimates: Sequence[Estimate]) -> list[Estimate]:
    """The numbers over all items."""
    return [one for one in estimates if one.group == "all"]


def _counted(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _identity(item: Item) -> list[Any]:
    return [item.id, str(item.subset), item.text, str(item.expected), list(item.images)]
