"""Other thresholds over the same measurements: new verdicts without a single call.

A measurement that the new thresholds want and that was never made (the run had ended early there)
leaves its question unknown, and says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copyfileobj
from typing import Any

import numpy as np
import pyarrow as pa

from crosslight.judge import decide
from crosslight.judge.calibrate import BadMap, ScoreMap
from crosslight.judge.config import JudgeConfig, Parts, Thresholds
from crosslight.judge.counts import Counts
from crosslight.judge.decide import NO, UNKNOWN, YES, Need
from crosslight.judge.labels import OVERALL
from crosslight.judge.tables import EVIDENCE, VERDICTS, evidence_rows, read_verdicts, verdict_row
from crosslight.records import (
    CrosslightError,
    Evidence,
    Finding,
    Reading,
    RuleFinding,
    Status,
    Verdict,
    canonical,
    content_hash,
)
from crosslight.runs import RUN_FILE, NotARunFolder, begin, held_folder, read_run
from crosslight.store import (
    UnreadableFile,
    read_json,
    replacing,
    table_schema,
    write_json,
    write_table,
)

CALIBRATED_FILE = "calibrated.parquet"
CALIBRATED = table_schema(
    {
        **dict.fromkeys(("photo", "source", "rule"), pa.string()),
        **dict.fromkeys(("score", "probability"), pa.float64()),
    }
)
"""The share of unsafe images at a score, by the map of a report card; rule `*` is the image."""
JUDGED = "give the folder of a `crosslight judge` run"


class BadCard(CrosslightError):
    """A report card that cannot be applied."""


@dataclass(frozen=True, slots=True)
class ChosenCuts:
    """What a report card says of the score: a cut and a map for each rule, as far as its labels
    allowed them. Rule `*` is the image."""

    cuts: Mapping[str, float] = field(default_factory=dict)
    maps: Mapping[str, ScoreMap] = field(default_factory=dict)
    constitution: str = ""

    def values(self, rules: Sequence[str]) -> dict[str, float]:
        """Cuts as thresholds: a rule without one of its own takes that of the whole, for the
        score of an image is the largest of its rules."""
        whole = self.cuts.get(OVERALL)
        found = {rule: self.cuts.get(rule, whole) for rule in rules}
        return {f"{rule}.score_cut": cut for rule, cut in found.items() if cut is not None}


def read_card(path: Path) -> ChosenCuts:
    """Cuts and maps of a `card.json`. Raises `BadCard`."""
    hint = "give the card.json that `crosslight judge report` wrote"
    try:
        card = read_json(path)
        parts = {OVERALL: card["overall"], **card["rules"]}
        cuts = {rule: part["cut"]["at"] for rule, part in parts.items()}
        maps = {rule: part["calibrated"]["map"] for rule, part in parts.items()}
        made = {rule: ScoreMap.from_json(found) for rule, found in maps.items() if found}
        kept = {rule: float(cut) for rule, cut in cuts.items() if cut is not None}
        about = str(card["judge"]["constitution"]["sha256"])
    except UnreadableFile as error:
        raise BadCard(error.message, error.hint) from error
    except (LookupError, TypeError, ValueError, AttributeError, OSError, BadMap) as error:
        line = f"{type(error).__name__}: {error}"[:120]
        raise BadCard(f"{path.name} is no report card of ours ({line})", hint) from error
    if not kept and not made:
        raise BadCard(f"{path.name} holds neither a cut nor a map: its labels were too few", hint)
    return ChosenCuts(kept, made, about)


def rethreshold_run(
    folder: Path, out: Path, values: Mapping[str, float], card: ChosenCuts | None = None
) -> dict[str, Any]:
    """Read `folder` anew with changed thresholds and write a run into `out`; returns its summary.

    `values` has thresholds by name, those of one rule as `RULE.name`; they go before the cuts of
    `card`, whose maps are written beside the verdicts. Raises `NotARunFolder`, or `BadSetting` for
    a name that is no threshold.
    """
    run = read_run(folder)
    if run.get("kind") != "judge" or "settings" not in run:
        raise NotARunFolder(f"{folder} holds no judging run that came to an end", JUDGED)
    shapes = {rule["id"]: tuple(rule["shape"]) for rule in run["plan"]["rules"]}
    card = card or ChosenCuts()
    values = {**card.values(list(shapes)), **values}
    config = JudgeConfig.from_json(run["settings"]).changed(values, shapes)
    if out.resolve() == folder.resolve():
        raise NotARunFolder("the new run needs a folder of its own", "name another folder with -o")
    parts = Parts(**run["plan"]["parts"])
    old = read_verdicts(folder)
    new = [again(v, shapes, config, parts) for v in old]
    with held_folder(out, "judge"):
        begin(out, "judge")
        account = Counts(list(shapes))
        for verdict in new:
            account.add(verdict)
        write_table(out / "verdicts.parquet", VERDICTS, map(verdict_row, new))
        z = config.thresholds.z
        rows = (row for verdict in new for row in evidence_rows(verdict, z))
        write_table(out / "evidence.parquet", EVIDENCE, rows)
        if card.maps:
            write_table(out / CALIBRATED_FILE, CALIBRATED, _calibrated(new, card.maps))
        for name in ("dropped.parquet", "failed.parquet"):
            _copy(folder / name, out / name)
        summary = {**run, **account.as_json(), "settings": config.as_json()}
        summary["rethreshold"] = {
            "changed": values,
            "flipped": sum(a.status is not b.status for a, b in zip(old, new, strict=True)),
            "not_asked": sum(unasked(r, shapes[r.rule], v.looks) for v in new for r in v.rules),
            "calls": 0,
        }
        if card.constitution:
            same = card.constitution == run["constitution"]["sha256"]
            summary["rethreshold"]["card"] = {
                "cuts": sorted(card.cuts),
                "maps": sorted(card.maps),
                "same_constitution": same,
            }
        write_json(out / RUN_FILE, summary)
        return summary


def _calibrated(
    verdicts: Sequence[Verdict], maps: Mapping[str, ScoreMap]
) -> Iterator[dict[str, Any]]:
    """A row an image and rule that has a map and a score."""
    for v in verdicts:
        scored = [(r.rule, r.score) for r in v.rules if r.finding is not Finding.FAILED]
        for rule, score in [(OVERALL, v.score), *(one for one in scored if one[0] != OVERALL)]:
            if rule in maps:
                share = round(float(maps[rule].of(np.array([score]))[0]), 6)
                name = {"photo": v.photo, "source": v.source, "rule": rule}
                yield {**name, "score": score, "probability": share}


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, replacing(target) as file:
        copyfileobj(read, file)


NOT_ASKED = "not asked"


def unasked(rule: RuleFinding, shape: Sequence[int], looks: Sequence[str] = ("",)) -> int:
    """Questions that leave an undecided rule open because nobody measured enough of them: the run
    had skipped the rule, had ended it earlier, or had not made a test that is now wanted. A look
    at which the rule is known to be kept leaves nothing open."""
    if rule.finding is not Finding.UNDECIDED:
        return 0
    known = {(e.look, e.item, e.alternative): e.reading for e in rule.evidence}
    count = 0
    for look in looks:
        items = [[known.get((look, i, j)) for j in range(width)] for i, width in enumerate(shape)]
        answers = [decide.any_of([r.answer if r else UNKNOWN for r in here]) for here in items]
        if NO in answers:
            continue
        for here, answer in zip(items, answers, strict=True):
            if answer != YES:
                count += sum(r is None or r.test == NOT_ASKED for r in here)
    return count


def again(
    verdict: Verdict, shapes: Mapping[str, Sequence[int]], config: JudgeConfig, parts: Parts
) -> Verdict:
    """The same image under other thresholds."""
    rules = tuple(
        _rule(r, shapes[r.rule], config.thresholds_of(r.rule), parts, verdict.looks)
        for r in verdict.rules
    )
    status, reason = decide.verdict_of(rules)
    if status is None:
        # Only the failed rules are left to decide: nobody knows.
        status = Status.UNDECIDED
    status, reason = decide.doubted(
        status, reason, verdict.unseen, verdict.addressed_by, config.trust_addressed
    )
    changed = {"config": content_hash(canonical(config.as_json()))[:16]}
    return replace(
        verdict,
        status=status,
        rules=rules,
        reason=reason,
        provenance={**verdict.provenance, **changed},
    )


def _rule(
    rule: RuleFinding, shape: Sequence[int], t: Thresholds, parts: Parts, looks: Sequence[str]
) -> RuleFinding:
    if rule.finding is Finding.FAILED:
        return rule
    evidence = [_reread(e, t, parts) for e in rule.evidence]
    return decide.rule_finding(rule.rule, evidence, shape, t, parts, rule.relevance, looks)


def _reread(e: Evidence, t: Thresholds, parts: Parts) -> Evidence:
    reading = decide.read(e.measured, t, parts)
    if isinstance(reading, Need):
        reading = Reading(UNKNOWN, NOT_ASKED)
    return replace(e, reading=reading)
