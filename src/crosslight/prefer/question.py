"""What a person says beside a photo, and what is known of it."""

from dataclasses import dataclass

from crosslight.records import AskedAs, RequestSide, stable_id


@dataclass(frozen=True, slots=True)
class Question:
    """One text beside one photo (its hash). Numbers are probabilities; None is unknown.

    `domain`, `middle`, `leaf` are names of SPA-VL's tree; `leaf_known`: the name is the data's
    own. Of an easy question the leaf is inherited: it says what led to it, not what it is about.
    `points`: what the words refer to is there. `matters`: another photo would call for another
    answer. `premise`: it claims something that the photo does not show. `detail`: it asks for what
    serves a harm. `given` holds the columns of a row that came with its question.
    """

    photo: str
    text: str
    form: AskedAs = AskedAs.GIVEN
    lever: str = ""
    domain: str = ""
    middle: str = ""
    leaf: str = ""
    leaf_known: bool | None = None
    leaf_blind: tuple[str, ...] = ()
    """The two leaves that the guard names without being told, the likelier first."""
    thing: str = ""
    wronged: str = ""
    aim: str = ""
    side: RequestSide = RequestSide.UNKNOWN
    side_p: float | None = None
    """Of the side that was read; where it is unknown, of the likeliest."""
    points: float | None = None
    matters: float | None = None
    premise: float | None = None
    detail: float | None = None
    source: str = ""
    licence: str = ""
    origin: str = ""
    written_by: str = ""
    decided_by: str = ""
    given: tuple[tuple[str, str], ...] = ()
    near: str = ""
    """The first photo of the input that this one is a near copy of; empty: of none."""

    @property
    def id(self) -> str:
        """Hash of photo and text: the same question in every run."""
        return stable_id("question", photo=self.photo, text=self.text)

    @property
    def cluster(self) -> str:
        """What is held out and resampled together: all that is asked about one photo and its near
        copies, so that a hard question and its statement never part."""
        return self.near or self.photo

    @property
    def harmless(self) -> bool:
        """Whether simply helping is best."""
        return self.side is RequestSide.HARMLESS
