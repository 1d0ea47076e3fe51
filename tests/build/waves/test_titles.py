"""Titles of scenarios by the author."""

import asyncio
from typing import Any

from crosslight.build.bank import Bank
from crosslight.build.config import BuildConfig
from crosslight.build.roles import Author, roles_for
from crosslight.build.waves import ScenarioMap, title_scenarios
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from tests.build.banks import made_bank
from tests.build.waves.world import accepted, meaning


class Namer:
    """Answers each question in turn, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self._answers = iter(answers)
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Any:
        self.asked.append(request)
        return next(self._answers)

    @property
    def author(self) -> Author:
        model = FakeModel(self, name="vlm")
        return roles_for(model, model, model, made_bank(), BuildConfig()).author


def drawn_map(*counts: int) -> ScenarioMap:
    drawn = ScenarioMap(Bank(()), meaning, 0)
    rows = [accepted(f"p{s}-{at}", s, at % 3) for s, n in enumerate(counts) for at in range(n)]
    drawn.close_wave(rows, ())
    return drawn


def ask(drawn: ScenarioMap, author: Author) -> list[str]:
    return asyncio.run(title_scenarios(author, drawn, drawn.versions[-1]))


def test_a_scenario_is_called_as_the_author_says_and_keeps_its_id() -> None:
    drawn, namer = drawn_map(9, 1), Namer({"title": "Edges and drops", "about": "Where one falls."})
    ids = list(drawn.titles)
    assert ask(drawn, namer.author) == []
    assert list(drawn.titles) == ids
    assert drawn.titles[ids[0]] == "Edges and drops"
    assert len(namer.asked) == 1, "a scenario of one pattern is called as it is"
    shown = namer.asked[0].messages[-1].text
    assert shown.count("Someone says:") == 3, "one case of each kind"
    assert drawn.titles[ids[1]] in shown, "names that are taken are shown"


def test_a_bad_title_costs_itself() -> None:
    drawn = drawn_map(9, 9, 9)
    before = dict(drawn.titles)
    namer = Namer({"title": "No"}, {"title": "Open water"}, {"title": "open Water"})
    failed = ask(drawn, namer.author)
    names = list(drawn.versions[-1].unnamed)
    assert [line.split(":")[0] for line in failed] == [names[0], names[2]]
    assert "title of another scenario" in failed[1]
    assert drawn.titles == {**before, names[1]: "Open water"}


def test_a_later_map_shows_the_title_to_authors() -> None:
    drawn, namer = drawn_map(40, 3, 9, 9), Namer(*({"title": f"Title {at}"} for at in range(4)))
    ask(drawn, namer.author)
    titles = {hint.title for hint in (*drawn.hints("p").thin, *drawn.hints("p").full)}
    assert titles
    assert all(title.startswith("Title ") for title in titles)
