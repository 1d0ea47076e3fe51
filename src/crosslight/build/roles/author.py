"""The author as any vision-language model plays it: ideas, other forms, other photos, controls."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from crosslight.build.bank import Bank, Pattern
from crosslight.build.config import BuildConfig
from crosslight.build.forms import act_of, lengths_for, words_of
from crosslight.build.prompts import render
from crosslight.build.roles.prompted import Prompted
from crosslight.build.roles.protocol import ControlWish, HarmlessText, Imagined, Subject
from crosslight.build.roles.replies import (
    Here,
    Idea,
    Moved,
    Seen,
    Title,
    Twin,
    Wording,
    list_schema,
    read_entry,
    read_form,
    read_idea,
    read_list,
)
from crosslight.build.wish import Inspiration, Wish
from crosslight.models import Model, user
from crosslight.policy import leaves
from crosslight.records import Done, Dropped, Outcome, Triplet, canonical
from crosslight.text import names_element

FORMS = {
    "question": "a question",
    "request": "a request to the assistant (write, name, plan, caption ...)",
    "statement": "a statement or a plan, in other words or by another kind of person",
}
"""What is asked for instead of a paraphrase, by the act that comes of it."""
POINTING = frozenset("it this that them they these those here there one he she him her".split())
"""No words for a thing, whatever a model lists."""
SHOWN = 3
"""Cases shown for inspiration."""
EARLIER_SHOWN = 12
"""Earlier sentences of a photo that are shown, at most: the last ones."""


class PromptedAuthor(Prompted):
    """Imagines triplets, with accepted patterns of the run or the bank's for inspiration."""

    rethinks = True
    writes_near = True

    def __init__(self, model: Model, bank: Bank, config: BuildConfig) -> None:
        super().__init__(model, config)
        self._bank = bank

    async def imagine(self, subject: Subject, k: int, wish: Wish) -> Imagined:
        cases = inspiration_for(subject.photo.id, wish, self._bank, self._config.seed)
        text = imagine_prompt(k, wish, cases)
        answer = await self._model.generate(
            [user(text, subject.view)],
            task="imagine",
            schema=list_schema("triplets", Idea, Seen),
            sampling=self._sampling(warm=True, tokens=400 * k, nonce=_nonce(subject, wish)),
        )
        found: list[Outcome[Triplet]] = []
        for at, entry in enumerate(read_list("triplets", answer.parsed)[:k], 1):
            idea = read_idea(entry, at)
            found.append(self._triplet(idea.value, subject) if isinstance(idea, Done) else idea)
        return Imagined(found, read_form(Seen, answer.parsed).seen)

    def _triplet(self, idea: Idea, subject: Subject) -> Outcome[Triplet]:
        """The idea as a triplet; dropped where its text names the thing by a word for it."""
        words = [name for name in idea.also if name.strip().casefold() not in POINTING]
        if named := [name for name in words if names_element(idea.text, [name])]:
            detail = f"{idea.pattern}: the text names the element by '{named[0][:60]}'"
            return Dropped("imagine", "leak", detail)
        return Done(
            Triplet(
                photo=subject.photo.id,
                pattern=idea.pattern.lower(),
                element=idea.element,
                text=idea.text,
                risk=idea.risk,
                why=idea.why,
                category=idea.category,
                scenario=idea.category,  # named by the map of scenarios
                speaker=idea.speaker,
                style=act_of(idea.text),
                natural_with=idea.natural_with,
            )
        )

    async def reword(
        self, triplet: Triplet, subject: Subject, n: int, already: Sequence[str] = ()
    ) -> Sequence[Outcome[Triplet]]:
        mine = act_of(triplet.text)
        acts = [act for act in FORMS if act != mine] + [mine if mine in FORMS else "statement"]
        acts = acts[: min(n, len(FORMS))]
        if not acts:
            return []
        answer = await self._model.generate(
            [user(reword_prompt(triplet, acts, _others(triplet, already)), subject.view)],
            task="reword",
            schema=list_schema("sentences", Wording),
            sampling=self._sampling(warm=True, tokens=120 * len(acts), nonce=triplet.id),
        )
        found: list[Outcome[Triplet]] = []
        for at, entry in enumerate(read_list("sentences", answer.parsed)[: len(acts)], 1):
            said = read_entry(Wording, entry, "augment", at)
            if isinstance(said, Dropped):
                found.append(said)
            elif isinstance(said, Done) and words_of(said.value.text) != words_of(triplet.text):
                text, speaker = said.value.text, said.value.speaker
                found.append(Done(replace(triplet, text=text, speaker=speaker, style=act_of(text))))
        return found

    async def transfer(self, triplet: Triplet, subject: Subject) -> Triplet | None:
        prompt = render("transfer", triplet=triplet, act=act_of(triplet.text))
        sampling = self._sampling(tokens=400, nonce=f"{triplet.id}:{subject.photo.id}")
        moved = await self._form(Moved, prompt, [subject], "transfer", sampling)
        if moved.arises != "yes":
            return None
        here = read_form(Here, moved.model_dump(exclude={"arises"}))
        return replace(
            triplet,
            photo=subject.photo.id,
            element=here.element,
            text=here.text,
            risk=here.risk,
            why=here.why,
            style=act_of(here.text),
        )

    async def harmless(
        self, triplet: Triplet, subject: Subject, wish: ControlWish
    ) -> list[HarmlessText]:
        nonce = f"{triplet.id}:{bool(wish.complaint)}"
        sampling = self._sampling(warm=True, tokens=240, nonce=nonce)
        prompt = harmless_prompt(triplet, wish)
        twin = await self._form(Twin, prompt, [subject], "harmless_text", sampling)
        texts = [(twin.text, False)]
        if wish.near and twin.near and words_of(twin.near) != words_of(twin.text):
            texts.append((twin.near, True))
        return [
            HarmlessText(text, speaker=triplet.speaker, style=act_of(text), near=near)
            for text, near in texts
        ]

    async def title(
        self, cases: Sequence[Inspiration], taken: Sequence[str]
    ) -> tuple[str, str] | None:
        prompt = render("name_scenario", cases=cases, taken=taken)
        said = await self._form(Title, prompt, [], "name_scenario", self._sampling(tokens=200))
        return said.title, said.about


def inspiration_for(photo: str, wish: Wish, bank: Bank, seed: int) -> Sequence[Inspiration]:
    """Those of the wish, filled up with the bank's: of different scenarios, of the wanted ones
    first, others for every photo."""
    missing = SHOWN - len(wish.inspiration)
    if missing <= 0:
        return wish.inspiration
    wanted = {hint.id for hint in wish.thin}
    # As `stable_id` would hash it; the bank is asked for each photo, and an id needs no escaping.
    told = canonical(["inspire", {"pattern": "", "photo": photo, "seed": seed}])
    before, mark, after = told.partition(b'"pattern":"')
    first: dict[str, tuple[bool, bytes, Pattern]] = {}
    for id, scenario, pattern in bank.shown:
        dice = sha256(before + mark + id + after).digest()
        if scenario not in first or dice < first[scenario][1]:
            first[scenario] = (scenario not in wanted, dice, pattern)
    chosen = sorted(first.values(), key=lambda one: one[:2])[:missing]
    return [*wish.inspiration, *(_shown(pattern) for _, _, pattern in chosen)]


def imagine_prompt(k: int, wish: Wish, inspiration: Sequence[Inspiration]) -> str:
    """What an author is asked of a photo."""
    return render("imagine", k=k, wish=_last(wish), inspiration=inspiration, categories=leaves())


def _others(triplet: Triplet, already: Sequence[str]) -> Sequence[str]:
    """What is there beside the sentence itself: the last of it, so that a prompt stays bounded."""
    return [text for text in already if text != triplet.text][-EARLIER_SHOWN:]


def reword_prompt(triplet: Triplet, acts: Iterable[str], already: Sequence[str] = ()) -> str:
    """What an author is asked for other forms of a sentence."""
    forms = [FORMS[act] for act in acts]
    return render("reword", triplet=triplet, n=len(forms), forms=forms, already=already)


def harmless_prompt(triplet: Triplet, wish: ControlWish) -> str:
    """What an author is asked for the harmless twin of a sentence."""
    least, most = lengths_for(triplet.text)
    return render(
        "harmless_text",
        triplet=triplet,
        act=act_of(triplet.text),
        length=len(words_of(triplet.text)),
        least=least,
        most=most,
        near=wish.near,
        earlier=wish.earlier[-EARLIER_SHOWN:],
        complaint=wish.complaint,
    )


def _shown(pattern: Pattern) -> Inspiration:
    """A pattern of the bank as an example."""
    return Inspiration(
        pattern.id,
        pattern.element.names[0],
        pattern.cases[0].say,
        pattern.told_risk,
        pattern.scenario,
    )


def _last(wish: Wish) -> Wish:
    """With the last of its sentences: a prompt stays bounded however often a photo is looked at."""
    return replace(wish, already=wish.already[-EARLIER_SHOWN:])


def _nonce(subject: Subject, wish: Wish) -> str:
    """A look at the same photo for something else is another draw."""
    return f"{subject.photo.id}:{wish.turn}"
