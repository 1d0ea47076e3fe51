"""A run's folder and its `run.json`, which is written whole or not at all."""

from crosslight.store import write_json
from crosslight.records import CrosslightError
import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from crosslight import __version__


class RunError(CrosslightError):
    """A folder is no run's, or not the one that is wanted."""


class NotARunFolder(RunError):
    """The folder holds something else; nothing was written."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint or ELSEWHERE)


ELSEWHERE = "name a new folder with -o, or the folder of an earlier run of this command"


def read_run(out: Path) -> dict[str, Any]:
    """`run.json` of a folder; empty where there is none that can be read."""
    try:
        found = json.loads((out / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def claim(out: Path, kind: str) -> None:
    """Take the folder for a run of this kind. Raises `NotARunFolder` if it holds other things."""
    if out.exists() and not out.is_dir():
        raise NotARunFolder(f"{out} is a file")
    if out.is_dir() and any(out.iterdir()) and read_run(out).get("kind") != kind:
        raise NotARunFolder(f"{out} is not empty and holds no {kind} run")
    if not (out / "run.json").exists():
        unended(out, kind)


def unended(out: Path, kind: str) -> None:
    """Say that a run has begun: killed from here on, it reads as stopped and can go on."""
    out.mkdir(parents=True, exist_ok=True)
    told = {"kind": kind, "status": "stopped", "reason": "did not end", "rows": 0}
    write_json(out / "run.json", told)


def library_versions(packages: Sequence[str]) -> dict[str, str]:
    """Versions of Crosslight, Python and those of the packages that are installed."""
    found = {"crosslight": __version__, "python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
