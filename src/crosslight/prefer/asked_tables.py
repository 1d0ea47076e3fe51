"""What a run with models leaves behind: tables, pairs, and its own part of `run.json`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.prefer.answer_table import ANSWERS, answer_rows
from crosslight.prefer.answered import Item
from crosslight.prefer.chosen import capped, deal, pair_of, with_splits
from crosslight.prefer.comparisons import Comparison, Thresholds, decided, write_comparisons
from crosslight.prefer.contests import all_fine
from crosslight.prefer.dataset import Pictures, write_pairs
from crosslight.prefer.fates import Fates
from crosslight.prefer.figures.annotator import annotator_figures
from crosslight.prefer.figures.responders import win_figures
from crosslight.prefer.figures.sections import sections
from crosslight.prefer.groups import Groups
from crosslight.prefer.job import PreferJob
from crosslight.prefer.prompts import prompt_hashes
from crosslight.prefer.ranks import FILE as RANKS_FILE
from crosslight.prefer.ranks import LABELS, RANKS, Row, rank_rows
from crosslight.prefer.rates import ResponderRates
from crosslight.prefer.sources import Inputs
from crosslight.prefer.summary import counts_of
from crosslight.records import canonical, content_hash
from crosslight.runs import Hall
from crosslight.store import ImageStore, write_json, write_table

ANSWERS_FILE, GROUPS_FILE = "answers.parquet", "groups.json"


@dataclass(frozen=True, slots=True)
class AskedTables:
    """Where tables are written, and what they are about."""

    job: PreferJob
    hall: Hall
    inputs: Inputs
    fates: Fates
    groups: Groups | None


def write_asked(
    to: AskedTables,
    items: Sequence[Item],
    comparisons: Sequence[Comparison],
    rates: Sequence[ResponderRates],
    funnel: Sequence[Mapping[str, Any]],
) -> None:
    """Decide, write all tables, and finish the run."""
    job, hall = to.job, to.hall
    account, lost = to.fates.end()
    hall.writing(account, lost)
    config = job.config
    answers = [row for item in items for row in answer_rows(item)]
    splits = deal(comparisons, (row["cluster"] for row in answers), config.seed)
    rows = settled(comparisons, job.thresholds(), config.refusals, config.seed, splits)
    given = {role: f"{c.spec} {c.revision}".strip() for role, c in hall.cards.items()}
    pairs = [pair_of(row, given) for row in rows if row.pair]
    write_pairs(job.out, pairs, pictures_of(hall.images))
    write_table(job.out / ANSWERS_FILE, ANSWERS, answers)
    write_comparisons(job.out, rows)
    write_ranks(job.out, answers, rows, splits, job.thresholds())
    if to.groups is not None:
        write_groups(job.out, to.groups)
    specs = {role: card.spec for role, card in hall.cards.items()}
    told = {
        **counts_of(pairs),
        "rows": len(pairs),
        "funnel": list(funnel),
        "settings": {
            **config.as_json(),
            "asking": job.asking().as_json(),
            "command": job.command(specs),
        },
        "prompts": prompt_hashes(),
        "data": {
            "source_kind": "questions" if to.inputs.given else "photos",
            "source_sha256": content_hash(canonical(sorted(to.inputs.photos))),
        },
        "groups": None if to.groups is None else to.groups.as_json(),
        "responders": [one.as_json() for one in rates],
        "all_fine": _all_fine(items, job),
        **figures_of(rows, job.thresholds(), config.seed),
    }
    hall.finish(told | {"sections": sections(told)}, account, lost)


def write_groups(out: Path, groups: Groups) -> None:
    """Write `groups.json`."""
    write_json(out / GROUPS_FILE, groups.as_json())


def settled(
    comparisons: Iterable[Comparison],
    thresholds: Thresholds,
    refusals: float,
    seed: int,
    splits: Mapping[str, str],
) -> list[Comparison]:
    """All comparisons with their outcomes; refusals capped, pairs split."""
    rows = [decided(row, thresholds) for row in comparisons]
    return with_splits(capped(rows, refusals, seed), splits)


def figures_of(rows: Sequence[Comparison], thresholds: Thresholds, seed: int) -> dict[str, Any]:
    """The part of `run.json` that is made of the comparisons alone."""
    outcomes = Counter(row.outcome for row in rows if not row.probe)
    return {
        "outcomes": dict(sorted(outcomes.items())),
        "annotator": annotator_figures(rows, thresholds),
        "wins": win_figures(rows, seed=seed),
        "labels": list(LABELS),
    }


def pictures_of(images: ImageStore) -> Pictures:
    """The photos of a run, out of its image store."""

    def pictures(wanted: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        for photo in wanted:
            data = images.get(photo)
            yield photo, data, f"{photo}.{_ending(data)}"

    return pictures


def write_ranks(
    out: Path,
    answers: Iterable[Row],
    rows: Sequence[Comparison],
    splits: Mapping[str, str],
    thresholds: Thresholds,
) -> None:
    """Write `ranks.parquet` out of the answers and what was compared."""
    compared = {row.question_id: row for row in rows if not row.probe}
    write_table(out / RANKS_FILE, RANKS, rank_rows(answers, compared, splits, thresholds))


def _ending(data: bytes) -> str:
    """By the first bytes, so that nothing but the picture decides it."""
    known = {b"\xff\xd8": "jpg", b"\x89P": "png", b"RI": "webp", b"GI": "gif", b"BM": "bmp"}
    return known.get(data[:2], "img")


def _all_fine(items: Sequence[Item], job: PreferJob) -> dict[str, dict[str, int]]:
    """By lever: questions beside which every reply was fine, of how many."""
    config = job.asking()
    found: dict[str, dict[str, int]] = {}
    for item in items:
        if item.question.harmless or not item.comparable:
            continue
        counts = found.setdefault(item.question.lever or "none", {"n": 0, "all_fine": 0})
        counts["n"] += 1
        counts["all_fine"] += all_fine(item, config)
    return dict(sorted(found.items()))
