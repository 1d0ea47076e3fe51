"""Other thresholds over the same measurements: new verdicts without a single call.

A measurement that the new thresholds want and that was never made (the run had ended early there)
leaves its question unknown, and says so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from crosslight.judge import decide
from crosslight.judge.chosen import CALIBRATED, CALIBRATED_FILE, ChosenCuts
from crosslight.judge.config import JudgeConfig, Parts, Thresholds
from crosslight.judge.counts import Counts
from crosslight.judge.decide import Shape, Ties
from crosslight.judge.held_down import looked_at, place_name, plain_no, swayed, wants_test
from crosslight.judge.reading import NOT_ASKED, UNKNOWN, Need, read
from crosslight.judge.tables import EVIDENCE, VERDICTS, evidence_rows, read_verdicts, verdict_row
from crosslight.records import (
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
from crosslight.store import replacing, write_json, write_table

JUDGED = "give the folder of a `crosslight judge` run"


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
    forms = {rule["id"]: form_of(rule) for rule in run["plan"]["rules"]}
    chosen = card.values(list(forms)) if card else {}
    changed = {**chosen, **values}
    config = JudgeConfig.from_json(run["settings"]).changed(changed, forms)
    if out.resolve() == folder.resolve():
        raise NotARunFolder("the new run needs a folder of its own", "name another folder with -o")
    parts = Parts(**run["plan"]["parts"])
    old = read_verdicts(folder)
    new = [again(v, forms, config, parts) for v in old]
    with held_folder(out, "judge"):
        begin(out, "judge")
        account = Counts(list(forms), parts)
        for verdict in new:
            account.add(verdict)
        write_table(out / "verdicts.parquet", VERDICTS, map(verdict_row, new))
        z = config.thresholds.z
        rows = (row for verdict in new for row in evidence_rows(verdict, z))
        write_table(out / "evidence.parquet", EVIDENCE, rows)
        if card and card.maps:
            write_table(out / CALIBRATED_FILE, CALIBRATED, card.rows(new))
        for name in ("dropped.parquet", "failed.parquet"):
            _copy(folder / name, out / name)
        summary = {**run, **account.as_json(), "settings": config.as_json()}
        summary["rethreshold"] = {
            "changed": changed,
            "flipped": sum(a.status is not b.status for a, b in zip(old, new, strict=True)),
            "not_asked": _unasked(new, forms, config, parts),
            "calls": 0,
        }
        if card:
            rules = [] if run["plan"]["overall"] else list(forms)
            left = [rule for rule in rules if f"{rule}.score_cut" not in values]
            summary["rethreshold"]["card"] = card.as_json(run["constitution"]["sha256"], left)
        write_json(out / RUN_FILE, summary)
        return summary


def reread(
    run: Mapping[str, Any], verdicts: Sequence[Verdict], values: Mapping[str, float]
) -> tuple[Verdict, ...]:
    """The verdicts of a run (its `run.json`) under changed thresholds; writes nothing. Raises
    `BadSetting`."""
    forms = {rule["id"]: form_of(rule) for rule in run["plan"]["rules"]}
    config = JudgeConfig.from_json(run["settings"]).changed(dict(values), forms)
    parts = Parts(**run["plan"]["parts"])
    return tuple(again(v, forms, config, parts) for v in verdicts)


def unasked_of(
    run: Mapping[str, Any], verdicts: Sequence[Verdict], values: Mapping[str, float]
) -> int:
    """Questions that leave rules of these verdicts, read with these thresholds, open because nobody
    asked them."""
    forms = {rule["id"]: form_of(rule) for rule in run["plan"]["rules"]}
    config = JudgeConfig.from_json(run["settings"]).changed(dict(values), forms)
    return _unasked(verdicts, forms, config, Parts(**run["plan"]["parts"]))


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, replacing(target) as file:
        copyfileobj(read, file)


@dataclass(frozen=True, slots=True)
class Form:
    """Of one rule: the widths of its chains' items, and which alternatives are tied to others."""

    shape: Shape
    ties: Ties = field(default_factory=dict)


def form_of(rule: Mapping[str, Any]) -> Form:
    """The form of a rule of `run.json`. Runs from before there were several chains have one."""
    shape = rule["shape"]
    chains = shape if shape and isinstance(shape[0], list) else [shape]
    ties = {(i, j): (of, at) for i, j, of, at in rule.get("ties", ())}
    return Form(tuple(tuple(chain) for chain in chains), ties)


def unasked(
    rule: RuleFinding, form: Form, t: Thresholds, parts: Parts, looks: Sequence[str] = ("",)
) -> int:
    """Questions that leave an undecided rule open because nobody measured enough of them: the run
    had skipped the rule, had ended it earlier, or had not made a test that is now wanted. A look
    at which the rule is known to be kept leaves nothing open."""
    if rule.finding is not Finding.UNDECIDED:
        return 0
    seen = [[e for e in rule.evidence if e.look == look] for look in looks]
    return sum(len(decide.unasked_places(known, form.shape, t, parts, form.ties)) for known in seen)


def _unasked(
    verdicts: Sequence[Verdict], forms: Mapping[str, Form], config: JudgeConfig, parts: Parts
) -> int:
    each = {rule: config.thresholds_of(rule) for rule in forms}
    return sum(
        unasked(r, forms[r.rule], each[r.rule], parts, v.looks) for v in verdicts for r in v.rules
    )


def again(
    verdict: Verdict, forms: Mapping[str, Form], config: JudgeConfig, parts: Parts
) -> Verdict:
    """The same image under other thresholds."""
    seen = _evidence(verdict, forms, config, parts)
    rules = tuple(
        _rule(r, seen[r.rule], forms[r.rule], config.thresholds_of(r.rule), parts, verdict.looks)
        for r in verdict.rules
    )
    words = "" if verdict.swayed else verdict.addressed_by
    moved = "" if words else swayed(rules, config)
    status, reason = decide.verdict_of(rules)
    if status is None:
        # Only the failed rules are left to decide: nobody knows.
        status = Status.UNDECIDED
    status, reason = decide.doubted(
        status, reason, verdict.unseen, words or moved, config.trust_addressed
    )
    changed = {"config": content_hash(canonical(config.as_json()))[:16]}
    return replace(
        verdict,
        status=status,
        rules=rules,
        reason=reason,
        addressed_by=words or moved,
        swayed=bool(moved),
        provenance={**verdict.provenance, **changed},
    )


def reaches(
    verdict: Verdict, forms: Mapping[str, Form], config: JudgeConfig, parts: Parts
) -> dict[str, float]:
    """For each rule the highest cut of its score by which `again` finds it violated (NaN: none)."""
    found = {}
    seen = _evidence(verdict, forms, config, parts)
    for rule in verdict.rules:
        form, t = forms[rule.rule], config.thresholds_of(rule.rule)
        found[rule.rule] = decide.reach(
            seen[rule.rule], form.shape, t, parts, rule.relevance, verdict.looks, form.ties
        )
    return found


def _rule(
    rule: RuleFinding,
    evidence: Sequence[Evidence],
    form: Form,
    t: Thresholds,
    parts: Parts,
    looks: Sequence[str],
) -> RuleFinding:
    shape, ties = form.shape, form.ties
    found = decide.rule_finding(rule.rule, evidence, shape, t, parts, rule.relevance, looks, ties)
    if rule.finding is Finding.FAILED and found.finding is not Finding.VIOLATED:
        return rule  # what failed at one look may have been all that breaks it
    return found


def _evidence(
    verdict: Verdict, forms: Mapping[str, Form], config: JudgeConfig, parts: Parts
) -> dict[str, list[Evidence]]:
    """The evidence of each rule under other thresholds."""
    each = {r.rule: config.thresholds_of(r.rule) for r in verdict.rules}
    seen = {r.rule: [_reread(e, each[r.rule], parts) for e in r.evidence] for r in verdict.rules}
    if verdict.print_tests is None or not wants_test(parts):
        return seen
    for look in verdict.looks:
        held, kept = looked_at(verdict.print_tests, look, config.thresholds)
        for rule in verdict.rules:
            t, form, known = each[rule.rule], forms[rule.rule], seen[rule.rule]
            if held:
                known = [_filled(e, t, parts) if e.look == look else e for e in known]
            elif any(e.look == look and plain_no(e) for e in known):
                known = _tested(rule, known, look, kept, form, t, parts)
            seen[rule.rule] = known
    return seen


def _filled(e: Evidence, t: Thresholds, parts: Parts) -> Evidence:
    """Where print holds answers down: a No is one with the print filled, or nobody asked."""
    told = replace(e, measured=replace(e.measured, addressed=True))
    return replace(e, reading=_reread(told, t, parts).reading)


def _tested(
    rule: RuleFinding,
    known: Sequence[Evidence],
    look: str,
    kept: Collection[str],
    form: Form,
    t: Thresholds,
    parts: Parts,
) -> list[Evidence]:
    """Of a rule that is not violated each No at a look with print is in a test, or unknown."""
    here, shape, ties = [e for e in known if e.look == look], form.shape, form.ties
    found = decide.rule_finding(rule.rule, here, shape, t, parts, rule.relevance, (look,), ties)
    if found.finding is Finding.VIOLATED:
        return list(known)
    return [
        replace(e, reading=Reading(UNKNOWN, NOT_ASKED))
        if e.look == look and plain_no(e) and place_name(rule.rule, e) not in kept
        else e
        for e in known
    ]


def _reread(e: Evidence, t: Thresholds, parts: Parts) -> Evidence:
    reading = read(e.measured, t, parts, e.absent)
    if isinstance(reading, Need):
        reading = Reading(UNKNOWN, NOT_ASKED)
    return replace(e, reading=reading)
