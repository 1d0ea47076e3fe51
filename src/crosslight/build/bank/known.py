"""The names that a bank may use: ImageNet classes, COCO labels, our categories."""

from difflib import get_close_matches
from functools import cache

from crosslight.models import class_names
from crosslight.policy import leaves

# TODO(eyes): the detector's own table takes the place of this list.
LABELS = frozenset(
    name.strip()
    for name in """person, bicycle, car, motorcycle, airplane, bus, train, truck, boat,
    traffic light, fire hydrant, stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow,
    elephant, bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis,
    snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, surfboard,
    tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich,
    orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed,
    dining table, toilet, tv, laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster,
    sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier, toothbrush""".split(
        ","
    )
)


@cache
def _categories() -> frozenset[str]:
    return frozenset(leaf.id for leaf in leaves())


def a_class(name: str) -> str:
    """The name of an ImageNet class. Raises `ValueError` that names near ones."""
    return _known(name, class_names(), "ImageNet class (third column of imagenet.tsv)")


def a_label(name: str) -> str:
    """The name of a COCO label. Raises `ValueError` that names near ones."""
    return _known(name, LABELS, "COCO label")


def a_category(name: str) -> str:
    """A leaf of the taxonomy. Raises `ValueError` that names near ones."""
    return _known(name, _categories(), "category of `crosslight policy taxonomy`")


def a_print_pattern(pattern: str) -> str:
    """A pattern over words that were read. Raises `ValueError`."""
    for item in pattern.split():
        if any(sign in item for sign in "()[]{}\\+?^$"):
            raise ValueError(
                f"'{item}' is no item of a print pattern: they are word, word|word, begin*, "
                "# (a number), #2-4 (digits) and ..3 (at most three words between), with spaces"
            )
    return pattern


def _known(name: str, names: frozenset[str], what: str) -> str:
    if name in names:
        return name
    near = ", ".join(get_close_matches(name, names, n=3))
    raise ValueError(f"'{name}' is no {what}" + (f": do you mean {near}?" if near else ""))
