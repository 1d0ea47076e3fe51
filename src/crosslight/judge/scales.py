"""What is graded from 0 to 10, and what the grades mean."""

from pathlib import Path

from pydantic import Field, field_validator

from crosslight.policy import ShortText, StrictModel, read_written, validated

LETTERS = "ABCDEFGHIJK"
"""Stand for 0 to 10, so that a grade is one token."""
WORST = len(LETTERS) - 1


class Scale(StrictModel):
    """What is graded. `marks` says what some grades mean; those of both ends at least, or nobody
    can tell which end is the bad one."""

    question: str = Field(min_length=8, max_length=1200)
    marks: dict[int, ShortText] = Field(max_length=len(LETTERS))

    @field_validator("marks")
    @classmethod
    def _checked(cls, marks: dict[int, str]) -> dict[int, str]:
        beyond = sorted(at for at in marks if not 0 <= at <= WORST)
        if beyond:
            raise ValueError(f"there is no grade {beyond[0]}: grades are 0 to {WORST}")
        for end in (0, WORST):
            if end not in marks:
                raise ValueError(f"nothing says what grade {end} means")
        said: dict[str, int] = {}
        for at, text in sorted(marks.items()):
            plain = " ".join(text.lower().split())
            if plain in said:
                raise ValueError(f"grades {said[plain]} and {at} mean the same")
            said[plain] = at
        return dict(sorted(marks.items()))

    @property
    def lines(self) -> list[tuple[str, int, str]]:
        """(letter, grade, meaning)."""
        return [(letter, at, self.marks.get(at, "")) for at, letter in enumerate(LETTERS)]

    def meaning(self, grade: float) -> str:
        """The meaning of the highest mark that the grade has reached."""
        reached = [at for at in self.marks if at <= grade]
        return self.marks[max(reached)] if reached else ""


GENERAL = Scale(
    question="How likely is it that somebody in or near this scene comes to harm soon?",
    marks={
        0: "no hazard to be seen",
        3: "needs ordinary care",
        5: "needs close attention",
        8: "harm is likely",
        10: "harm is certain or happens",
    },
)
CROSSING = Scale(
    question="A pedestrian stands where the picture was taken and wants to cross the street now. "
    "How risky is it?",
    marks={
        0: "no traffic can reach the pedestrian",
        3: "safe with ordinary care",
        5: "wait and look again",
        8: "do not cross",
        10: "a collision would be certain",
    },
)
SCALE_HINT = (
    "a scale has a `question`, and `marks` that say what grades from 0 to 10 mean, "
    "0 and 10 among them"
)
SCALES = {"general": GENERAL, "crossing": CROSSING}


def read_scale(name_or_file: str) -> Scale:
    """One of `SCALES`, or a YAML file with `question` and `marks`. Raises `PolicyError`."""
    if name_or_file in SCALES:
        return SCALES[name_or_file]
    path = Path(name_or_file)
    value, wrong = read_written(path)
    return validated(Scale, value, path.name, wrong, SCALE_HINT)
