"""A simulated VLM with known truth and the known faults of real ones, for tests of the judge.

Six rules; rule k is broken where thing k is visible AND it is in one of two states. Image i is made
for rule i % 6 and is unsafe for even i // 6, else a borderline-safe twin that shows the thing only.
All chance is a hash of (seed, image, question). Faults, each for the part that mends it:

- language prior: of odd questions the model thinks Yes with 0.9 before it sees anything; with an
  image that does not show them it still says 0.52-0.62. A cut at 0.5 raises false alarms; the image
  -free prior explains them (debias 1). Even questions have a prior of 0.1, and where they are
  visible a third of the scores is only 0.35-0.48: the cut misses them.
- off-centre bias: in a fifth of the images that show the thing but not the state, the surroundings
  alone give 0.70-0.80 for the state. Erasing the centre does not lower that; where the state is
  really there, erasing the thing lowers the score to 0.05 (debias 2).
- small things: in a tenth of the unsafe images the state is tiny; the whole view says 0.02, the
  crop 0.99.
- reasoning errs with probability `reasoning_error` (both ways), and fires on rules that have
  nothing to do with the image in half of that.
- whole rules as one question get scores between 0.3 and 0.75 and twice the reasoning error.
"""

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from crosslight.policy.compiled import Compiled
from crosslight.policy.constitution import Constitution
from crosslight.records import content_hash
from crosslight.text import last_fenced

RULES = 6
_THING = re.compile(r"(thing|state)(\d)([ab]?)")


def chance(*parts: object) -> float:
    """A number in [0, 1) out of a hash."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def picture(number: int) -> bytes:
    """A small picture that is no near-duplicate of the others."""
    rng = np.random.default_rng(number)
    blocks = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    image = Image.fromarray(blocks).resize((96, 72), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


@dataclass(frozen=True)
class Scene:
    """One image and what is true of it."""

    number: int
    jpeg: bytes
    seed: int = 0

    @property
    def photo(self) -> str:
        return content_hash(self.jpeg)

    @property
    def rule(self) -> int:
        return self.number % RULES

    @property
    def unsafe(self) -> bool:
        return (self.number // RULES) % 2 == 0

    @property
    def small(self) -> bool:
        return self.unsafe and chance(self.seed, self.number, "small") < 0.1

    @property
    def off_centre(self) -> bool:
        return not self.unsafe and chance(self.seed, self.number, "off") < 0.2

    @property
    def state(self) -> str:
        """The alternative that is visible in an unsafe image."""
        return "ab"[chance(self.seed, self.number, "state") < 0.5]

    def shows(self, kind: str, rule: int, state: str) -> bool:
        """Whether a thing or a state is visible."""
        if rule != self.rule:
            return False
        return True if kind == "thing" else self.unsafe and state == self.state


def scenes(count: int, seed: int = 0) -> list[Scene]:
    """Images 0 to count - 1."""
    return [Scene(i, picture(i), seed) for i in range(count)]


def policy() -> tuple[Constitution, Compiled]:
    """The six rules and their compiled form."""
    texts = [f"Rule {k} forbids that a thing{k} is in a forbidden state." for k in range(RULES)]
    constitution = Constitution.model_validate(
        {"title": "Six rules", "rules": [{"id": f"r{k}", "text": t} for k, t in enumerate(texts)]}
    )
    rules = [
        {
            "id": f"r{k}",
            "rule": text,
            "text": text,
            "chain": [
                {"any": [{"see": f"a thing{k}", "words": [f"thing{k}"]}]},
                {"any": [{"see": f"a state{k}{s}", "words": [f"thing{k}"]} for s in "ab"]},
            ],
        }
        for k, text in enumerate(texts)
    ]
    compiled = Compiled.model_validate({"title": "Six rules", "by": "test", "rules": rules})
    return constitution, compiled


def prior_of(kind: str, rule: int, state: str) -> float:
    """M(None, c): odd states are believed in unseen."""
    return 0.9 if kind == "state" and rule % 2 else 0.1


class World:
    """Plays judge, encoder and detector. `reasoning_error` 0: reasoning is always right."""

    def __init__(self, images: list[Scene], reasoning_error: float = 0.1) -> None:
        self.by_photo = {scene.photo: scene for scene in images}
        self.error = reasoning_error

    def model(self) -> FakeModel:
        """A fresh model that plays this world."""
        return FakeModel(self, name="simulated")

    def __call__(self, request: Request) -> Any:
        if request.kind == "embed":
            return self._vectors(request)
        images = [i for m in request.messages for i in m.images]
        scene = self.by_photo[images[0].photo] if images else None
        text = request.messages[-1].text
        if request.task == "detect":
            assert scene is not None
            return self._boxes(scene, text)
        if request.task in ("reason", "summarise", "weigh"):
            return self._reasoned(request.task, scene, text)
        if request.task == "addresses":
            return {"Yes": 0.01, "No": 0.98}
        how = images[0].recipe.partition("|")[2] if images else ""
        if text.startswith("Is at least one"):
            several = [line[2:] for line in last_fenced(text).splitlines()]
            return _yes(max(self._score(scene, how, one) for one in several))
        return _yes(self._score(scene, how, text))

    def _reasoned(self, task: str, scene: Scene | None, text: str) -> Any:
        """Reasoning in two turns, or in one."""
        if task == "reason":
            return "Let me see what is there."
        assert scene is not None
        rating = "Yes" if self._reason(scene, text) else "No"
        thought = {"thought": "I see."} if task == "weigh" else {}
        return {**thought, "rationale": "by looking", "rating": rating}

    def _score(self, scene: Scene | None, how: str, text: str) -> float:
        found = _THING.findall(last_fenced(text))
        if len(found) != 1 or "Rule" in text or "numbered rules" in text or not found:
            return self._whole_rule(scene, text)
        kind, rule, state = found[0][0], int(found[0][1]), found[0][2]
        prior = prior_of(kind, rule, state)
        if scene is None:
            return prior
        luck = chance(scene.seed, scene.number, kind, rule, state)
        if scene.shows(kind, rule, state):
            return self._visible(scene, how, luck, prior, kind == "state")
        if kind == "state" and rule == scene.rule and scene.off_centre:
            return 0.70 + 0.1 * luck
        return 0.52 + 0.1 * luck if prior > 0.5 else 0.01 + 0.05 * luck

    def _visible(self, scene: Scene, how: str, luck: float, prior: float, is_state: bool) -> float:
        """The score of what is really there."""
        if "erase" in how:
            return 0.05
        if is_state and scene.small and "crop" not in how:
            return 0.02
        if luck < 0.6 or "crop" in how:
            return 0.99
        return 0.35 + 0.13 * (luck - 0.6) / 0.4 if prior < 0.5 else 0.70 + 0.2 * (luck - 0.6)

    def _whole_rule(self, scene: Scene | None, text: str) -> float:
        if scene is None:
            return 0.4
        luck = chance(scene.seed, scene.number, "rule", content_hash(text.encode()))
        rules = {int(k) for _, k, _ in _THING.findall(text)}
        true = scene.unsafe and (scene.rule in rules or "public" in text)
        return (0.40 + 0.35 * luck) if true else (0.30 + 0.35 * luck)

    def _reason(self, scene: Scene, text: str) -> bool:
        found = _THING.findall(text)
        luck = chance(scene.seed, scene.number, "reason", content_hash(last_fenced(text).encode()))
        if "Rule" in text or "rule" in text or not found:
            rules = {int(k) for _, k, _ in found}
            true = scene.unsafe and (scene.rule in rules or not rules)
            return true != (luck < 2 * self.error)
        rule = int(found[-1][1])
        error = self.error if rule == scene.rule else self.error / 2
        # Several things are asked about as one.
        there = any(scene.shows(kind, int(k), state) for kind, k, state in found)
        return there != (luck < error)

    def _boxes(self, scene: Scene, text: str) -> dict[str, Any]:
        rules = {int(k) for _, k, _ in _THING.findall(last_fenced(text))}
        if scene.rule not in rules:
            return {"boxes": []}
        side = 0.08 if scene.small else 0.5
        low, high = 0.5 - side / 2, 0.5 + side / 2
        box = {
            "left": low,
            "top": low,
            "right": high,
            "bottom": high,
            "confidence": 0.4,
            "word": f"thing{scene.rule}",
        }
        return {"boxes": [box]}

    def _vectors(self, request: Request) -> Any:
        """Cosine 0.30 with the image's own rule (0.2 in 3% of the images), 0.1 with the others."""
        rows = []
        for item in request.items:
            row = np.zeros(RULES + 1, dtype=np.float32)
            if isinstance(item, str):
                row[int(_THING.findall(item)[0][1])] = 1.0
            else:
                scene = self.by_photo[item.photo]
                row[:RULES] = 0.1
                lost = chance(scene.seed, scene.number, "scan") < 0.03
                row[scene.rule] = 0.2 if lost else 0.3
                row[RULES] = np.sqrt(1 - float((row**2).sum()))
            rows.append(row)
        return np.stack(rows)


def _yes(p: float) -> Mapping[str, float]:
    return {"Yes": p * 0.98, "No": (1 - p) * 0.98}


@dataclass(frozen=True)
class Given:
    """A backend around a world, for a `Session`."""

    world: World
    spec: str = "fake:simulated"

    async def open(self) -> FakeModel:
        return self.world.model()
