"""What all pages share: their templates, their style, and how text of strangers enters them."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crosslight.text import plural, visible


def page_environment() -> Environment:
    """Templates that escape all they are given; a slot without a value is an error."""
    made = Environment(
        loader=PackageLoader("crosslight.view"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(visible=visible, plural=plural, coded=coded)
    return made


def asset(*names: str) -> str:
    """The text of style sheets or scripts, one after the other."""
    folder = Path(__file__).parent / "templates"
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


def coded(text: str) -> Markup:
    """Escaped text in which what stands between backticks is code; one without a mate stays."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    made = [Markup("<code>{}</code>" if at % 2 else "{}").format(p) for at, p in enumerate(parts)]  # noqa: S704
    return Markup("").join(made)


def trusted(text: str) -> Markup:
    """Text of ours that needs no escaping. Never give it text of a run."""
    return Markup(text)  # noqa: S704


def script_hash(script: str) -> str:
    """The source expression that lets exactly this script run (Content-Security-Policy)."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def percent(value: float | None) -> str:
    """Width of a bar; a number outside [0, 1] is drawn at the nearer end."""
    return f"{100 * min(1.0, max(0.0, value or 0.0)):.1f}%"
