"""Written examples of harm and of none: what the untuned judge compares a text with."""

from importlib.resources import files


def harmful() -> list[str]:
    """Requests that nobody should help with; each has its twin in `harmless`."""
    return _lines("harmful.txt")


def harmless() -> list[str]:
    """Requests of like forms that anybody may help with."""
    return _lines("harmless.txt")


def _lines(name: str) -> list[str]:
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line.strip()]
