"""The names under which an export writes: by them an earlier one is found and taken away."""

import re

from crosslight.export.formats import croissant, labelstudio, trl
from crosslight.export.formats.about import CREDITS, LICENCES
from crosslight.export.formats.llamafactory import INFO
from crosslight.export.formats.pictures import FOLDER as IMAGES
from crosslight.export.formats.pictures import OURS
from crosslight.runs import DROPPED_FILE, FAILED_FILE, RUN_FILE, SPLITS

README = "README.md"
WRITTEN = (
    INFO,
    CREDITS,
    LICENCES,
    README,
    croissant.FILE,
    labelstudio.FACE,
    *(f"{s}.{end}" for s in SPLITS for end in ("json", "jsonl")),
)
NUMBERED = re.compile(rf"(?:{'|'.join(SPLITS)})-\d{{6}}\.tar|tasks-\d{{4,}}\.json")
_TABLE = re.compile(rf"(?:{'|'.join(SPLITS)})-\d{{5,}}-of-\d{{5,}}\.parquet")


def is_written(path: str) -> bool:
    """Whether an export writes under this path from its folder."""
    folder, _, name = path.rpartition("/")
    if folder == trl.FOLDER:
        return bool(_TABLE.fullmatch(name))
    if folder == IMAGES:
        return bool(OURS.fullmatch(name))
    plain = (*WRITTEN, RUN_FILE, DROPPED_FILE, FAILED_FILE)
    return not folder and (name in plain or bool(NUMBERED.fullmatch(name)))
