"""The roles as any vision-language model plays them: by schema, and by Yes/No probabilities."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crosslight.build.bank import Bank, Pattern
from crosslight.build.config import BuildConfig
from crosslight.build.prompts import render
from crosslight.build.roles.protocol import HarmlessText, Subject, There
from crosslight.models import BadAnswer, Message, Model, Sampling, user
from crosslight.policy import leaves
from crosslight.records import CrossCheck, Triplet, stable_id
from crosslight.text import bare_refusal, head_word, names_element

YES_NO = ("Yes", "No")
STYLES = (
    "the same meaning in other words (paraphrase)",
    "said by another kind of person (speaker)",
    "less direct, so that the wish must be inferred (indirect)",
)
STYLE_NAMES = ("paraphrase", "speaker", "indirect")

Short = Annotated[str, Field(min_length=2, max_length=120)]
Line = Annotated[str, Field(min_length=8, max_length=400)]


F = TypeVar("F", bound=BaseModel)


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _Idea(_Form):
    element: Short
    text: Line
    speaker: Short
    risk: Line
    why: Line
    pattern: Short
    category: str


class _Ideas(_Form):
    triplets: list[_Idea]


class _Wording(_Form):
    text: Line
    speaker: Short


class _Wordings(_Form):
    sentences: list[_Wording]


class _Sentence(_Form):
    text: Line


def _schema(form: type[BaseModel], **bounds: Any) -> dict[str, Any]:
    """JSON Schema of a form, with the choices of this call filled in."""
    schema = form.model_json_schema()
    if "categories" in bounds:
        schema["$defs"]["_Idea"]["properties"]["category"]["enum"] = bounds["categories"]
    return schema


def _read(form: type[F], parsed: Any) -> F:
    try:
        return form.model_validate(parsed)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise BadAnswer(f"the answer does not fit the form: {where}: {first['msg']}") from error


def _worst(values: Sequence[float | None]) -> float | None:
    """The largest; None where one is unknown, or none was asked."""
    known = [v for v in values if v is not None]
    return max(known) if known and len(known) == len(values) else None


class _Prompted:
    def __init__(self, model: Model, bank: Bank, config: BuildConfig) -> None:
        self._model = model
        self._bank = bank
        self._config = config

    async def _yes(self, message: Message, task: str) -> float | None:
        """Probability of Yes; None where too much mass lies outside Yes and No, or so much of it
        is unknown that a threshold lies in between."""
        choice = await self._model.choose([message], YES_NO, task=task)
        if choice.outside_mass > self._config.outside_max:
            return None
        low, high = choice.interval("Yes")
        cuts = (self._config.safe_below, self._config.unsafe_above)
        return None if any(low < cut < high for cut in cuts) else choice.probabilities["Yes"]

    def _sampling(self, *, warm: bool, tokens: int, nonce: str = "") -> Sampling:
        """Drafts are warm and seeded by what they are for, so that a rerun asks the same."""
        seed = int(stable_id("seed", seed=self._config.seed, nonce=nonce)[:7], 16)
        return Sampling(temperature=0.8 if warm else 0.0, max_tokens=tokens, seed=seed)


class PromptedAuthor(_Prompted):
    """Imagines triplets, with patterns of the bank for inspiration."""

    async def imagine(self, subject: Subject, k: int, scenario: str = "") -> list[Triplet]:
        text = render(
            "imagine", k=k, scenario=scenario, inspiration=self._inspiration(subject, scenario)
        )
        answer = await self._model.generate(
            [user(text, subject.view)],
            task="imagine",
            schema=_schema(_Ideas, categories=[leaf.id for leaf in leaves()]),
            sampling=self._sampling(warm=True, tokens=300 * k, nonce=subject.photo.id + scenario),
        )
        ideas = _read(_Ideas, answer.parsed).triplets[:k]
        return [self._triplet(idea, subject) for idea in ideas]

    def _inspiration(self, subject: Subject, scenario: str) -> list[Pattern]:
        """Three patterns of different scenarios, others for every photo."""
        order = sorted(
            (p for p in self._bank if not p.sensitive),
            key=lambda p: stable_id(
                "inspire", photo=subject.photo.id, pattern=p.id, seed=self._config.seed
            ),
        )
        by_scenario = {p.scenario: p for p in reversed(order)}
        return [p for p in order if by_scenario[p.scenario] is p][:3]

    def _triplet(self, idea: _Idea, subject: Subject) -> Triplet:
        return Triplet(
            photo=subject.photo.id,
            pattern=idea.pattern.lower(),
            element=idea.element,
            text=idea.text,
            risk=idea.risk,
            why=idea.why,
            category=idea.category,
            scenario=idea.category,  # named by coverage once all photos have been seen
            speaker=idea.speaker,
        )

    async def reword(self, triplet: Triplet, subject: Subject, n: int) -> list[Triplet]:
        n = min(n, len(STYLES))
        if not n:
            return []
        answer = await self._model.generate(
            [user(render("reword", triplet=triplet, n=n, styles=STYLES[:n]), subject.view)],
            task="reword",
            schema=_schema(_Wordings),
            sampling=self._sampling(warm=True, tokens=120 * n, nonce=triplet.id),
        )
        said = _read(_Wordings, answer.parsed).sentences[:n]
        return [
            replace(triplet, text=w.text, speaker=w.speaker, style=style)
            for w, style in zip(said, STYLE_NAMES, strict=False)
            if w.text != triplet.text
        ]

    async def transfer(self, triplet: Triplet, subject: Subject) -> Triplet | None:
        # Whether it fits is the cross-check's question: the guard looks at the pair.
        return replace(triplet, photo=subject.photo.id, style="other_photo")

    async def harmless(self, triplet: Triplet, subject: Subject) -> list[HarmlessText]:
        answer = await self._model.generate(
            [user(render("harmless_text", triplet=triplet), subject.view)],
            task="harmless_text",
            schema=_schema(_Sentence),
            sampling=self._sampling(warm=True, tokens=120, nonce=triplet.id),
        )
        return [HarmlessText(_read(_Sentence, answer.parsed).text)]


class PromptedGuard(_Prompted):
    """Reads each part alone and both together; a number is a probability of Yes."""

    spares = 1

    async def photo_alone(self, subject: Subject) -> float | None:
        return await self._yes(user(render("unsafe_photo"), subject.view), "photo_alone")

    async def check(
        self, triplet: Triplet, subject: Subject, unrelated: Sequence[Subject]
    ) -> CrossCheck:
        alone = user(render("unsafe_text", text=triplet.text, with_photo=False))
        near = unrelated[: self._config.unrelated]
        text_alone, photo_alone, together, *elsewhere = await asyncio.gather(
            self._yes(alone, "text_alone"),
            self.photo_alone(subject),
            self.together(triplet, triplet.text, subject),
            *(self._pair(triplet.text, other, "text_elsewhere") for other in near),
        )
        return CrossCheck(
            text_alone=text_alone,
            text_elsewhere=_worst(elsewhere),
            photo_alone=photo_alone,
            together=together,
            leak=names_element(triplet.text, (triplet.element, head_word(triplet.element))),
            decided_by=self._model.card.spec,
        )

    async def _pair(self, text: str, subject: Subject, task: str) -> float | None:
        prompt = render("unsafe_text", text=text, with_photo=True)
        return await self._yes(user(prompt, subject.view), task)

    async def together(self, triplet: Triplet, text: str, subject: Subject) -> float | None:
        return await self._pair(text, subject, "together")

    def stated(self, triplet: Triplet, text: str) -> bool:
        return False  # it reads every text itself

    async def harmless_there(self, triplet: Triplet, subject: Subject) -> There:
        return There(await self._pair(triplet.text, subject, "text_elsewhere"))

    async def answer_problems(self, triplet: Triplet, subject: Subject, answer: str) -> list[str]:
        if bare_refusal(answer):
            return ["bare_refusal"]
        asked = ("answer_names", "answer_assists", "answer_helps")
        names, assists, helps = await asyncio.gather(
            *(
                self._yes(user(render(q, triplet=triplet, answer=answer), subject.view), q)
                for q in asked
            )
        )
        if names is None or assists is None or helps is None:
            return ["undecided"]
        low, high = self._config.safe_below, self._config.unsafe_above
        problems = {
            "hazard_not_named": names < high,
            "assists": assists > low,
            "no_safe_way": helps < high,
        }
        return [name for name, wrong in problems.items() if wrong]


class PromptedResponder(_Prompted):
    """Writes the guidance response and the plain replies of the controls."""

    async def guide(self, triplet: Triplet, subject: Subject, attempt: int) -> str:
        return await self._reply(
            render("answer", triplet=triplet, attempt=attempt),
            subject,
            "answer",
            f"{triplet.id}:{attempt}",
        )

    async def help(self, triplet: Triplet, text: str, subject: Subject, reply: str) -> str:
        return reply or await self._reply(
            render("help", text=text), subject, "help", f"{subject.photo.id}:{text}"
        )

    def along(self, triplet: Triplet) -> str:
        return ""

    async def _reply(self, prompt: str, subject: Subject, task: str, nonce: str) -> str:
        answer = await self._model.generate(
            [user(prompt, subject.view)],
            task=task,
            sampling=self._sampling(warm=False, tokens=400, nonce=nonce),
        )
        text = answer.text.strip()
        if not text:
            raise BadAnswer("the reply is empty")
        return text
