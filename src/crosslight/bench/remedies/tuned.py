"""The third remedy of MMSafeAware: a model that was tuned on safety reasoning, beside its base."""

from pathlib import Path

from crosslight.records import BadSetting
from crosslight.runs import read_run

NAME = "tuned"
FORM = f"{NAME}:SPEC"
KIND = "tune"
"""Of the run that a tuned model lies in."""


def tuned_spec(remedy: str) -> str:
    """The spec behind `tuned:`; empty for another remedy. Raises `BadSetting` where it is bare."""
    name, _, spec = remedy.partition(":")
    if name != NAME:
        return ""
    if not spec:
        raise BadSetting(
            f"--remedy {NAME} names no model",
            f"--remedy {FORM}, e.g. {NAME}:tuned:runs/tuned, beside its base in --model",
        )
    return spec


def check_base(base: str, tuned: str) -> str:
    """A note where nobody can tell whether `tuned` was made of `base`, for people.

    Raises `BadSetting` where the run that it lies in says that it was made of something else.
    """
    said = tuned_from(tuned)
    if not said:
        return (
            f"{tuned} does not say which model it was tuned from: that it was {base} is your word"
        )
    if said != _name(base):
        raise BadSetting(
            f"--remedy {NAME}: {tuned} was tuned from {said}, and --model is {base}",
            "name its own base as --model: else the difference is not the tuning's",
        )
    return ""


def tuned_from(spec: str) -> str:
    """The base that the run in a spec's folder names; empty where there is no such run."""
    place = Path(spec.partition(":")[2].partition("?")[0]).expanduser()
    for folder in (place, place.parent):
        if not place.is_dir() or not (folder / "run.json").is_file():
            continue
        told = read_run(folder)
        models = told.get("models")
        if told.get("kind") == KIND and isinstance(models, list):
            named = [one for one in models if isinstance(one, dict) and one.get("role") == "base"]
            return str(named[0].get("spec", "")) if named else ""
    return ""


def _name(spec: str) -> str:
    """As a run of tune names its base: OWNER/REPO, or the name of a folder without its place."""
    place = spec.partition(":")[2].partition("?")[0]
    folder = Path(place).expanduser()
    return folder.resolve().name if folder.is_dir() else place
