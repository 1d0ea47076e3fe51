"""Says quickly that a value obeys a schema, for schemas that say little.

Nearly all replies obey theirs, and a full validator takes most of a millisecond to say so. What is
not surely right here is left to it: a keyword that is not known, or a value that does not fit.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

Accepts = Callable[[Any], bool]
"""True: the value obeys. False: it does not, or this cannot be told here."""
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "number": (int, float),
}
_MEANINGLESS: Final = frozenset({"title", "description"})


def quick_check(schema: Any) -> Accepts | None:
    """A check of values by a schema; None where it says what is not known here."""
    if not isinstance(schema, dict):
        return None
    checks = []
    for word, given in schema.items():
        if word in _MEANINGLESS:
            continue
        made = _CHECKS[word](given) if word in _CHECKS else None
        if made is None:
            return None
        checks.append(made)
    parts = tuple(checks)
    return lambda value: all(check(value) for check in parts)


def _of_type(given: Any) -> Accepts | None:
    names = given if isinstance(given, list) else [given]
    if not all(isinstance(name, str) and name in _TYPES for name in names):
        return None
    # By its own class, not an heir's: True is a number in Python alone.
    types = frozenset(one for name in names for one in _TYPES[name])
    return lambda value: type(value) in types


def _of_values(given: Any) -> Accepts | None:
    """Texts alone: 1, 1.0 and True are equal in Python and not in JSON."""
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        return None
    values = frozenset(given)
    return lambda value: isinstance(value, str) and value in values


def _with_names(given: Any) -> Accepts | None:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        return None
    names = tuple(given)
    return lambda value: not isinstance(value, dict) or all(name in value for name in names)


def _with_properties(given: Any) -> Accepts | None:
    if not isinstance(given, dict):
        return None
    known = {name: quick_check(part) for name, part in given.items()}
    checks = [(name, check) for name, check in known.items() if check is not None]
    if len(checks) < len(known):
        return None
    return lambda value: (
        not isinstance(value, dict)
        or all(check(value[name]) for name, check in checks if name in value)
    )


def _with_items(given: Any) -> Accepts | None:
    check = quick_check(given)
    if check is None:
        return None
    return lambda value: not isinstance(value, list) or all(check(part) for part in value)


_CHECKS: Final[Mapping[str, Callable[[Any], Accepts | None]]] = {
    "type": _of_type,
    "enum": _of_values,
    "required": _with_names,
    "properties": _with_properties,
    "items": _with_items,
}
