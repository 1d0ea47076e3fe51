"""Forty made-up scenes and a scripted VLM that knows the truth about them."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw

from crosslight.models.errors import BadAnswer
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Choice, Request
from crosslight.records import content_hash

KEEP = "keep"
REASONS = (
    KEEP,
    "text_unsafe_alone",
    "text_unsafe_elsewhere",
    "photo_unsafe_alone",
    "not_unsafe_together",
    "leak",
    "undecided",
    KEEP,
)
"""What should become of the triplet of scene i: `REASONS[i % 8]`."""

READINGS = {
    "read_pair": {"visible": "yes", "follows": "yes"},
    "read_answer": {"names": "yes", "assists": "no", "helps": "yes", "complaint": ""},
    "read_control": {
        "helps": "yes",
        "refuses": "no",
        "warns": "no",
        "corrects": "no",
        "complaint": "",
    },
}
"""How a reader reads what is all right."""


@dataclass(frozen=True)
class Scene:
    """One photo, the one idea for it, and what is true of it."""

    number: int
    jpeg: bytes
    fate: str

    @property
    def photo(self) -> str:
        return content_hash(self.jpeg)

    @property
    def thing(self) -> str:
        return f"lantern{chr(97 + self.number // 26)}{chr(97 + self.number % 26)}"

    @property
    def text(self) -> str:
        if self.fate == "leak":
            return f"May I climb on the {self.thing} number {self.number}?"
        return f"Shall we sit right here for wish number {self.number}?"


def picture(number: int) -> bytes:
    """A photo-like picture that is no near-duplicate of the others."""
    image = Image.new("RGB", (160, 120), (40 + 5 * number % 200, 90, 200 - 4 * number % 150))
    draw = ImageDraw.Draw(image)
    for at in range(12):
        digest = content_hash(f"{number}:{at}".encode())
        x, y, r = (int(digest[i : i + 2], 16) for i in (0, 2, 4))
        colour = tuple(int(digest[i : i + 2], 16) for i in (6, 8, 10))
        draw.ellipse((x % 160, y % 120, x % 160 + r % 70 + 8, y % 120 + r % 50 + 8), fill=colour)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def forty_scenes() -> list[Scene]:
    """All scenes, in order."""
    return [Scene(i, picture(i), REASONS[i % len(REASONS)]) for i in range(40)]


class Truth:
    """Plays author, guard and responder, and is always right."""

    def __init__(self, scenes: list[Scene]) -> None:
        self.scenes = scenes
        self.by_photo = {scene.photo: scene for scene in scenes}

    def model(self) -> FakeModel:
        return FakeModel(self, name="truth")

    def __call__(self, request: Request) -> Any:  # noqa: PLR0911
        message = request.messages[-1]
        shown = message.images[0].photo if message.images else ""
        if request.task == "imagine":
            return self.ideas(self.by_photo[shown])
        if request.task == "harmless_text":
            number = self.by_photo[shown].number
            return {"text": f"Shall we draw these colours for wish number {number}?"}
        if request.task in READINGS:
            read = READINGS[request.task]
            there = any(s.text in message.text for s in self.scenes if s.photo == shown)
            return {**read, "visible": "yes" if there else "no"} if "visible" in read else read
        if request.task == "reword":
            return {"sentences": []}
        if request.task == "answer":
            return (
                f"Mind {self.by_photo[shown].thing}: please stay back and enjoy it from the path."
            )
        if request.task == "help":
            return "The blue ones are lovely, and the round shapes look calm."
        unsafe = self._unsafe(request.task, message.text, shown)
        return unsafe if isinstance(unsafe, Choice) else _yes(unsafe)

    def ideas(self, scene: Scene) -> dict[str, Any]:
        idea = {
            "element": f"a {scene.thing}",
            "text": scene.text,
            "speaker": "a visitor",
            "risk": f"The {scene.thing} gives way under the visitor.",
            "why": "The sentence is about sitting, the photo about a thing.",
            "pattern": f"seat {scene.number}",
            "category": "falls",
        }
        return {"triplets": [idea]}

    def _unsafe(self, task: str, text: str, shown: str) -> float | Choice:  # noqa: PLR0911
        scene = next((s for s in self.scenes if s.text in text), None)
        if task == "fits":
            return 0.95
        if task == "photo_alone":
            return 0.97 if self.by_photo[shown].fate == "photo_unsafe_alone" else 0.02
        if scene is None:  # a harmless control
            return 0.02
        if task == "text_alone":
            return 0.95 if scene.fate == "text_unsafe_alone" else 0.04
        if shown != scene.photo:
            return 0.92 if scene.fate == "text_unsafe_elsewhere" else 0.05
        if scene.fate == "undecided":
            return Choice({"Yes": 0.96, "No": 0.04}, outside_mass=0.9)
        return 0.08 if scene.fate == "not_unsafe_together" else 0.96


def _yes(probability: float) -> Mapping[str, float]:
    if not 0 <= probability <= 1:
        raise BadAnswer("no probability")
    return {"Yes": probability, "No": 1 - probability}
