"""What the roles have in common where a vision-language model plays them, and the responder."""

from collections.abc import Sequence
from typing import TypeVar

from crosslight.build.config import BuildConfig
from crosslight.build.prompts import render
from crosslight.build.roles.protocol import Subject
from crosslight.build.roles.replies import Form, fields_schema, read_form
from crosslight.models import BadAnswer, Model, Sampling, user
from crosslight.records import Triplet, stable_id

F = TypeVar("F", bound=Form)


class Prompted:
    """A model, asked by the prompts of this room."""

    def __init__(self, model: Model, config: BuildConfig) -> None:
        self._model = model
        self._config = config

    def _sampling(
        self, *, tokens: int, warm: bool = False, nonce: str | Sequence[str] = ""
    ) -> Sampling:
        """Drafts are warm and seeded by what they are for, so that a rerun asks the same."""
        nonce = nonce if isinstance(nonce, str) else list(nonce)
        seed = int(stable_id("seed", seed=self._config.seed, nonce=nonce)[:7], 16)
        return Sampling(temperature=0.8 if warm else 0.0, max_tokens=tokens, seed=seed)

    async def _form(
        self, form: type[F], prompt: str, shown: Sequence[Subject], task: str, sampling: Sampling
    ) -> F:
        """A form, filled in beside these photos. Raises `ModelError`."""
        needed = [name for name, info in form.model_fields.items() if info.is_required()]
        reply = await self._model.generate(
            [user(prompt, *(subject.view for subject in shown))],
            task=task,
            schema=fields_schema(form, *needed),
            sampling=sampling,
        )
        return read_form(form, reply.parsed)


class PromptedResponder(Prompted):
    """Writes the guidance response and the plain replies of the controls."""

    async def guide(
        self, triplet: Triplet, subject: Subject, earlier: str = "", complaint: str = ""
    ) -> str:
        prompt = render("answer", triplet=triplet, draft=earlier, complaint=complaint)
        return await self._reply(prompt, subject, "answer", f"{triplet.id}:{earlier}")

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
            sampling=self._sampling(tokens=400, nonce=nonce),
        )
        text = answer.text.strip()
        if not text:
            raise BadAnswer("the reply is empty")
        return text
