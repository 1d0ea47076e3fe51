"""A simulated VLM whose image-free prior and whose sharpness can be set: eight rules, as in the
trial that was played by hand (many clear Noes, some soft answers, a few real violations).

Rule k forbids a thing (three kinds) in a state (two kinds); every fourth rule makes an exception
for a permit. Image i is about rule i % 8 and shows, in turn: thing and state (broken, unless a
permit is there), the thing only, nothing of it, thing and state and the permit.

What is there is answered with log-odds around +4, what is not around -4; of each some are soft.
`sharpness` multiplies them. The answers without an image have a level of their own: `prior` is that
of a middling question, or `NEITHER` word comes. Reasoning is right: what is counted is how often it
is needed.
"""

import math
from dataclasses import dataclass
from typing import Any

from crosslight.judge import JudgeConfig, Target
from crosslight.judge.job import JudgeJob
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Choice, Request
from crosslight.policy.compiled import Compiled
from crosslight.policy.constitution import Constitution
from crosslight.store import ImageStore
from tests.judge.simulated import chance, picture

RULES = 8
SOFT = 0.06
"""Share of soft answers."""
NEITHER = -1.0
PRIORS = {
    "0.5": 0.5,
    "0.3": 0.3,
    "0.03": 0.03,
    "0.003": 0.003,
    "0.0003": 0.0003,
    "neither word": NEITHER,
}


def policy() -> tuple[Constitution, Compiled]:
    """The eight rules and their compiled form."""
    texts = [f"No kind of thing {k} may be in a forbidden state." for k in range(RULES)]
    rules = [
        {"id": f"r{k}", "rule": text, "text": text, "chain": _chain(k)}
        for k, text in enumerate(texts)
    ]
    constitution = {"title": "Eight", "rules": [{"id": r["id"], "text": r["rule"]} for r in rules]}
    compiled = {"title": "Eight", "by": "test", "rules": rules}
    return Constitution.model_validate(constitution), Compiled.model_validate(compiled)


def _chain(k: int) -> list[dict[str, Any]]:
    things = [{"see": f"a thing{k}{v}", "words": [f"thing{k}{v}"]} for v in "abc"]
    states = [{"see": f"a state{k}{v}", "words": [f"part{k}", f"thing{k}a"]} for v in "de"]
    permit = [{"any": [{"see": f"a permit{k}f", "words": [f"permit{k}f"], "absent": True}]}]
    return [{"any": things}, {"any": states}, *(permit if k % 4 == 3 else [])]


@dataclass(frozen=True)
class Shown:
    """What one image shows."""

    number: int

    @property
    def rule(self) -> int:
        return self.number % RULES

    @property
    def kind(self) -> int:
        return self.number // RULES % 4

    @property
    def unsafe(self) -> bool:
        return self.kind == 0 or (self.kind == 3 and self.rule % 4 != 3)

    def has(self, name: str) -> bool:
        """Whether `thing3a`, `state3d` or `permit3f` is to be seen."""
        if name[-2:-1] != str(self.rule):
            return False
        what, kind = name[:-2], name[-1]
        first = "abc"[self.number % 3], "de"[self.number % 2]
        return {
            "thing": self.kind != 2 and kind == first[0],
            "state": self.kind in (0, 3) and kind == first[1],
            "permit": self.kind == 3,
        }[what]


class Levels:
    """Judge and detector of this world; also a backend of itself."""

    spec = "fake:levels"

    def __init__(self, photos: list[str], prior: float, sharpness: float) -> None:
        self.shown = {photo: Shown(number) for number, photo in enumerate(photos)}
        self.prior, self.sharpness = prior, sharpness

    async def open(self) -> FakeModel:
        return FakeModel(self, name="levels")

    def __call__(self, request: Request) -> Any:
        text = request.messages[-1].text
        images = [image for message in request.messages for image in message.images]
        if request.task == "detect":
            return {"boxes": self._boxes(self.shown[images[0].photo], text)}
        if request.task == "reason":
            return "I look."
        names = [
            word.strip(".;- ") for word in text.split() if word[:5] in ("thing", "state", "permi")
        ]
        names = [name for name in dict.fromkeys(names) if name[-2:-1].isdigit()]
        if request.task in ("weigh", "summarise"):
            yes = any(self.shown[images[0].photo].has(name) for name in names)
            rated = {"rationale": "by looking", "rating": "Yes" if yes else "No"}
            return {"thought": "I look.", **rated} if request.task == "weigh" else rated
        if not images:
            return self._unseen(names[-1])
        shown, erased = self.shown[images[0].photo], "erase" in images[0].recipe
        # The likeliest of several things decides a joint question.
        yes = max(self._seen(shown, name, erased) for name in names)
        return {"Yes": yes, "No": 1 - yes}

    def _unseen(self, name: str) -> Any:
        if self.prior == NEITHER:
            return Choice({"Yes": 0.5, "No": 0.5}, 1.0, said="I see no image")
        odds = math.log(self.prior / (1 - self.prior)) + 2 * chance("prior", name) - 1
        yes = 1 / (1 + math.exp(-odds))
        return {"Yes": yes, "No": 1 - yes}

    def _seen(self, shown: Shown, name: str, erased: bool) -> float:
        luck, soft = chance(shown.number, name), chance(shown.number, name, "soft") < SOFT
        there = shown.has(name) and not erased
        middle, width = (
            ((1.0, 1.0) if soft else (4.0, 1.0))
            if there
            else ((-1.5, 1.0) if soft else (-4.2, 1.0))
        )
        return 1 / (1 + math.exp(-self.sharpness * (middle + width * (2 * luck - 1))))

    def _boxes(self, shown: Shown, text: str) -> list[dict[str, Any]]:
        words = [w.strip() for line in text.splitlines() for w in line.split(";")]
        here = [w for w in words if w[:5] in ("thing", "permi", "part" + str(shown.rule))]
        near = [w for w in here if w == f"part{shown.rule}" or (w[:4] != "part" and shown.has(w))]
        side = {"left": 0.3, "top": 0.3, "right": 0.6, "bottom": 0.6}
        return [{"word": w, **side, "confidence": 0.5} for w in near]


def job(images: int, folder: Any, prior: float, sharpness: float, **config: Any) -> JudgeJob:
    """A job over so many images; its run in a folder of its own."""
    store = ImageStore(folder / "images", fsync=False)
    photos = [store.put(picture(number)) for number in range(images)]
    played = Levels(photos, prior, sharpness)
    constitution, compiled = policy()
    helper = played if config.pop("detector", True) else None
    return JudgeJob(
        [Target(photo, str(at)) for at, photo in enumerate(photos)],
        folder / "run",
        folder / "answers.sqlite",
        folder / "images",
        constitution,
        compiled,
        played,
        detector=helper,
        config=JudgeConfig(**{"addressed": "off", **config}),
    )
