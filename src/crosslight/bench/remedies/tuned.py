"""The third remedy of MMSafeAware: a model that was tuned on safety reasoning, beside its base."""

import re
from pathlib import Path
from typing import Any

from crosslight.models import locate_repository
from crosslight.records import BadSetting, CrosslightError
from crosslight.runs import read_run

NAME = "tuned"
FORM = f"{NAME}:SPEC"
KIND = "tune"
"""Of the run that a tuned model lies in."""
_COMMIT = re.compile(r"[0-9a-f]{40}")


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
    was, now = str(_base_of(tuned).get("revision", "")), _revision(base)
    if was and now and was != now:
        raise BadSetting(
            f"--remedy {NAME}: {tuned} was tuned from another revision of {said} ({was[:16]}, "
            f"--model is {now[:16]})",
            "name the revision that it was tuned from: else the difference is not the tuning's",
        )
    return ""


def tuned_from(spec: str) -> str:
    """The base that the run in a spec's folder names; empty where there is no such run."""
    return str(_base_of(spec).get("spec", ""))


def _base_of(spec: str) -> dict[str, Any]:
    """Name and revision of the base, as the run in a spec's folder has them."""
    place = Path(spec.partition(":")[2].partition("?")[0]).expanduser()
    for folder in (place, place.parent):
        if not place.is_dir() or not (folder / "run.json").is_file():
            continue
        told = read_run(folder)
        models = told.get("models")
        if told.get("kind") == KIND and isinstance(models, list):
            named = [one for one in models if isinstance(one, dict) and one.get("role") == "base"]
            return named[0] if named else {}
    return {}


def _revision(base: str) -> str:
    """Which files a base is, where that is known before it is opened: a folder's hash, or a commit
    that the spec names."""
    place, _, options = base.partition(":")[2].partition("?")
    if Path(place).expanduser().is_dir():
        try:
            return locate_repository(place, "")[1]
        except CrosslightError:
            return ""  # opening it will say what is wrong with it
    named = dict(part.partition("=")[::2] for part in options.split("&")).get("revision", "")
    return named if _COMMIT.fullmatch(named) else ""


def _name(spec: str) -> str:
    """As a run of tune names its base: OWNER/REPO, or the name of a folder without its place."""
    place = spec.partition(":")[2].partition("?")[0]
    folder = Path(place).expanduser()
    return folder.resolve().name if folder.is_dir() else place
