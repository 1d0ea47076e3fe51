"""Cuts of the score: a run that was made under one, the same read anew, and the card that chose it
say the same, and none speaks over what was never asked."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.judge import JudgeConfig, cutoff, metrics, read_card, rethreshold_run
from crosslight.judge.card import report_card
from crosslight.judge.config import Parts
from crosslight.judge.decide import doubted, rule_finding, verdict_of
from crosslight.judge.labels import OVERALL, Labels
from crosslight.judge.reading import Need, read
from crosslight.judge.rethreshold import again, form_of
from crosslight.judge.tables import EVIDENCE, VERDICTS, evidence_rows, read_verdicts, verdict_row
from crosslight.records import Evidence, Finding, Measured, RuleFinding, Score, Status, Verdict
from crosslight.store import write_table
from tests.judge import running
from tests.judge.simulated import scenes
from tests.judge.test_chains import THINGS, job

UNKNOWN, FAILED = Finding.UNDECIDED, Finding.FAILED


def cut_config(cut: float, **more: Any) -> dict[str, Any]:
    return {"by_rule": {"ra": {"score_cut": cut}}, **more}


@pytest.mark.parametrize("cut", [0.004, 0.01, 0.7, 0.97, 0.98])
def test_a_run_under_a_cut_asks_what_the_cut_takes(
    tmp_path: Path, cut: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oracle is the run that asks everything. Read anew, a run that ended early is undecided
    where it lacks something, and never the contrary."""
    chance = random.Random(3)
    truths = [
        {thing: str(chance.choice((0.01, 0.2, 0.5, 0.93, 0.99))) for thing in THINGS}
        for _ in range(60)
    ]
    scores = {text: float(text) for truth in truths for text in truth.values()}
    monkeypatch.setattr("tests.judge.test_chains.SCORES", scores)

    def findings(name: str, **config: Any) -> list[RuleFinding]:
        made, _ = job(tmp_path / name, truths, **config)
        _, verdicts = running.run(made)
        return [v.rules[0] for v in verdicts]

    every = findings("eager", eager=True, **cut_config(cut))
    under = findings("under", **cut_config(cut))
    assert [r.finding for r in under] == [r.finding for r in every]
    findings("early")
    folder = tmp_path / "early" / "run"
    told = rethreshold_run(folder, tmp_path / "anew", {"ra.score_cut": cut})
    anew = [v.rules[0] for v in read_verdicts(tmp_path / "anew")]
    lacking = [r for r in anew if r.reason.startswith("not asked")]
    assert all(a.finding in (UNKNOWN, b.finding) for a, b in zip(anew, every, strict=True))
    assert len(lacking) <= told["rethreshold"]["not_asked"]
    if cut != 0.7:
        assert lacking
        assert f"--threshold ra={cut:g}" in lacking[0].reason


LOOKS = ("frame 1 of 2", "frame 2 of 2")
SHAPES = {"r0": [[2, 1]], "r1": [[1], [1, 2]], "r2": [[1]]}


def drawn(chance: random.Random, config: JudgeConfig, parts: Parts, number: int) -> Verdict:
    """A verdict over random evidence: some of it missing, some open, at one look or two."""
    looks = LOOKS if chance.random() < 0.5 else ("",)
    rules = []
    for rule, shape in SHAPES.items():
        t, evidence = config.thresholds_of(rule), list[Evidence]()
        widths = [width for chain in shape for width in chain]
        places = [(item, j) for item, width in enumerate(widths) for j in range(width)]
        for look in looks:
            for place in places:
                yes, prior = Score(round(chance.random(), 2)), Score(0.3)
                outside = 0.9 if chance.random() < 0.05 else 0.0
                m = Measured(replace(yes, outside=outside), prior)
                reading = read(m, t, parts)
                assert not isinstance(reading, Need)
                if chance.random() < 0.93:
                    absent = chance.random() < 0.2
                    evidence.append(Evidence(*place, "?", m, reading, look, absent))
        cosine = 0.1 if chance.random() < 0.1 else None
        found = rule_finding(rule, evidence, shape, t, parts, cosine, looks)
        failed = found.finding is not Finding.VIOLATED and chance.random() < 0.1
        rules.append(replace(found, finding=FAILED, reason="unreachable: ") if failed else found)
    unseen = "16 of 20 frames were looked at" if chance.random() < 0.1 else ""
    status, reason = verdict_of(rules)
    status, reason = doubted(status or Status.UNDECIDED, reason, unseen, "", False)
    return Verdict(f"p{number}", status, tuple(rules), reason, looks=looks, unseen=unseen)


@pytest.mark.parametrize("seed", range(12))
def test_what_a_card_counts_is_what_applying_it_gives(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    running.run(running.job(scenes(2), tmp_path, without=("cascade",)))
    folder = tmp_path / "run"
    told = json.loads((folder / "run.json").read_text())
    forms = [{"id": rule, "text": "?", "shape": shape} for rule, shape in SHAPES.items()]
    told["plan"]["rules"] = forms
    told["plan"]["parts"] |= {"detector": False, "joint": False, "print": False}
    (folder / "run.json").write_text(json.dumps(told))
    config, parts = JudgeConfig.from_json(told["settings"]), Parts(**told["plan"]["parts"])
    verdicts = [drawn(chance, config, parts, n) for n in range(160)]
    write_table(folder / "verdicts.parquet", VERDICTS, map(verdict_row, verdicts))
    rows = (row for v in verdicts for row in evidence_rows(v, 1.96))
    write_table(folder / "evidence.parquet", EVIDENCE, rows)
    by_rule = {str(rule["id"]): form_of(rule) for rule in forms}
    kept = [again(v, by_rule, config, parts) for v in read_verdicts(folder)]
    assert [v.rules for v in kept] == [v.rules for v in read_verdicts(folder)]

    truth = {}
    for v in verdicts:
        for rule in v.rules:
            truth[v.photo, rule.rule] = chance.random() < rule.score
        truth[v.photo, OVERALL] = any(truth[v.photo, rule] for rule in SHAPES)
    at_most = 0.4 if seed % 2 else None
    card = report_card(folder, Labels(truth), missed_at_most=at_most, seed=seed)
    rethreshold_run(folder, tmp_path / "cut", {}, read_card(folder / "card.json"))
    applied = read_verdicts(tmp_path / "cut")
    _, rest = cutoff.halves(range(len(verdicts)), 0.5, seed)
    told_of = {OVERALL: card["overall"], **card["rules"]}
    assert set(told_of) == {OVERALL, *SHAPES}
    assert any("measured" in part["cut"] for part in told_of.values())
    whole = card["overall"]["cut"]["at"]
    for rule, part in told_of.items():
        if part["cut"]["at"] is None:
            continue
        assert at_most is None or whole is None or part["cut"]["at"] <= whole
        counted = [
            row(v, rule, truth[v.photo, rule] if n in rest else None) for n, v in enumerate(applied)
        ]
        assert part["cut"]["measured"] == metrics.measure(metrics.arrays(counted), seed=seed)


def row(v: Verdict, rule: str, truth: bool | None) -> tuple[bool | None, bool, bool, float]:
    """What an image came to, written out by hand."""
    if rule == OVERALL:
        return truth, v.status is Status.UNSAFE, v.status is not Status.UNDECIDED, v.score
    found = next(r for r in v.rules if r.rule == rule)
    if found.finding is FAILED:
        return truth, False, False, float("nan")
    return truth, rule in v.violated, found.finding is not UNKNOWN, found.score
