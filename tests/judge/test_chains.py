"""Rules of several chains, with exceptions and tied alternatives: the answer, and what is asked."""

import itertools
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from crosslight.judge import JudgeConfig, rethreshold_run
from crosslight.judge.config import Parts, Thresholds
from crosslight.judge.decide import rule_finding
from crosslight.judge.rethreshold import form_of
from crosslight.judge.summary import described
from crosslight.judge.tables import EVIDENCE, _read_evidence, evidence_rows
from crosslight.models.protocol import Request
from crosslight.policy.compiled import Compiled, CompiledRule
from crosslight.policy.constitution import Constitution
from crosslight.records.verdict import (
    Evidence,
    Finding,
    Measured,
    Reading,
    RuleFinding,
    Score,
    Status,
    Verdict,
)
from crosslight.text import last_fenced
from tests.judge import running
from tests.judge.simulated import picture
from tests.judge.two_rules import Handled, two_rules

CHAINS = [
    [  # a dog that is on no lead
        {"any": [{"see": "a dog"}, {"see": "a wolf"}]},
        {"any": [{"see": "a lead on a dog", "absent": True, "of": "1.1"}, {"see": "its teeth"}]},
    ],
    [{"any": [{"see": "a snake"}]}, {"any": [{"see": "a glass box", "absent": True}]}],
]
TEXT = "No dog off its lead, and no snake outside a box."
RULE: dict[str, Any] = {"id": "ra", "rule": TEXT, "text": TEXT, "chains": CHAINS}
THINGS = ("a dog", "a wolf", "a lead on a dog", "its teeth", "a snake", "a glass box")


def oracle(is_true: dict[str, str]) -> str:
    """The rule written out by hand, over three values."""

    def no(x: str) -> str:
        return {"yes": "no", "no": "yes"}.get(x, x)

    def both(*xs: str) -> str:
        return "no" if "no" in xs else "yes" if set(xs) == {"yes"} else "unknown"

    def either(*xs: str) -> str:
        return no(both(*map(no, xs)))

    dog, wolf, lead, teeth, snake, box = (is_true[thing] for thing in THINGS)
    off_lead = "no" if dog == "no" else no(lead)
    return either(both(either(dog, wolf), either(off_lead, teeth)), both(snake, no(box)))


FOUND = {"yes": Finding.VIOLATED, "no": Finding.CLEAR, "unknown": Finding.UNDECIDED}
SCORES = {"yes": 0.99, "no": 0.01, "unknown": 0.5}


def job(folder: Path, truths: list[dict[str, str]], **more: Any) -> Any:
    """One picture for each way the things can be; the model answers by it and keeps a list."""
    pictures = [picture(n) for n in range(len(truths))]
    asked: list[tuple[str, str]] = []

    def answer(request: Request) -> Any:
        see = last_fenced(request.messages[-1].text)
        images = request.messages[-1].images
        if not images:
            return {"Yes": 0.5, "No": 0.5}
        # Alternatives that are asked together stand in lines of their own.
        sees = [line.removeprefix("- ") for line in see.splitlines()]
        asked.extend((images[0].photo, one) for one in sees)
        yes = max(SCORES[fate[images[0].photo][one]] for one in sees)
        return {"Yes": yes, "No": 1 - yes}

    config = JudgeConfig(addressed="off", without=("cascade",), **more)
    made = two_rules(folder, pictures, Handled(answer), config=config)
    fate = {t.photo: truth for t, truth in zip(made.targets, truths, strict=True)}
    compiled = Compiled.model_validate({"title": "T", "by": "test", "rules": [RULE]})
    rules = [{"id": "ra", "text": TEXT}]
    constitution = Constitution.model_validate({"title": "T", "rules": rules})
    return replace(made, compiled=compiled, constitution=constitution), asked


def test_every_way_the_things_can_be_gives_what_the_rule_says(tmp_path: Path) -> None:
    every = [
        dict(zip(THINGS, values, strict=True))
        for values in itertools.product(SCORES, repeat=len(THINGS))
    ]
    truths = random.Random(5).sample(every, 60)
    for eager in (False, True):
        made, asked = job(tmp_path / str(eager), truths, eager=eager)
        _, verdicts = running.run(made)
        found = {v.photo: v.rules[0].finding for v in verdicts}
        for target, truth in zip(made.targets, truths, strict=True):
            assert found[target.photo] is FOUND[oracle(truth)], truth
        if not eager:
            fate = {t.photo: truth for t, truth in zip(made.targets, truths, strict=True)}
            leads = [photo for photo, see in asked if see == "a lead on a dog"]
            assert leads and all(fate[photo]["a dog"] != "no" for photo in leads)
            again = rethreshold_run(made.out, tmp_path / "again", {})
            assert again["rethreshold"]["flipped"] == 0
            told = json.loads((made.out / "run.json").read_text())["plan"]["rules"][0]
            assert told["shape"] == [[2, 2], [1, 1]] and told["ties"] == [[1, 0, 0, 0]]


def test_the_absence_of_what_is_wanted_is_no_clearance(tmp_path: Path) -> None:
    """A dog without a muzzle was safe: 'without a muzzle' read as the absence of a muzzle."""
    truth = dict.fromkeys(THINGS, "no") | {"a dog": "yes"}
    made, _ = job(tmp_path, [truth, truth | {"a lead on a dog": "yes"}])
    _, (loose, led) = running.run(made)
    assert (loose.status, led.status) == (Status.UNSAFE, Status.SAFE)
    lead = next(e for e in loose.rules[0].evidence if e.question == "a lead on a dog")
    assert (lead.reading.answer, lead.holds, lead.absent) == ("no", "yes", True)
    assert loose.rules[0].score > 0.6 > led.rules[0].score
    assert led.rules[0].reason == "precondition 2: debias1, floor; precondition 3: floor"


def test_a_missing_tied_answer_is_no_and_a_missing_free_one_unknown() -> None:
    t, parts = Thresholds(), Parts()
    wolf = [
        Evidence(0, 0, "a dog", Measured(Score(0.0), Score(0.5)), Reading("no", "debias1")),
        Evidence(0, 1, "a wolf", Measured(Score(0.9), Score(0.5)), Reading("yes", "debias1")),
    ]
    tied = {(1, 0): (0, 0)}
    assert rule_finding("r", wolf, ((2, 1),), t, parts, ties=tied).finding is Finding.CLEAR
    assert rule_finding("r", wolf, ((2, 1),), t, parts).finding is Finding.UNDECIDED
    cleared = rule_finding("r", wolf, ((2, 1),), t, parts, ties=tied)
    assert cleared.reason == "precondition 2: nothing there to ask of"
    assert cleared.score < 1 / 3


def test_old_runs_say_one_chain_and_nothing_of_absence(tmp_path: Path) -> None:
    assert form_of({"id": "r", "shape": [1, 2]}).shape == ((1, 2),)
    made, _ = job(tmp_path, [dict.fromkeys(THINGS, "no")])
    running.run(made)
    run = json.loads((made.out / "run.json").read_text())
    run["plan"]["rules"][0].pop("ties")
    run["plan"]["rules"][0]["shape"] = [2, 2, 1, 1]
    (made.out / "run.json").write_text(json.dumps(run))
    assert rethreshold_run(made.out, tmp_path / "old", {})["verdicts"] == {"safe": 1}
    measured = Measured(Score(0.9))
    there = Evidence(0, 0, "a cat", measured, Reading("yes", "x"), absent=True)
    rule = RuleFinding("r", Finding.CLEAR, "", 0.0, None, (there,))
    (row,) = evidence_rows(Verdict("p", Status.SAFE, (rule,)), 1.96)
    blank = dict.fromkeys(EVIDENCE.names)
    assert _read_evidence({**blank, **row}) == there
    del row["absent"]
    assert _read_evidence(
        {**row, **{k: None for k in blank if k not in row and k != "absent"}}
    ) == (replace(there, absent=False))


def test_what_run_json_says_of_a_rule_is_read_back() -> None:
    from crosslight.judge.methods import _clue_rule

    title = {"title": "T", "rules": [{"id": "ra", "text": TEXT}]}
    whole = Constitution.model_validate(title)
    planned = _clue_rule(CompiledRule.model_validate(RULE), whole, Parts())
    form = form_of(json.loads(json.dumps(described(planned))))
    assert (form.shape, dict(form.ties)) == (planned.shape, dict(planned.ties))
