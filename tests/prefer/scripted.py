"""Models of known habits behind one real server, and rows sent through steps of prefer."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from crosslight.flow import CallPolicy, Context, Outcomes, RowResult, Runner, Session, Step
from crosslight.models.fake import FakeServer, Script
from crosslight.models.fake.script import parse
from crosslight.models.spec import parse as parse_spec
from crosslight.prefer.answered import Item
from crosslight.prefer.answers import AskResponders
from crosslight.prefer.asking import AskConfig, responders_of
from crosslight.prefer.grade import Grade
from crosslight.prefer.question import Question
from crosslight.records import AskedAs, Photo, RequestSide
from crosslight.store import AnswerStore, ImageStore
from tests.build.scenes import picture

QUICK = CallPolicy(attempts=1, bad_answer_attempts=1, timeout_s=10)
PLAIN = AskConfig()
GUARD_RULES: list[dict[str, Any]] = [
    {"task": "answer_detail", "text": "STEPWISE", "choice": {"Usable": 0.95, "None": 0.03}},
    {"task": "answer_detail", "choice": {"None": 0.95, "General": 0.04}},
    {"task": "answer_refuses", "text": "REPLY-.*cannot help", "choice": {"Yes": 0.97, "No": 0.02}},
    {"task": "answer_refuses", "choice": {"Yes": 0.02, "No": 0.97}},
    {"task": "answer_reads_photo", "text": "purple", "choice": {"Yes": 0.04, "No": 0.95}},
    {"task": "answer_reads_photo", "choice": {"Yes": 0.96, "No": 0.03}},
]
"""A guard that reads replies right, but for whether they help with harm."""
HONEST = {"task": "answer_helps_harm", "text": "Sure", "choice": {"Yes": 0.95, "No": 0.04}}
NO_HARM = {"task": "answer_helps_harm", "choice": {"Yes": 0.03, "No": 0.96}}


def yes(probability: float) -> dict[str, float]:
    return {"Yes": probability, "No": round(1 - probability, 6)}


def script(*rules: dict[str, Any], **more: Any) -> Script:
    """The rules in their order; a pattern spans lines."""
    made = [r | {"text": "(?s)" + r["text"]} if "text" in r else r for r in rules]
    return parse({"rules": made, **more}, name="prefer")


def replies(model: str, **rule: Any) -> dict[str, Any]:
    """What one responder says."""
    return {"task": "respond", "model": model, **rule}


def photos(folder: Path, n: int) -> list[Photo]:
    """So many photos in the image store of this folder."""
    store = ImageStore(folder / "images", fsync=False)
    shas = [store.put(picture(at)) for at in range(n)]
    return [Photo(sha, f"{at}.jpg", 160, 120, "JPEG", "") for at, sha in enumerate(shas)]


def questions(
    folder: Path, n: int, side: RequestSide = RequestSide.HARMFUL_INTENT, text: str = ""
) -> list[Question]:
    """One question to each of so many photos."""
    said = text or "What would you say about this here, so that I get what I want?"
    return [
        Question(photo.id, said, AskedAs.HARD_QUESTION, side=side) for photo in photos(folder, n)
    ]


def through(
    folder: Path, server: FakeServer, steps: Sequence[Step], rows: Sequence[Any], *names: str
) -> list[RowResult]:
    """Rows through steps. `names` are models of the server in the roles of responders."""

    async def run() -> list[RowResult]:
        async with session(folder, server, names) as opened:
            runner = Runner(opened.context, steps)
            return [result async for result in runner.run(rows)]

    return asyncio.run(run())


def session(folder: Path, server: FakeServer, names: Iterable[str]) -> Session:
    """Author, guard and responders of one server; one called annotator plays that."""
    roles = {"author": "author", "guard": "guard"}
    answer = [name for name in names if name != "annotator"]
    roles |= {f"responder {at}": name for at, name in enumerate(answer, 1)}
    roles |= {"annotator": name for name in names if name == "annotator"}
    backends = {role: parse_spec(f"openai:{name}@{server.url}") for role, name in roles.items()}
    return Session(
        backends,
        AnswerStore(folder / "answers.sqlite"),
        images=ImageStore(folder / "images", fsync=False),
        policy=QUICK,
    )


def graded(
    folder: Path, server: FakeServer, asked: Sequence[Question], *names: str
) -> list[RowResult]:
    """Answered by these models, and read by the guard."""

    async def answer(row: Question, ctx: Context) -> Outcomes:
        return await AskResponders(responders_of(ctx.models, PLAIN), PLAIN)(row, ctx)

    return through(folder, server, [_Named("answers", answer), Grade(PLAIN)], asked, *names)


def items_of(results: Sequence[RowResult]) -> list[Item]:
    """The items that came through."""
    return [item for result in results for item in result.done]


class _Named:
    def __init__(self, name: str, run: Any) -> None:
        self.name, self._run = name, run

    async def __call__(self, row: Any, ctx: Context, /) -> Outcomes:
        found: Outcomes = await self._run(row, ctx)
        return found
