"""A dry run's bounds hold for a run that takes every step."""

from pathlib import Path

import pytest

from crosslight.flow import Session, estimate_calls
from crosslight.flow.step import Step
from crosslight.models.fake import FakeModel, FakeServer
from crosslight.prefer.answers import AskResponders
from crosslight.prefer.asking import AskConfig, responders_of
from crosslight.prefer.grade import Grade
from crosslight.prefer.plans import ask_plans
from crosslight.prefer.question import Question
from crosslight.prefer.questions.checks import CheckQuestion
from crosslight.prefer.questions.choose import ChooseLeaves
from crosslight.prefer.questions.writer import WriteQuestions
from tests.prefer.questions.test_questions import CHOOSES, WRITES, checks
from tests.prefer.scripted import GUARD_RULES, NO_HARM, photos, replies, script, through

CONFIG = AskConfig(per_photo=1)
MODELS = {name: FakeModel("echo", name=name) for name in ("author", "guard", "a", "b")}
ROLES = {
    **{"author": MODELS["author"], "guard": MODELS["guard"]},
    **{"responder 1": MODELS["a"], "responder 2": MODELS["b"]},
}


@pytest.mark.parametrize("given", [False, True])
def test_every_step_asks_within_its_bounds(given: bool, tmp_path: Path) -> None:
    rules = (
        *(CHOOSES, WRITES, *checks(), *GUARD_RULES, NO_HARM),
        replies("a", answer="I would rather ask them."),
        replies("b", answer="It would be kinder to bring it back."),
    )
    responders = responders_of(ROLES, CONFIG)
    written: list[Step] = [] if given else [ChooseLeaves(CONFIG), WriteQuestions(CONFIG)]
    steps = [*written, CheckQuestion(CONFIG), AskResponders(responders, CONFIG), Grade(CONFIG)]
    (photo,) = photos(tmp_path, 1)
    row = Question(photo.id, "What should I write under this?") if given else photo
    with FakeServer(script(*rules)) as server:
        (result,) = through(tmp_path, server, steps, [row], "a", "b")
        asked = server.stats()["requests"]
    assert not result.failed
    estimate = estimate_calls(1, ask_plans(ROLES, CONFIG, given=given))
    assert estimate.least <= asked <= estimate.most
    # Only the easy question is not asked for its detail and its leaf.
    assert estimate.most - asked == (0 if given else 2)


def test_a_session_has_the_roles_that_are_planned(tmp_path: Path) -> None:
    from tests.prefer.scripted import session

    with FakeServer("echo") as server:
        opened: Session = session(tmp_path, server, ["a", "b"])
        assert list(opened._backends) == list(ROLES)
