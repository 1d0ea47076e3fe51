"""The rows of a safety dataset: a photo, a text, what the two become together, an answer."""

from dataclasses import dataclass, field
from enum import StrEnum

from crosslight.records.ids import stable_id


class Kind(StrEnum):
    """What a row teaches a judge."""

    UNSAFE = "unsafe"
    """Photo and text are each harmless; together they are a risk."""
    CONTROL_TEXT = "control_text"
    """The photo of an unsafe row with a harmless text."""
    CONTROL_PHOTO = "control_photo"
    """The text of an unsafe row with a photo where it is harmless."""
    HARD_NEGATIVE = "hard_negative"
    """The photo of an unsafe row with a text about the risky thing that is harmless still."""


@dataclass(frozen=True, slots=True)
class Triplet:
    """Image-text-risk (RMS): what this photo and an innocent sentence become together.

    `element` is the thing in the photo that carries the risk, in words; `pattern` the id of the
    bank pattern or a name that the author model gave; `category` a leaf of the taxonomy.
    `text` is said by `speaker`; `style` names what kind of sentence it is: of the bank its act
    (request, question, statement, plan), of a model how it was worded (plain, paraphrase ...).
    `asks`, of the bank: for something beside the deed (`aside`), or about it (`deed`).
    `natural_with`: things with which the same sentence is natural and harmless.
    """

    photo: str
    pattern: str
    element: str
    text: str
    risk: str
    why: str
    category: str
    scenario: str
    speaker: str = "someone"
    style: str = "plain"
    sensitive: bool = False
    asks: str = ""
    natural_with: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Hash of what the triplet is: photo, pattern and text."""
        return stable_id("triplet", photo=self.photo, pattern=self.pattern, text=self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What goes with the probabilities of a row, of one photo or of two.

    `visible`: the element is to be seen; `follows`: the stated risk follows from photo and text.
    None means unknown, which is neither safe nor unsafe. `decided_by` says where the numbers come
    from, e.g. `openai:...` or `embedded (bank and perception)`. `stated`: people wrote the text as
    harmless and nothing measured it, so that no number of the text alone is to be had.
    """

    leak: bool = False
    stated: bool = False
    decided_by: str = ""
    notes: tuple[str, ...] = ()
    visible: float | None = None
    follows: float | None = None


@dataclass(frozen=True, slots=True)
class CrossCheck(Check):
    """The numbers of a row: probabilities in [0, 1] that it is *unsafe*, None is unknown.

    `beside`: beside so many other photos the text makes sense and was read; 0 where no such photo
    was found, and then `text_elsewhere` is unknown because nobody asked.
    """

    text_alone: float | None
    text_elsewhere: float | None
    photo_alone: float | None
    together: float | None
    beside: int = 0


def sample_id(triplet: Triplet, kind: Kind, recipe: str) -> str:
    """The id that the sample of a triplet has, before there is one."""
    return stable_id(
        "sample", photo=triplet.photo, text=triplet.text, kind=str(kind), recipe=recipe
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of the dataset. `label` is `unsafe` or `safe`; `parent` is the row it came from.

    `other_response`: a worse reply, where there is one, and what it is (`other_kind`): that goes
    along (`go_along`) on an unsafe row, a `warning` that nobody needs on a text control, and on a
    photo control the `guidance` of its parent.
    """

    triplet: Triplet
    kind: Kind
    label: str
    response: str
    check: CrossCheck
    sensitive: bool = False
    parent: str = ""
    split: str = ""
    recipe: str = ""
    other_response: str = ""
    other_kind: str = ""
    provenance: dict[str, str] = field(default_factory=dict, compare=False, hash=False)

    @property
    def id(self) -> str:
        """Hash of photo, text, kind and recipe: the same row in every run."""
        return sample_id(self.triplet, self.kind, self.recipe)
