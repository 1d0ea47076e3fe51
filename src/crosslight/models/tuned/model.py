"""A linear head behind the `Model` protocol: verdicts in several wordings, and nothing else."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from crosslight.models.errors import NotSupported
from crosslight.models.message import ImageView, Message
from crosslight.models.protocol import (
    GREEDY,
    Answer,
    Capabilities,
    Choice,
    ModelCard,
    Sampling,
    Vectors,
)
from crosslight.models.tuned.case import Case, case_of
from crosslight.models.tuned.folder import AGAIN, TunedFile, read_head
from crosslight.models.tuned.head import LinearHead
from crosslight.models.tuned.scenes import KeptScenes
from crosslight.models.tuned.vectors import Shown, Vectorizer
from crosslight.models.tuned.verdict import (
    FENCED_TASKS,
    Verdict,
    can_word,
    in_options,
    in_schema,
    in_words,
)
from crosslight.records import canonical

REACH = (
    "A linear head on word vectors and a composed perception. Knows the style of the sets that it "
    "was tuned on; on other sets such heads were near chance. Sees what the embedded perception "
    "sees."
)


class HeadModel:
    """Implements `Model`. Work runs in one thread: a row takes a millisecond, a picture 0.3 s."""

    def __init__(self, folder: Path, told: TunedFile, head: LinearHead) -> None:
        self.card = _card(folder, told)
        self.capabilities = Capabilities(
            images=told.pictures != "none", schema=True, seed=True, verdicts_only=True
        )
        self._told, self._head = told, head
        self._vectorizer, self._scenes = Vectorizer(), KeptScenes(adds=False)
        self._pool = ThreadPoolExecutor(1, "crosslight-tuned")

    @classmethod
    def of(cls, folder: Path, told: TunedFile) -> "HeadModel":
        """From a folder, its files checked. Raises `Missing`, `NotSupported`."""
        assert told.head is not None
        head = read_head(folder, told.head)
        made = cls(folder, told, head)
        seen = told.head.perception
        if told.pictures != "none" and seen != made._scenes.revision:
            raise NotSupported(
                f"{folder.name} was tuned on what another perception saw ({seen[:16] or 'none'}, "
                f"here {made._scenes.revision})",
                hint=AGAIN,
            )
        if told.pictures != "none":
            made._scenes.prepare()
        return made

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """The verdict in the format that the task or the schema asks for. Raises `NotSupported`."""
        if logprobs:
            raise NotSupported("a tuned head writes no tokens", hint="ask it to choose")
        if schema is not None:
            in_schema(Verdict(0.5, names=self._head.names), schema)  # before a picture is looked at
            parsed = in_schema(await self._verdict(messages, task), schema)
            text = json.dumps(parsed, ensure_ascii=False)
            return Answer(text, parsed, model=self.card.spec)
        if not can_word(task):
            in_words(Verdict(0.5), task)
        return Answer(in_words(await self._verdict(messages, task), task), model=self.card.spec)

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """The calibrated probabilities of safe and unsafe. Raises `NotSupported`."""
        in_options(Verdict(0.5), options, task)
        chances = in_options(await self._verdict(messages, task), options, task)
        return Choice(chances, 0.0, model=self.card.spec)

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Not this model's."""
        raise NotSupported("a tuned judge embeds nothing", hint="name an encoder")

    async def aclose(self) -> None:
        """Let running work end."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    async def _verdict(self, messages: Sequence[Message], task: str) -> Verdict:
        case = case_of(messages, fenced=task in FENCED_TASKS)
        self._check(case)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._rule, case)

    def _check(self, case: Case) -> None:
        """A head that has never seen an answer says nothing of one, and so on."""
        if case.picture is not None and not self.capabilities.images:
            raise NotSupported(
                f"{self.card.spec} was tuned on texts alone", hint="tune it on rows with pictures"
            )
        if case.picture is None and self._told.pictures == "all":
            raise NotSupported(
                f"{self.card.spec} was tuned on pictures: it says nothing of a text alone",
                hint="show it the picture, or tune it on rows without one too",
            )
        if not case.request.strip() and self._told.texts == "all":
            raise NotSupported(
                f"{self.card.spec} was tuned on requests: it says nothing of a picture alone",
                hint="tune it on a table of pictures with an empty text",
            )
        answered = bool(case.answer.strip())
        if answered and self._told.answers == "none":
            raise NotSupported(
                f"{self.card.spec} was tuned on requests without answers: it says nothing of one",
                hint="tune it on a table with a column `answer`",
            )
        if not answered and self._told.answers == "all":
            raise NotSupported(
                f"{self.card.spec} was tuned on answers: it says nothing of a request alone",
                hint="tune it on rows without answers too",
            )

    def _rule(self, case: Case) -> Verdict:
        seen = None if case.picture is None else self._scenes.scene(case.picture)
        x = self._vectorizer.rows([Shown(case.request, case.answer, seen or "none")])
        category = self._head.category(x)[0]
        unsafe = float(self._head.probability(x)[0])
        return Verdict(unsafe, category, self._head.names, self._told.threshold)


def _card(folder: Path, told: TunedFile) -> ModelCard:
    """A folder's name, not its path: the revision says which judge, on any machine."""
    assert told.head is not None
    digest = hashlib.sha256(canonical(told.model_dump(mode="json"))).hexdigest()
    return ModelCard(
        spec=f"tuned:{folder.resolve().name}",
        name=told.name,
        revision=digest[:16],
        licence=told.licence,
        weakness=told.weakness or REACH,
        queues=True,
        usd_per_million_in=0.0,
        usd_per_million_out=0.0,
        parts=(
            ("head", told.head.sha256),
            ("vectors", told.head.vectors),
            ("wordllama", told.head.words),
            *((("perception", told.head.perception),) if told.head.perception else ()),
        ),
    )
