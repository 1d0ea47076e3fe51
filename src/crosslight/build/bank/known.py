"""The names that a bank may use: ImageNet classes, COCO labels, our categories, print patterns."""

from collections.abc import Collection
from difflib import get_close_matches
from functools import cache

from crosslight.models import Evidence, ModelError, class_names, usable_labels
from crosslight.policy import leaves


@cache
def _categories() -> frozenset[str]:
    return frozenset(leaf.id for leaf in leaves())


def a_class(name: str) -> str:
    """The name of an ImageNet class. Raises `ValueError` that names near ones."""
    if name not in class_names():
        raise _unknown(name, class_names(), "ImageNet class (third column of imagenet.tsv)")
    return name


def a_label(name: str) -> str:
    """The name of a COCO label. Raises `ValueError` that names near ones."""
    try:
        Evidence(labels=(name,))
    except ModelError as error:
        raise _unknown(name, usable_labels(), "COCO label") from error
    return name


def a_category(name: str) -> str:
    """A leaf of the taxonomy. Raises `ValueError` that names near ones."""
    if name not in _categories():
        raise _unknown(name, _categories(), "category of `crosslight policy taxonomy`")
    return name


def a_print_pattern(pattern: str) -> str:
    """A pattern over words that were read. Raises `ValueError` that says what it may hold."""
    try:
        Evidence(print_patterns=(pattern,))
    except ModelError as error:
        raise ValueError(f"{error.message} ({error.hint})") from error
    return pattern


def _unknown(name: str, names: Collection[str], what: str) -> ValueError:
    near = ", ".join(get_close_matches(name, names, n=3))
    return ValueError(f"'{name}' is no {what}" + (f": do you mean {near}?" if near else ""))
