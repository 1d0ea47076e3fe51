"""The shipped numbers, and the labels they come from."""

import yaml

from crosslight.models import fetch
from crosslight.models.embedded.imagenet import index_of
from crosslight.models.embedded.thresholds import THRESHOLDS, read_thresholds

LABELS = yaml.safe_load(THRESHOLDS.with_name("calibration.yaml").read_text(encoding="utf-8"))


def test_labels_are_about_example_photos_and_real_classes() -> None:
    book = fetch.read_manifest()
    photos = {*book.of_kind("photo"), *book.of_kind("measure")}
    assert set(LABELS["photos"]) == set(LABELS["captions"])
    assert set(LABELS["photos"]) <= photos, "later example photos are not labelled"
    assert len(LABELS["photos"]) >= 13
    for element in LABELS["elements"].values():
        assert element.get("classes") or element.get("print")
        for name in (*element.get("classes", ()), *element.get("lookalikes", ())):
            index_of(name)
    for said in LABELS["photos"].values():
        assert set(said["present"]) | set(said.get("unsure", ())) <= set(LABELS["elements"])
        assert not set(said["present"]) & set(said.get("unsure", ()))


def test_the_shipped_numbers_keep_their_promise() -> None:
    numbers = read_thresholds()
    assert numbers.absent < numbers.present
    assert numbers.measured["judgements"] > 1000
    assert numbers.measured["precision_present"] >= 0.95
    assert numbers.measured["missed_among_absent"] <= 0.01
