"""What `run.json` says of a bench run, and reading it again."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crosslight.bench.ask import options_of
from crosslight.bench.config import BenchConfig
from crosslight.bench.item import LETTERS, BadRow, Item, Side
from crosslight.bench.job import KIND, BenchJob
from crosslight.bench.metrics import Estimate
from crosslight.bench.native.load import Loaded
from crosslight.bench.prompts import prompt_hashes
from crosslight.bench.published import PublishedScorer, published_scorer
from crosslight.models import ModelCard
from crosslight.records import canonical, content_hash
from crosslight.runs import NotARunFolder, read_run
from crosslight.text import plural, visible

UNREAD = 8
"""Fields that a note names."""
SHOWN = 3
"""Rows and files that a note names; `run.json` has them all (rows: the first 200)."""


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
    job: BenchJob,
    loaded: Loaded,
    items: Sequence[Item],
    cards: Mapping[str, ModelCard],
    kinds: Sequence[str],
    counts: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    """The part of `run.json` that is the same whenever the same run ends."""
    suite = job.suite
    return {
        "protocol": job.config.label,
        "suite": {
            "name": suite.name,
            "title": suite.title,
            "paper": suite.paper,
            "licence": suite.licence,
            "verified": suite.verified,
            "quirks": list(suite.quirks),
        },
        "rows": len(items) * job.config.epochs,
        "statuses": dict(counts["status"]),
        "reasons": dict(counts["reason"]),
        "verdicts": dict(counts["verdict"]),
        "kinds": list(kinds),
        "notes": notes(job, loaded, items, cards),
        "data": {
            **loaded.counts(),
            "files": [list(pair) for pair in loaded.files],
            "items_sha256": content_hash(canonical([_identity(item) for item in items])),
            "bad": [[row.source, row.row, row.reason] for row in _worst_first(loaded.bad)[:200]],
        },
        "settings": job.config.as_json(),
        "prompts": prompt_hashes(),
    }


def against(job: BenchJob, reference: Mapping[str, str]) -> dict[str, Any]:
    """Whose answers these were compared with."""
    if job.against is None:
        return {"against": ""}
    answers = content_hash(canonical(dict(reference)))
    return {"against": {"run": job.against.resolve().name, "answers_sha256": answers}}


def notes(
    job: BenchJob, loaded: Loaded, items: Sequence[Item], cards: Mapping[str, ModelCard]
) -> list[str]:
    """What a reader of the numbers must know."""
    found = list(job.suite.cautions(items))
    sides = Counter(item.side for item in items)
    for side, other in ((Side.UNSAFE, "over-safe"), (Side.SAFE, "unsafe")):
        if sides[side] and not sides[Side.SAFE if side is Side.UNSAFE else Side.UNSAFE]:
            found.append(
                f"this suite measures the {side} side only: the {other} side of the "
                "trade-off is not seen"
                + (", so what the remedy costs there is unknown" if job.config.remedy else "")
            )
    if len(items) < len(loaded.items):
        parts = f" of {', '.join(job.config.subset)}" if job.config.subset else ""
        sample = f", chosen by the seed {job.config.seed}" if job.config.limit is not None else ""
        found.append(f"{len(items):,} of {len(loaded.items):,} items were asked{parts}{sample}")
    found += _of_files(loaded)
    found += _of_rows(loaded, items, job.config.protocol)
    unreferred = sum(item.labels.get("reference") == "missing" for item in items)
    if unreferred:
        have = "item has" if unreferred == 1 else "items have"
        found.append(f"{unreferred:,} {have} no reference answer here: asked all the same")
    if job.config.protocol == "published":
        found += published_notes(published_scorer(job.suite.name))
        if job.judges:
            found.append("published: the reading is the authors', the judge's prompt is not theirs")
    found += asking_notes(job.config, any(options_of(item) for item in items))
    if job.config.picture != "as is":
        found.append(f"ablation: --image {job.config.picture}")
    weak = cards["model"].weakness
    return [*found, f"model: {weak}"] if weak else found


def published_notes(authors: PublishedScorer | None) -> list[str]:
    """How far a figure of the authors' rule can be trusted, and what is wrong with the rule."""
    if authors is None:
        return []
    return [
        f"published: how far this figure can be trusted: {authors.trust}",
        *(f"published, a defect of the authors' scorer, kept: {one}" for one in authors.defects),
    ]


def asking_notes(config: BenchConfig, choices: bool) -> list[str]:
    """How the items were asked, where it was not plainly once, alone and at temperature 0."""
    found = []
    if config.system is not None:
        found.append(
            f"system prompt: {config.system.file} ({len(config.system.text):,} characters, sha256 "
            f"{config.system.sha256[:12]}) stood before every question as a system turn"
            + (f"; the words of the remedy {config.remedy} come after it" if config.remedy else "")
        )
    read_as_text = choices and config.protocol == "strict"
    if config.temperature:
        found.append(
            f"answers were drawn at temperature {config.temperature:g}"
            + (
                "; choices were read as probabilities"
                if read_as_text and config.epochs == 1
                else ""
            )
        )
    if config.epochs > 1:
        found.append(
            f"every item was asked {config.epochs} times, with seeds {config.seed + 1} to "
            f"{config.seed + config.epochs}: intervals count items, not answers"
        )
        if read_as_text:
            found.append(
                "choices were read from the first word of an answer: probabilities would be the "
                "same in each epoch"
            )
        if not config.temperature:
            found.append(
                "at temperature 0 a deterministic endpoint gives equal answers in all epochs: that "
                "they agree says nothing then (--temperature 0.7 draws them)"
            )
    return found


def either_way_notes(authors: PublishedScorer | None, found: Iterable[bool]) -> list[str]:
    """How many answers the authors' rule would have counted as right whatever the item."""
    told = list(found)
    if authors is None or authors.either_way is None or not told:
        return []
    return [
        f"published: {sum(told):,} of {plural(len(told), 'scored answer')} "
        f"{authors.either_way_says}, and would be right on either side"
    ]


def _worst_first(bad: Sequence[BadRow]) -> list[BadRow]:
    """Whole files before rows."""
    return sorted(bad, key=lambda row: row.row > 0)


def _of_files(loaded: Loaded) -> list[str]:
    """What the folder lacks, and what it holds that cannot be used: two things, never one."""
    found = []
    if loaded.absent:
        found.append(
            f"{loaded.absent:,} of {loaded.published:,} published items are not in this "
            "folder; nothing here speaks of them"
        )
    broken = [row for row in loaded.bad if not row.row]
    found += [f"a file of this folder gives no item: {visible(str(one))}" for one in broken[:SHOWN]]
    if len(broken) > SHOWN:
        found.append(f"{plural(len(broken) - SHOWN, 'more file')} of this folder give no item")
    rows = [row for row in loaded.bad if row.row]
    if rows:
        told = "; ".join(visible(str(row)) for row in rows[:SHOWN])
        more = f"; and {len(rows) - SHOWN:,} more (run.json: data.bad)" if rows[SHOWN:] else ""
        said = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
        found.append(f"{said} could not be read and are no items: {told}{more}")
    return found


def _of_rows(loaded: Loaded, items: Sequence[Item], protocol: str) -> list[str]:
    """Fields that nothing reads, answers that the model gave on the way, and chance."""
    found = []
    unread = Counter(name for item in loaded.items for name in item.unread)
    if unread:
        told = ", ".join(f"{visible(name, 40)} ({n:,})" for name, n in unread.most_common(UNREAD))
        more = f" and {len(unread) - UNREAD:,} more" if len(unread) > UNREAD else ""
        found.append(
            f"fields of the rows that are not read: {told}{more}; what is to be grouped by stands "
            "under labels, and `ignore:` in the YAML lists what is known to be none"
        )
    asked = sum(item.asked_before for item in items)
    if asked:
        many = plural(sum(bool(item.asked_before) for item in items), "item")
        found.append(
            f"in {many} the model itself gave {plural(asked, 'earlier answer')} (column turns): "
            "the last question is not the same text for every model"
        )
    letters = [len(options_of(item)) for item in items if item.expected in LETTERS]
    if letters and protocol == "strict":
        chance = sum(1 / number for number in letters) / len(letters)
        least, most = min(letters), max(letters)
        among = f"{most}" if least == most else f"{least} to {most}"
        found.append(
            f"chance: who guesses among the {among} options is right in {100 * chance:.1f}% of the "
            f"{plural(len(letters), 'multiple-choice item')}"
        )
    return found


def addressed_notes(found: Iterable[str]) -> list[str]:
    """How many items spoke to the judge that read them."""
    number = sum(map(bool, found))
    if not number:
        return []
    return [
        f"in {plural(number, 'item')} a text speaks to the judge (column addressed_by): read those "
        "verdicts yourself; `crosslight doctor SPEC --injection` measures what a judge obeys"
    ]


def shown_notes(found: Iterable[Sequence[str]]) -> list[str]:
    """Of how many items the pictures hold more than the model was shown."""
    number = sum(map(bool, found))
    if not number:
        return []
    return [f"of {plural(number, 'item')} not all of the picture was shown (column notes)"]


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
    told = [item.id, str(item.subset), item.text, str(item.expected), list(item.images)]
    return told + ([[asdict(turn) for turn in item.turns]] if item.turns else [])
