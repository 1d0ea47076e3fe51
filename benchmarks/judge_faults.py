"""The faults that the judge's issue names, each by its essential assertion.

    python -m benchmarks.judge_faults                             # all hold
    PYTHONPATH=OLD/src:OLD python benchmarks/judge_faults.py      # OLD: a checkout of 9d2aa8d

The tests that hold the mends use names that were not there before them, and would be red for those.
These say the same with names that both have (or with the file or option that a user would give),
so that on the commit before the mends each is red by what it asserts; notices as orders were mended
before it, and are red on b7a82ed, where the judge was played by hand. Prints a line a fault.
"""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.judge import config, decide, metrics
from crosslight.models.embedded.scene import Scene, Thing
from crosslight.models.embedded.visible import look_for
from crosslight.policy.compiled import Compiled, CompiledRule, read_compiled, read_policy
from crosslight.policy.constitution import builtin_constitutions
from crosslight.records import Finding, Measured, Region, RuleFinding, Score

try:
    from crosslight.judge.reading import read
except ImportError:
    read = decide.read  # type: ignore[attr-defined,assignment,unused-ignore]

addressed: Any = import_module("tests.text.test_addressed")
T = config.Thresholds()
PAPER = config.Parts(detector=True)
OURS = getattr(PAPER, "with_ours", lambda: PAPER)()
"""The parts of the default method."""
Fault = Callable[[], None]
FAULTS: list[tuple[str, str, Fault]] = []


def fault(named: str, test: str) -> Callable[[Fault], Fault]:
    """Of an issue's sentence, and the test that holds its mend."""

    def known(one: Fault) -> Fault:
        FAULTS.append((named, test, one))
        return one

    return known


def seen(phrase: str, *things: tuple[str, float], tags: Any = ()) -> str:
    """What the embedded judge answers to a question about a picture of these things."""
    found = tuple(Thing(label, score, (0.2, 0.2, 0.8, 0.8)) for label, score in things)
    scene = Scene(tuple(tags), (), {"safe": 1.0, "sexual": 0.0, "graphic": 0.0}, found)
    sight = look_for(scene, phrase)
    shown = Measured(shown=Score(sight.yes, sight.outside))
    return str(getattr(read(shown, T, config.Parts(perceived=True)), "answer", ""))


def step(m: Measured, parts: config.Parts = OURS) -> str:
    """The answer, or what is asked next."""
    found = read(m, T, parts)
    return str(getattr(found, "answer", found))


@fault("a negated question is safe", "models/embedded/test_phrases.py, judge/test_chains.py")
def negated() -> None:
    said = seen("a dog without a muzzle", ("dog", 0.99))
    assert said == "unknown", f"a dog without a muzzle, on such a dog: {said}"


@fault("the default knows 8 of 24 plain phrases", "models/embedded/test_phrases.py")
def phrases() -> None:
    rifle, person = [("rifle", 0.9)], ("person", 0.99)
    answers = {
        "a person": seen("a person", person),
        "a firearm": seen("a firearm", tags=rifle),
        "a gun": seen("a gun", tags=rifle),
    }
    assert set(answers.values()) == {"yes"}, f"{answers}"


@fault("no policy that the default can decide", "judge/test_visible.py")
def visible() -> None:
    there = "visible" in builtin_constitutions()
    rules = len(read_policy("visible")[0].rules) if there else 0
    assert rules >= 20, f"`visible` has {rules} rules, the default of `judge` needs a VLM"


@fault("no policy without a model", "cli/test_policy.py")
def new_policy() -> None:
    told = CliRunner().invoke(app, ["policy", "new", "--help"])
    assert told.exit_code == 0, f"policy new: exit {told.exit_code}, no such command"


@fault("the labelling loop gives wrong figures", "judge/test_label_queue.py")
def loop() -> None:
    from tests.judge import simulated  # noqa: F401  (both have it)

    from crosslight.judge.label_queue import images_to_label
    from crosslight.records import Status, Verdict

    rng, verdicts = np.random.default_rng(0), []
    for at in range(400):
        score = float(rng.random())
        finding = Finding.VIOLATED if score > 0.5 else Finding.CLEAR
        status = Status.UNSAFE if score > 0.5 else Status.SAFE
        rule = RuleFinding("r", finding, "", score)
        verdicts.append(Verdict(f"p{at}", status, (rule,), source=f"{at}.jpg"))
    rows = images_to_label(verdicts, None, 50)
    scores = {v.source: v.score for v in verdicts}
    doubt = [abs(scores[row["image"]] - 0.5) for row in rows]
    assert max(doubt) > 0.4, f"the furthest of 50 from the middle of the score: {max(doubt):.2f}"


@fault("erased views that could not have changed anything", "judge/test_reading.py")
def erased() -> None:
    box = Region(0.2, 0.2, 0.8, 0.8, 0.9, "dog")
    m = Measured(Score(0.5), Score(0.3), Score(0.5), sought=True, region=box)
    assert step(m) == "reasoned", f"P(Yes) .50, beta .6: asks {step(m)}"


@fault("a crop of an unsure small box replaces the picture", "judge/test_reading.py")
def crops() -> None:
    feet = Region(0.5, 0.5, 0.55, 0.55, 0.06, "feet")
    m = Measured(Score(0.97), Score(0.1), Score(0.97), sought=True, region=feet)
    assert step(m) == "yes", f"P(Yes) .97 of the whole, a box of confidence .06: asks {step(m)}"


@fault("a low prior buys the cascade", "judge/test_reading.py, judge/test_levels.py")
def low_prior() -> None:
    m = Measured(Score(0.03), Score(0.012), sought=True)
    assert step(m) == "no", f"P(Yes) .03, prior .012: asks {step(m)}"


@fault("the surest box is erased, and not the deciding one", "judge/test_reading.py")
def deciding_box() -> None:
    from crosslight.judge import detector

    sides = {"left": 0.1, "top": 0.1, "right": 0.4, "bottom": 0.4}
    muzzle = Region(0.1, 0.1, 0.4, 0.4, 0.5, "muzzle")
    person = replace(muzzle, confidence=0.9, word="person")
    if hasattr(detector, "deciding"):
        chosen = detector.deciding((muzzle, person), ("muzzle", "person"), 0.05)[0]
    else:
        boxes = [{**sides, "confidence": r.confidence, "word": r.word} for r in (muzzle, person)]
        old: Any = detector
        chosen = old.best({"boxes": boxes})
    word = chosen.word if chosen else None
    assert word == "muzzle", f"of (muzzle .5, person .9) for the words muzzle, person: {word}"


@fault("exceptions become negated questions", "judge/test_chains.py")
def exceptions() -> None:
    rule([[{"see": "a rider"}], [{"see": "a helmet", "absent": True}]])


@fault("one chain cannot hold a rule of two halves", "judge/test_chains.py")
def halves() -> None:
    chains = [[{"any": [{"see": "a climber"}]}], [{"any": [{"see": "a candle"}]}]]
    CompiledRule.model_validate({**NAMES, "chains": chains})


@fault("the score rewards numbers that nobody can read off a photo", "policy/test_negation.py")
def numbers() -> None:
    from crosslight.judge.prompts import render

    text = " ".join(render("objectiveness", text="No ladder may be steep.").split())
    assert "angles make it more so" not in text, "'... counts and angles make it more so'"
    assert "number" in text


@fault("notices count as orders", "text/test_addressed.py")
def notices() -> None:
    wrong = [text for text in addressed.NOTICES if addressed.speaks_to_judge(text)]
    assert not wrong, f"{len(wrong)} of {len(addressed.NOTICES)} notices flagged: {wrong[0]!r}"


@fault("other attempts do not", "text/test_addressed.py")
def attempts() -> None:
    missed = [text for text in addressed.ATTEMPTS if not addressed.speaks_to_judge(text)]
    assert not missed, f"{len(missed)} of {len(addressed.ATTEMPTS)} missed: {missed[0]!r}"


@fault("two labels print 1.00 (1.00-1.00)", "judge/test_metrics.py")
def two_labels() -> None:
    found = metrics.measure(metrics.arrays([(True, True, True, 0.9)] * 2))["precision"]
    assert found["low"] < 0.9, f"precision of two labels: {found}"


@fault("intervals that do not cover", "judge/test_metrics.py, benchmarks/judge_card.py")
def coverage() -> None:
    rng, covered, points = np.random.default_rng(0), 0, 0
    for at in range(200):
        hits = rng.random(15) < 0.9
        found = metrics.measure(
            metrics.arrays([(bool(hit), True, True, 0.9) for hit in hits]), seed=at
        )["precision"]
        covered += found["low"] <= 0.9 <= found["high"]
        points += found["low"] == found["high"]
    told = f"precision .90 by 15 labels: covered in {covered / 2:.0f}%, no width in {points / 2}%"
    assert covered >= 186 and not points, told


@fault("files that nothing can read back", "policy/test_recompile.py")
def read_back() -> None:
    from crosslight.policy import write_compiled

    rules = []
    for at in range(200):
        text, items = f"No {'é' * 700} {at}.", [{"any": [{"see": f"{'é' * 140} {at}"}] * 4}] * 2
        rules.append({"id": f"r{at}", "rule": text, "text": text, "chain": items})
    compiled = Compiled.model_validate({"title": "T", "by": "m", "rules": rules})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.compiled.yaml"
        write_compiled(path, compiled)
        assert read_compiled(path) == compiled


COMPILER = """
rules:
  - {task: objectiveness, json: {explanation: clear, score: 9}}
  - {task: preconditions, json: {preconditions: [{alternatives: [a motorcycle]}]}}
  - {task: central_words, json: {words: [motorcycle]}}
"""


@fault("compile overwrites a reviewed file", "policy/test_recompile.py, cli/test_policy.py")
def overwrites() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.yaml").write_text(COMPILER)
        (folder / "x.yaml").write_text("title: T\nrules:\n- {id: r, text: No thing here.}\n")
        target = folder / "x.compiled.yaml"
        form = "title: T\nby: hand\nrules:\n- id: r\n  rule: No thing here.\n"
        form += "  text: No thing here.\n  chain: [{any: [{see: a moped, words: [moped]}]}]\n"
        target.write_text(form)
        model = ["--model", f"fake:{folder / 'model.yaml'}", "--store", str(folder / "store")]
        CliRunner().invoke(app, ["policy", "compile", str(folder / "x.yaml"), *model])
        (question,) = (q for _, _, q in read_compiled(target).rules[0].questions)
        assert question.see == "a moped", f"written by hand: a moped; now: {question.see}"


@fault("a chosen cut cannot be applied", "judge/test_chosen.py")
def cut() -> None:
    assert option_of("judge rethreshold", "--card"), "judge rethreshold has no --card"


@fault("no threshold of one rule", "judge/test_chosen.py, judge/test_run.py")
def one_rule() -> None:
    try:
        found = config.JudgeConfig().changed({"r.alpha2": 0.7}, ["r"])  # as `--set` does it
    except AttributeError:
        T.changed({"r.alpha2": 0.7})
    else:
        assert found.thresholds_of("r").alpha2 == 0.7


@fault("near-uniform grades pass", "judge/test_assess.py")
def near_uniform() -> None:
    ours: Any = import_module("tests.judge.test_assess")
    # Evenly over nine of eleven letters: a spread of 2.6, and 3 is the most.
    shares = ours.grades(**dict.fromkeys("BCDEFGHIJ", 1 / 9))

    def model(request: Any) -> Any:
        if request.task == "describe":
            return "A street."
        seen = any(message.images for message in request.messages)
        even = dict.fromkeys(ours.LETTERS, 1 / 11)
        return ours.Choice(shares if seen else even, 0.02)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = ours.ImageStore(folder / "images", fsync=False).put(ours.picture(0))
        job = ours.AssessJob(
            [ours.Target(photo, "0.jpg")],
            folder / "out",
            folder / "a.sqlite",
            folder / "images",
            ours.Handled(model),
            ours.read_scale("general"),
            ours.AssessConfig(addressed="off"),
        )
        told = asyncio.run(ours.run_assess(job)).summary
        assert told["grades"]["undecided"] == 1, f"nine of eleven grades alike: {told['grades']}"


@fault("the report of a failed run shows no reason", "view/pages/test_judge.py")
def report() -> None:
    from tests.judge.running import run
    from tests.judge.simulated import picture
    from tests.judge.two_rules import two_rules

    from crosslight.models import parse
    from crosslight.view import write_judge_report

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dead = parse("openai:gone@http://127.0.0.1:9/v1")
        run(two_rules(folder, [picture(0)], dead))
        page = write_judge_report(folder / "run", folder / "images")
        text = page.read_text(encoding="utf-8").lower()
        assert "is the endpoint up" in text, "the page of a dead endpoint does not say what to mend"


@fault("`safe` as a headline", "judge/test_clue2.py")
def headline() -> None:
    rules = [RuleFinding(f"r{at}", Finding.CLEAR, "", 0.1) for at in range(7)]
    _, reason = decide.verdict_of(rules)
    assert reason == "clear of 7 of 7 rules", f"the reason of a safe image: {reason!r}"


NAMES = {"id": "r", "rule": "No thing here.", "text": "No thing here."}


def rule(items: list[list[dict[str, Any]]]) -> CompiledRule:
    """A rule of one chain."""
    return CompiledRule.model_validate({**NAMES, "chain": [{"any": item} for item in items]})


def option_of(command: str, option: str) -> bool:
    """Whether a command has an option."""
    told = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"})
    return told.exit_code == 0 and option in told.output


def main() -> None:
    """Print a line a fault."""
    red = 0
    for named, test, check in FAULTS:
        try:
            check()
        except Exception as error:
            red += 1
            line = " ".join(str(error).split())[:150]
            print(f"RED   {named} [{test}]: {line}", flush=True)
        else:
            print(f"holds {named} [{test}]", flush=True)
    print(f"{red} of {len(FAULTS)} are red")


if __name__ == "__main__":
    main()
