"""The file of `-o` where a verb also writes one: checked before anything is measured or asked."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


def check_json_file(
    output: Path, what: str, ours: Callable[[Mapping[str, Any]], bool]
) -> Mapping[str, Any]:
    """What is there already, empty for nothing. Raises `BadSetting` for a place that cannot be
    written, and for a file that is no `what`: data, or the `run.json` of a run."""
    from crosslight.records import BadSetting
    from crosslight.store import UnreadableFile, read_json

    if not (output.parent.is_dir() and os.access(output.parent, os.W_OK)) or output.is_dir():
        raise BadSetting(
            f"-o {output}: cannot be written", "name a .json file in a folder that is there"
        )
    if not output.exists():
        return {}
    with suppress(OSError, UnreadableFile):
        found = read_json(output)
        if isinstance(found, dict) and ours(found):
            return found
    raise BadSetting(f"-o {output}: is there and is no {what}", "name another .json file")
