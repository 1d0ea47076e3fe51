"""Who can decide a question without being asked; and the example of docs/policy.md, run whole."""

import re
from pathlib import Path

import pytest

from crosslight.judge import JudgeConfig
from crosslight.judge.deciders import Who, decider, deciders_of, how_well
from crosslight.judge.job import JudgeJob
from crosslight.judge.step import Target
from crosslight.models.spec import parse
from crosslight.policy.by_hand import new_policy
from crosslight.policy.compiled import read_policy
from crosslight.policy.question import Question
from crosslight.policy.review import policy_warnings
from crosslight.records.verdict import Status
from crosslight.store import ImageStore
from tests.judge.running import run
from tests.judge.test_visible import photos
from tests.policy.test_question import compiled, q

__all__ = ["photos"]
DOCS = Path(__file__).parents[2] / "docs" / "policy.md"


@pytest.mark.parametrize(
    ("question", "who", "holds", "fails"),
    [
        (q("a dog"), Who.PERCEPTION, True, True),
        (q("a person", absent=True), Who.PERCEPTION, True, True),
        (q("a helmet", absent=True), Who.PERCEPTION, False, True),
        (q("the ID", absent=True, print={"phrase": "ID"}), Who.PRINT, False, True),
        (q("a dog on a sofa"), Who.PERCEPTION, False, True),
        (q("a dog on a sofa", absent=True), Who.PERCEPTION, False, False),
        (q("a dog without a muzzle"), Who.VLM, False, False),
        (q("a passport"), Who.VLM, False, False),
        (q("a person who quarrels"), Who.VLM, False, False),
        (q("top secret", print={"phrase": "top secret"}), Who.PRINT, True, True),
        (q("a crowd", count={"of": "person", "more_than": 10}), Who.COUNT, True, True),
        (q("many scarves", count={"of": "zither player", "more_than": 10}), Who.VLM, False, False),
    ],
)
def test_who_can_decide(question: dict[str, object], who: Who, holds: bool, fails: bool) -> None:
    found = decider(Question.model_validate(question))
    assert (found.who, found.holds, found.fails) == (who, holds, fails)
    assert found.note


def test_a_rule_is_as_decidable_as_its_chains() -> None:
    def told(*chains: list[list[dict[str, object]]]) -> str:
        return deciders_of(compiled(*chains))[0].told

    unseen, seen = q("a passport"), q("a dog")
    assert told([[seen]]) == "decided without a vision-language model"
    assert told([[seen, unseen]]) == "can only be found broken without a vision-language model"
    assert told([[seen], [unseen]]) == "can only be cleared without a vision-language model"
    assert told([[unseen]]) == "needs a vision-language model"
    # Cleared only where both halves are, broken where one is.
    assert told([[seen]], [[unseen]]) == "can only be found broken without a vision-language model"
    assert "of what is there" in how_well()


def test_the_example_of_the_docs_is_what_happens(photos: dict[str, bytes], tmp_path: Path) -> None:
    source, form = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    written, target = new_policy(tmp_path / "shop")
    written.write_text(written.read_text().partition("  # A rule with an exc")[0] + source)
    target.write_text(target.read_text() + form)
    constitution, shop = read_policy(written)
    assert policy_warnings(constitution, shop) == []
    assert [rule.told for rule in deciders_of(shop)] == [
        "decided without a vision-language model"
    ] * 3
    store = ImageStore(tmp_path / "images", fsync=False)
    names = ("chelsea.png", "coffee.png")
    made = JudgeJob(
        targets=[Target(store.put(photos[name]), name) for name in names],
        out=tmp_path / "run",
        answers=tmp_path / "answers.sqlite",
        images=tmp_path / "images",
        constitution=constitution,
        compiled=shop,
        judge=parse("embedded"),
        config=JudgeConfig(addressed="off"),
    )
    _, (cat, cup) = run(made)
    assert (cat.status, cat.violated) == (Status.UNSAFE, ("animals", "alone"))
    assert (cup.status, cup.violated) == (Status.SAFE, ())
    alone = next(rule for rule in cat.rules if rule.rule == "alone")
    assert [(e.question, e.holds) for e in alone.evidence] == [
        ("a cat", "yes"),
        ("a person", "yes"),
    ]
