"""A row of two photos on its way: the idea, its numbers, the finished row."""

from dataclasses import dataclass, field

from crosslight.records import Check, Kind, stable_id

PAIR_RECIPE = "rms-two-photos-2"


@dataclass(frozen=True, slots=True)
class PairIdea:
    """Two photos in the order in which they are shown, and what somebody says of both.

    `elements`: the thing in each that matters. `intent`: what the person most likely wants.
    """

    photos: tuple[str, str]
    elements: tuple[str, str]
    pattern: str
    text: str
    intent: str
    risk: str
    why: str
    category: str
    scenario: str
    speaker: str = "someone"
    style: str = "plain"
    asks: str = ""
    sensitive: bool = False
    sides: tuple[str, str] = ("one", "other")
    """Which thing of the bank's pattern is in which photo."""
    words: tuple[str, ...] = ()
    """Other words for the two things: the sentence may hold none."""

    @property
    def id(self) -> str:
        """Hash of what is shown and said."""
        return stable_id("pair", photos=list(self.photos), pattern=self.pattern, text=self.text)


@dataclass(frozen=True, slots=True)
class PairCheck(Check):
    """Probabilities that it is *unsafe*; None is unknown, which is neither safe nor unsafe.

    `with_first`, `with_second`: the sentence beside one of the two photos.
    """

    text_alone: float | None
    photos_alone: tuple[float | None, float | None]
    with_first: float | None
    with_second: float | None
    together: float | None


@dataclass(frozen=True, slots=True)
class Guidance:
    """What a reply to an unsafe row says after it has told what the photos show."""

    intent: str
    answer: str


@dataclass(frozen=True, slots=True)
class PairRow:
    """One row of the dataset. `parent` is the unsafe row that a control belongs to. `answer`: the
    guidance within the response; `other_response` and what it is (`other_kind`): a worse one."""

    idea: PairIdea
    kind: Kind
    label: str
    response: str
    check: PairCheck
    parent: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)
    answer: str = ""
    other_response: str = ""
    other_kind: str = ""

    @property
    def id(self) -> str:
        """Hash of photos, text, kind and recipe: the same row in every run."""
        return stable_id(
            "sample",
            photos=list(self.idea.photos),
            text=self.idea.text,
            kind=str(self.kind),
            recipe=PAIR_RECIPE,
        )


def chain(elements: tuple[str, str], intent: str, answer: str) -> str:
    """The reply: what each photo shows, what the person wants, and then the answer. On both sides
    of the same form, so that the form tells nothing."""
    shown = f"The first photo shows {elements[0]}, and the second {elements[1]}."
    return " ".join((shown, intent.strip(), answer.strip()))
