"""What a run's `run.json` says, and what it does not say."""

from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError


class NotSaid(CrosslightError, KeyError):
    """`run.json` lacks what somebody needs of it: the run broke off, or somebody else wrote it."""

    def __str__(self) -> str:
        return self.message


class SaidOfRun(dict[str, Any]):
    """A mapping of `run.json`, whose parts are such ones too. A part that is missing is a fault of
    the file (`NotSaid`), which is told apart from a `KeyError` of ours."""

    def __init__(self, found: dict[str, Any], run: Path, part: str = "") -> None:
        super().__init__(found)
        self._run = run
        self._part = part

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if type(value) is dict:
            value = SaidOfRun(value, self._run, f"{self._part}{name}.")
            super().__setitem__(name, value)
        return value

    def __missing__(self, name: str) -> Any:
        raise NotSaid(
            f"run.json of {self._run.name} says nothing of {self._part}{name}",
            "its overview tells how far the run came; run it again to go on",
        )
