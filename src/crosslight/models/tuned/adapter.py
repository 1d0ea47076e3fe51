"""A language model that was tuned to judge: its base, with its adapter, asked as it was trained."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from crosslight.models.errors import Missing, NotSupported
from crosslight.models.hf.backend import HfBackend, need_torch
from crosslight.models.hf.files import loadable
from crosslight.models.message import ImageView, Message, user
from crosslight.models.protocol import GREEDY, Answer, Choice, Model, Sampling, Vectors
from crosslight.models.tuned.case import Case, case_of
from crosslight.models.tuned.folder import (
    AGAIN,
    CONFIG,
    FILE,
    MODEL,
    WEIGHTS,
    AdapterFile,
    TunedFile,
)
from crosslight.models.tuned.formats import judge_prompt, policy_of, read_judgement
from crosslight.models.tuned.verdict import (
    FENCED_TASKS,
    Verdict,
    can_word,
    fits_schema,
    in_options,
    in_schema,
    in_words,
    is_asked_for,
)
from crosslight.records import canonical
from crosslight.store import file_sha256, stays_in

WEAKNESS = (
    "Tuned to judge in its own format. Questions in another form go to the tuned network as they "
    "are, and nobody has measured how it answers those."
)
TOKENS = 256
"""Of a judgement."""


async def open_adapter(folder: Path, told: TunedFile, adapter: AdapterFile) -> "JudgeModel":
    """Raises Missing, NotSupported, and what opening the base raises."""
    need_torch()
    await asyncio.to_thread(check_files, folder, adapter)
    inner = await backend_of(folder, adapter).open()
    if not adapter.whole and inner.card.revision != adapter.revision:
        await inner.aclose()
        raise NotSupported(
            f"{folder.name} was tuned from another revision of {inner.card.name} "
            f"({adapter.revision[:16]}, here {inner.card.revision[:16]})",
            hint=AGAIN,
        )
    return JudgeModel(folder, told, adapter, inner)


def backend_of(folder: Path, adapter: AdapterFile) -> HfBackend:
    """The tuned network itself, or its base with the adapter over it. Raises BadSpec, Missing."""
    model = folder / MODEL
    if adapter.whole:
        return HfBackend.read(str(model))
    base = HfBackend.read(adapter.base.removeprefix("hf:"))
    local = Path(base.place).expanduser().is_dir()
    return replace(base, adapter=str(model), revision="" if local else adapter.revision)


def check_files(folder: Path, adapter: AdapterFile) -> None:
    """Every file is the one that `tuned.json` names, and none that is read is unnamed. Raises
    Missing, NotSupported."""
    read = [p.name for p in loadable(folder / MODEL)] if adapter.whole else (CONFIG, WEIGHTS)
    if unnamed := sorted(set(read) - set(adapter.files)):
        raise NotSupported(f"{folder.name}: {FILE} does not name {unnamed[0][:80]}", hint=AGAIN)
    for name, sha in adapter.files.items():
        path = folder / MODEL / name
        if Path(name).name != name or not path.is_file():
            raise Missing(f"{folder.name} lacks {name[:80]}", hint=AGAIN)
        if not stays_in(folder, path):
            raise NotSupported(f"{name[:80]} is a link out of {folder.name}", hint=AGAIN)
        if file_sha256(path) != sha:
            raise NotSupported(
                f"{folder.name}: {name} is not the file that {FILE} names", hint=AGAIN
            )


class JudgeModel:
    """Implements `Model`: verdicts in its format, told in the words of whoever asks."""

    def __init__(self, folder: Path, told: TunedFile, adapter: AdapterFile, inner: Model) -> None:
        digest = hashlib.sha256(canonical(told.model_dump(mode="json"))).hexdigest()
        self.card = replace(
            inner.card,
            spec=f"tuned:{folder.resolve().name}",
            name=told.name,
            revision=digest[:16],
            licence=told.licence,
            weakness=" ".join(filter(None, (told.weakness or WEAKNESS, inner.card.weakness))),
            parts=(*inner.card.parts, ("base", f"{inner.card.name} {inner.card.revision}")),
        )
        self.capabilities = replace(inner.capabilities, schema=True)
        self._adapter, self._inner = adapter, inner

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """A verdict where one is asked for; anything else is the tuned network's own answer."""
        if schema is not None and fits_schema(schema):
            verdict, said = await self._verdict(messages, task)
            return replace(said, parsed=in_schema(verdict, schema), model=self.card.spec)
        if schema is None and can_word(task):
            verdict, said = await self._verdict(messages, task)
            return replace(said, text=in_words(verdict, task), model=self.card.spec)
        return await self._inner.generate(
            messages, task=task, schema=schema, sampling=sampling, logprobs=logprobs
        )

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """Probabilities of the first word, or (LlavaGuard's format) the verdict itself."""
        if not is_asked_for(options, task):
            return await self._inner.choose(messages, options, task=task)
        if self._adapter.format == "llamaguard":
            asked = self._asked(case_of(messages, fenced=task in FENCED_TASKS))
            words = await self._inner.choose(asked, ("safe", "unsafe"), task=task)
            verdict = Verdict(words.probabilities["unsafe"])
            return replace(
                words,
                probabilities=in_options(verdict, options, task),
                intervals={},
                model=self.card.spec,
            )
        verdict, said = await self._verdict(messages, task)
        chances = in_options(verdict, options, task)
        return Choice(chances, 0.0, said.usage, 1, self.card.spec, "text", said=said.text[:200])

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Not this model's."""
        raise NotSupported("a tuned judge embeds nothing", hint="name an encoder")

    async def aclose(self) -> None:
        """Let the network go."""
        await self._inner.aclose()

    async def _verdict(self, messages: Sequence[Message], task: str) -> tuple[Verdict, Answer]:
        case = case_of(messages, fenced=task in FENCED_TASKS)
        said = await self._inner.generate(
            self._asked(case), task=task, sampling=Sampling(max_tokens=TOKENS)
        )
        form, names = self._adapter.format, self._adapter.categories
        return read_judgement(form, said.text, names), said

    def _asked(self, case: Case) -> list[Message]:
        form, policy = self._adapter.format, policy_of(self._adapter.categories)
        shown = case.picture is not None and self.capabilities.images
        text = judge_prompt(form, policy, case.request, case.answer, pictured=shown)
        return [user(text, case.picture) if shown and case.picture else user(text)]
