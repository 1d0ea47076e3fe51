"""The table of labels."""

import pytest

from crosslight.models.embedded.coco import PERSON, label_of, labels, usable_labels
from crosslight.models.errors import BadSpec


def test_eighty_labels_in_the_order_of_their_ids() -> None:
    columns = [label.column for label in labels().values()]
    assert len(columns) == 80
    assert columns == sorted(set(columns))
    assert (columns[0], columns[-1]) == (0, 89)
    unused = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
    assert {c + 1 for c in columns} == set(range(1, 91)) - unused
    assert list(labels())[15] == "cat"


def test_classes_bear_labels_out() -> None:
    assert "beagle" in label_of("dog").classes
    assert "dingo" not in label_of("dog").classes
    assert label_of("giraffe").classes == frozenset()
    assert PERSON in usable_labels()
    assert "giraffe" not in usable_labels()


def test_another_name_is_an_error() -> None:
    with pytest.raises(BadSpec, match="dogg"):
        label_of("dogg")
