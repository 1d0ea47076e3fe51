"""Reads an export with the reader of its format, and prints what it found as JSON.

python readers.py FORMAT OUT, in an environment that has those readers, and not us.
"""

import io
import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image


def webdataset(out: Path) -> dict[str, Any]:
    import webdataset as wds

    path = str(out / "train-000000.tar")
    rows = list(wds.WebDataset(path, shardshuffle=False).decode("pil"))
    found = {}
    for row in rows:
        told = row["json"]
        (image,) = (row[end] for end in ("png", "jpg") if end in row)
        found[told["id"]] = [told.get("question") or told.get("verdict"), *image.size]
    return found


def hf(out: Path) -> dict[str, Any]:
    import datasets

    rows = datasets.load_dataset(str(out), cache_dir=str(out.parent / "cache"))["train"]
    return {
        row["id"]: [row.get("question") or row.get("verdict"), *row["image"].size] for row in rows
    }


def croissant(out: Path) -> dict[str, Any]:
    import mlcroissant

    made = mlcroissant.Dataset(str(out / "croissant.json"))
    assert not made.metadata.ctx.issues.errors, made.metadata.ctx.issues.errors
    found = {}
    for row in made.records("train"):
        told = {name.partition("/")[2]: value for name, value in row.items()}
        image = told["image"]
        if isinstance(image, bytes):
            image = Image.open(io.BytesIO(image))
        text = told.get("question") or told.get("text") or told["verdict"]
        second = [told["image_2"].size[0]] if "image_2" in told else []
        found[told["id"].decode()] = [text.decode(), *image.size, *second]
    return found


def labelstudio(out: Path) -> dict[str, Any]:
    from label_studio_sdk.label_interface import LabelInterface

    face = LabelInterface((out / "labels.xml").read_text(encoding="utf-8"))
    face.validate()
    found = {}
    for task in json.loads((out / "tasks-0001.json").read_text(encoding="utf-8")):
        # A task with annotations makes 2.1.2 raise: the data are validated alone.
        assert face.validate_task({"data": task["data"]})
        assert all(face.validate_prediction(one) for one in task["predictions"])
        for verdict, right in (("accept", True), ("maybe", False)):
            said = {
                **{"from_name": "verdict", "to_name": "text", "type": "choices"},
                "value": {"choices": [verdict]},
            }
            assert face.validate_annotation({"result": [said]}) is right, verdict
        told = task["data"]
        found[told["id"]] = told.get("question") or told.get("text") or told.get("verdict")
    return found


if __name__ == "__main__":
    readers = (hf, webdataset, croissant, labelstudio)
    reader = {one.__name__: one for one in readers}[sys.argv[1]]
    print(json.dumps(reader(Path(sys.argv[2]))))
