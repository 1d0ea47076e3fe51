"""What Label Studio exports is read without its pictures, wherever a part of the file ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from crosslight.export.formats import labelstudio_file
from crosslight.export.formats.labelstudio_file import read_tasks
from crosslight.store import UnreadableFile

ADDRESS = "data:image/png;base64," + "iVBORw0KGgo/+AAAA" * 9 + "=="


def task(**data: Any) -> dict[str, Any]:
    return {"data": data, "annotations": [{"result": []}]}


TASKS = [
    task(id="a", image=ADDRESS, text="data:image/png is an address"),
    task(id="b", image="", image_2=ADDRESS, text='say "data:image" \\ \u2028 to me'),
    task(id="c", image=ADDRESS, text='"', none=None, more=[ADDRESS, 1.5]),
    task(id="d", text="data:image/svg+xml,<svg>"),
    task(id="e", text='he wrote: "data:image/png;base64,abc", "more"'),
]


@pytest.mark.parametrize("chunk", [*range(1, 90), 2**24])
def test_all_words_are_there_and_no_picture(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelstudio_file, "_CHUNK", chunk)
    file = tmp_path / "project.json"
    file.write_text(json.dumps(TASKS))
    wanted = json.loads(json.dumps(TASKS).replace(ADDRESS, ""))
    assert read_tasks(file) == wanted
    file.write_text(json.dumps(TASKS).replace("/", "\\/"))
    assert read_tasks(file) == wanted, "as some servers write a slash"


def test_the_bound_is_on_the_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelstudio_file, "MOST_WORDS", 2_000)
    monkeypatch.setattr(labelstudio_file, "_CHUNK", 500)
    file = tmp_path / "project.json"
    file.write_text(json.dumps([task(id="a", image=ADDRESS * 90)]))
    assert file.stat().st_size > 10_000 and len(read_tasks(file)) == 1
    file.write_text(json.dumps([task(id="a", text="word " * 900)]))
    with pytest.raises(UnreadableFile, match="bytes of words") as refused:
        read_tasks(file)
    assert refused.value.hint
