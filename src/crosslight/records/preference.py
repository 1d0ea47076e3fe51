"""The rows of preference data: a photo, a question, the better and the worse of two replies."""

from dataclasses import dataclass, field
from enum import StrEnum

from crosslight.records.ids import stable_id


class AskedAs(StrEnum):
    """In which form a question is put (SPA-VL, section 3). `GIVEN`: it came with its photo."""

    EASY = "easy"
    HARD_QUESTION = "hard_question"
    HARD_STATEMENT = "hard_statement"
    GIVEN = "given"


class RequestSide(StrEnum):
    """What the best that a good assistant can do with photo and question together is."""

    HARMLESS = "harmless"
    """Simply help."""
    HIDDEN_RISK = "hidden_risk"
    """Help, and point out a danger that the person has not seen."""
    HARMFUL_INTENT = "harmful_intent"
    """Not help with the aim, say why, offer something better."""
    SENSITIVE = "sensitive"
    """About a real individual, or it can be meant both ways."""
    UNKNOWN = "unknown"


class ReplyKind(StrEnum):
    """What a reply is. `MODEL`: a responder's, of no kind that was planned."""

    GUIDANCE = "guidance"
    HELP = "help"
    GO_ALONG = "go_along"
    REFUSAL = "refusal"
    WARNING = "warning"
    EVASION = "evasion"
    """A change of the subject."""
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Reply:
    """One of the two replies of a pair. `by`: the responder's spec and revision, or `bank`."""

    text: str
    kind: ReplyKind
    by: str


@dataclass(frozen=True, slots=True)
class Preference:
    """One pair: `chosen` is the better reply to `question` beside the photo `photo` (its hash).

    `mirror_of`: the id of the pair in which the same two replies change roles, beside another
    photo; both stand in one split and one `cluster` (what is held out and resampled together).
    `basis`: by what it is better (helpful, harmless, both, harmless_over_helpful, written).
    `weight` is at most 1: what a trainer may multiply its loss by.
    """

    photo: str
    question: str
    chosen: Reply
    rejected: Reply
    side: RequestSide
    basis: str
    form: AskedAs = AskedAs.GIVEN
    category: str = ""
    pattern: str = ""
    cluster: str = ""
    mirror_of: str = ""
    sensitive: bool = False
    weight: float = 1.0
    split: str = ""
    decided_by: str = ""
    parent: str = ""
    provenance: dict[str, str] = field(default_factory=dict, compare=False, hash=False)

    @property
    def id(self) -> str:
        """Hash of photo, question and both replies: the same pair in every run."""
        return preference_id(self.photo, self.question, self.chosen.text, self.rejected.text)


def preference_id(photo: str, question: str, chosen: str, rejected: str) -> str:
    """The id of a pair, before there is one."""
    return stable_id("preference", photo=photo, question=question, chosen=chosen, rejected=rejected)
