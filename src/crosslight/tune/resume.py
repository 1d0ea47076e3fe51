"""A run that was stopped or killed goes on from its last whole checkpoint, to the same last bit.

`Trainer` alone does not: of all weights it writes a checkpoint under the hub's names of parameters,
and reads it back under its own without a word where they differ. So the network is opened from the
checkpoint itself, and Trainer adds optimizer, schedule and the state of chance.
"""

import shutil
from pathlib import Path
from typing import Any

from crosslight.records import BadSetting
from crosslight.store import UnreadableFile, read_json, write_json

SETUP = "setup.json"
WHOLE = "complete.json"
"""Written into a checkpoint last: a folder without it was being written when the run was killed."""


def last_checkpoint(out: Path, *, clear: bool = True) -> Path | None:
    """The newest whole one. `clear`: what was half written when a run was killed is removed."""
    folder = out / "checkpoints"
    found: list[tuple[int, Path]] = []
    for path in folder.glob("checkpoint-*"):
        if (path / WHOLE).is_file():
            found.append((int(path.name.partition("-")[2]), path))
        elif clear:
            shutil.rmtree(path)
    return max(found)[1] if found else None


def same_setup(out: Path, setup: dict[str, Any], *, kept: bool | None = None) -> None:
    """Keep what the run is made of; once something of it is kept, it can only go on with the same.

    `kept`: whether something is; without it, whether there is a checkpoint or a model.
    Raises `BadSetting` that names the first difference.
    """
    try:
        former = read_json(out / SETUP)
    except (OSError, UnreadableFile):
        former = None
    if kept is None:
        kept = (out / "model").is_dir() or any((out / "checkpoints").glob(f"*/{WHOLE}"))
    if kept and isinstance(former, dict) and former != setup:
        one, two = _flat(former), _flat(setup)
        names = sorted(n for n in one.keys() | two.keys() if one.get(n) != two.get(n))
        told = "; ".join(f"{n}: {one.get(n)} there, {two.get(n)} now" for n in names[:3])
        raise BadSetting(
            f"{out} holds a run with another set-up: {told}",
            "name a new folder with -o, or give the settings that it was begun with",
        )
    if former != setup:
        write_json(out / SETUP, setup)


def _flat(value: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, part in value.items():
        if isinstance(part, dict):
            found |= _flat(part, f"{before}{name}.")
        else:
            found[before + name] = part
    return found
