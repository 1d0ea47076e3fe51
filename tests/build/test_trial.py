"""The trial: what the cross-check keeps of ideas that a careful reader labelled and read.

What it cost before is an estimate: rms-1 asked four questions a draft (the text alone, both
together, beside two other photos), leaks among them, and kept safe <= 0.3, unsafe >= 0.7. Its
answers are guessed by the same reader (`before` in trial.yaml); read as the new question was, it
would have kept more, and the goal of 60% of its calls is then only just reached, or missed.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosslight.build.album import Album
from crosslight.build.bank import Bank
from crosslight.build.config import BuildConfig
from crosslight.build.roles import roles_for
from crosslight.build.steps import Check, Draft, RecipeParts
from crosslight.flow import Context
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from crosslight.records import Done, Outcome, Photo, Triplet
from crosslight.store import ImageStore
from crosslight.text import head_word, names_element
from tests.build.scenes import picture

IDEAS: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("trial.yaml").read_text(encoding="utf-8")
)
CONFIG = BuildConfig()
DOCS = (Path(__file__).parents[2] / "docs" / "build.md").read_text(encoding="utf-8")
NOT_THERE = (0.04, 0.03, "no")


class CarefulReader:
    """Answers as the file says. A question it was not made for is an error."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.asked: set[tuple[str, str, str]] = set()

    def __call__(self, request: Request) -> Any:
        message = request.messages[-1]
        shown = self.names[message.images[0].photo] if message.images else ""
        self.asked.add((request.task, message.text, shown))
        if request.task == "photo_alone":
            return yes(0.003)
        idea = next(one for one in IDEAS if one["text"] in message.text)
        reads = idea["reads"]
        fits, unsafe, there = idea.get("elsewhere", {}).get(shown, NOT_THERE)
        if request.task == "read_pair":
            here = {"visible": reads["seen"], "follows": reads["follows"]}
            return here if shown == idea["photo"] else {"visible": there, "follows": there}
        numbers = {"fits": fits, "text_elsewhere": unsafe}
        if request.task in numbers:
            assert shown != idea["photo"]
            return yes(numbers[request.task])
        assert request.task == "text_alone" or shown == idea["photo"]
        return yes({"text_alone": reads["alone"], "together": reads["together"]}[request.task])


def yes(probability: float) -> dict[str, float]:
    return {"Yes": probability, "No": 1 - probability}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Outcome[Draft]], CarefulReader]:
    """The check over all ideas, with one small picture for each photo."""
    images = ImageStore(tmp_path_factory.mktemp("trial"))
    shown = {idea["photo"]: "" for idea in IDEAS}
    photos = [
        Photo(images.put(picture(at)), name, 160, 120, "JPEG", "v:0")
        for at, name in enumerate(shown)
    ]
    reader = CarefulReader({photo.id: photo.source for photo in photos})
    model = FakeModel(reader, name="reader")
    roles = roles_for(model, model, model, Bank(()), CONFIG)
    kit, context = RecipeParts(roles, Album.of(photos, CONFIG), CONFIG), Context({}, images)
    by_name = {photo.source: photo.id for photo in photos}
    drafts = [Draft(_triplet(idea, by_name[idea["photo"]])) for idea in IDEAS]

    async def check() -> list[Outcome[Draft]]:
        return [await Check(kit)(draft, context) for draft in drafts]

    return asyncio.run(check()), reader


def _triplet(idea: dict[str, Any], photo: str) -> Triplet:
    parts = {name: idea[name] for name in ("element", "text", "risk")}
    return Triplet(
        photo, "a pattern", why="neither shows it", category="falls", scenario="", **parts
    )


def before(as_now: bool = False) -> Iterator[bool]:
    """What rms-1 made of each idea, by the guessed answers or by those to the new question. Its two
    other photos said nothing of any of them."""
    for idea in IDEAS:
        reads = idea["reads"]
        alone, together = (reads["alone"], reads["together"]) if as_now else reads["before"]
        leak = names_element(idea["text"], (idea["element"], head_word(idea["element"])))
        yield not leak and alone <= CONFIG.safe_below and together >= CONFIG.unsafe_above


def labels(kept: list[bool]) -> Counter[str]:
    return Counter(idea["label"] for idea, one in zip(IDEAS, kept, strict=True) if one)


def test_it_keeps_three_quarters_of_the_good_ideas_and_none_of_the_bad(
    trial: tuple[list[Outcome[Draft]], CarefulReader],
) -> None:
    every = labels([True] * len(IDEAS))
    assert len(IDEAS) >= 40 and every["K"] >= 30 and every["N"] >= 20
    kept = labels([isinstance(one, Done) for one in trial[0]])
    assert kept["K"] >= 0.75 * every["K"], kept
    assert kept["N"] == 0, kept
    assert labels(list(before()))["K"] < 0.5 * every["K"], "what the old question kept"


def test_a_kept_row_costs_at_most_three_fifths_of_the_calls(
    trial: tuple[list[Outcome[Draft]], CarefulReader],
) -> None:
    photos = len({idea["photo"] for idea in IDEAS})
    asked = photos + 4 * len(IDEAS)
    kept = sum(isinstance(one, Done) for one in trial[0])
    now = len(trial[1].asked) / kept
    assert now <= 0.6 * asked / sum(before())
    # docs/build.md says both: on the other estimate it is at the goal, not below it.
    other = asked / sum(before(as_now=True))
    good = len(trial[1].asked) / labels([isinstance(one, Done) for one in trial[0]])["K"]
    assert f"at {now:.1f} questions a kept idea ({good:.1f} a good one)" in DOCS
    assert f"takes {now / other:.0%} of that, or {good / other:.0%} by good ideas alone" in DOCS


def test_nothing_is_asked_of_a_leak_and_nothing_elsewhere_of_what_fell_before(
    trial: tuple[list[Outcome[Draft]], CarefulReader],
) -> None:
    outcomes, reader = trial
    reasons = [None if isinstance(one, Done) else getattr(one, "reason", "") for one in outcomes]
    for idea, reason in zip(IDEAS, reasons, strict=True):
        tasks = {task for task, text, _ in reader.asked if idea["text"] in text}
        if reason == "leak":
            assert tasks == set()
        elif reason in ("text_unsafe_alone", "not_unsafe_together", "adds_too_little"):
            assert tasks == {"text_alone", "together"}
        elif reason in ("element_not_visible", "risk_does_not_follow"):
            assert tasks == {"text_alone", "together", "read_pair"}
    assert {"leak", "risk_does_not_follow", "adds_too_little"} <= set(reasons)
