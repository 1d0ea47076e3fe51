"""The pages that are made of declarations: `python docs/generate.py`, or `make docs`.

`bench-suites.md` comes from the suites and the published scorers, `commands.md` from the command
line; what people write on them stands in `templates/`. Nothing of a page depends on how a library
renders help, nor on the machine: `tests/test_docs.py` compares the pages with what is made here.
"""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path, PurePath
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from typer.main import get_command

from crosslight.bench import Suite, all_suites, published_scorer
from crosslight.cli import app

DOCS = Path(__file__).parent
KINDS = {str: "TEXT", Path: "PATH", int: "N", float: "NUMBER", bool: ""}
OTHERS = ("--help", "--install-completion", "--show-completion")
"""Typer's own options, which follow its version."""


@dataclass(frozen=True)
class Parameter:
    """An argument or an option as it was declared. `names` is empty for an argument."""

    name: str
    names: tuple[str, ...]
    kind: str
    help: str
    default: str
    bounds: str
    required: bool
    repeats: bool

    @property
    def shown(self) -> str:
        """As one writes it: `-o`, `--output` PATH."""
        if not self.names:
            return f"`{self.name.upper()}`"
        return ", ".join(f"`{name}`" for name in self.names) + (
            f" {self.kind}" if self.kind else ""
        )

    @property
    def note(self) -> str:
        """The last column of its row."""
        said = "required" if self.required else self.default and f"`{self.default}`"
        more = "may be repeated" if self.repeats else ""
        return "; ".join(part for part in (said, self.bounds, more) if part)


@dataclass(frozen=True)
class Command:
    """A command, or a group of them (then `parts` names them)."""

    words: str
    help: str
    arguments: tuple[Parameter, ...] = ()
    options: tuple[Parameter, ...] = ()
    parts: tuple[str, ...] = ()
    short: str = ""
    hidden: frozenset[str] = field(default_factory=frozenset)

    @property
    def usage(self) -> str:
        """The line that one types."""
        named = (p.name.upper() if p.required else f"[{p.name.upper()}]" for p in self.arguments)
        needed = (f"{p.names[-1]} {p.kind}".strip() for p in self.options if p.required)
        return " ".join([self.words, *named, *needed, *(["[OPTIONS]"] if self.options else [])])

    @property
    def all_names(self) -> frozenset[str]:
        """Every name of every option, hidden ones too."""
        return self.hidden.union(*(p.names for p in self.options))


@cache
def commands() -> tuple[Command, ...]:
    """Every command of the command line that is not hidden, groups before their parts."""
    return tuple(_walk(get_command(app), "crosslight"))


def _walk(command: Any, words: str, short: str = "") -> Iterator[Command]:
    parts: dict[str, Any] = getattr(command, "commands", {})
    shown = {name: part for name, part in parts.items() if not part.hidden}
    found = [_parameter(command, p) for p in command.params if not _hidden(p)]
    yield Command(
        words,
        " ".join(inspect.cleandoc(command.help or "").split()),
        tuple(p for p in found if not p.names),
        tuple(p for p in found if p.names),
        tuple(shown),
        short,
        frozenset(o for p in command.params if _hidden(p) for o in p.opts if o[0] == "-"),
    )
    for name, part in shown.items():
        yield from _walk(part, f"{words} {name}", words if name == "run" else "")


def _hidden(parameter: Any) -> bool:
    return getattr(parameter, "hidden", False) or any(o in OTHERS for o in parameter.opts)


def _parameter(command: Any, parameter: Any) -> Parameter:
    names = [o for o in (*parameter.opts, *parameter.secondary_opts) if o.startswith("-")]
    kind, bounds = _declared(command, parameter.name)
    return Parameter(
        parameter.metavar or parameter.name,
        tuple(sorted(names, key=lambda name: name.startswith("--"))),
        parameter.metavar or kind,
        " ".join((parameter.help or "").split()),
        _default(parameter),
        bounds,
        bool(parameter.required),
        bool(getattr(parameter, "multiple", False)) or parameter.nargs == -1,
    )


def _declared(command: Any, name: str) -> tuple[str, str]:
    """What kind of value it takes, and its bounds in words, by the annotation of its function."""
    declared = inspect.signature(command.callback, eval_str=True).parameters.get(name)
    if declared is None:
        return "TEXT", ""
    kind, infos = declared.annotation, [declared.default]
    if get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        infos += more
    while get_origin(kind) in (Union, UnionType, list, tuple):
        kind = next(one for one in get_args(kind) if one is not type(None))
    least = [one.min for one in infos if getattr(one, "min", None) is not None]
    most = [one.max for one in infos if getattr(one, "max", None) is not None]
    said = [f"at least {one:g}" for one in least if one] + [f"at most {one:g}" for one in most]
    bounds = ", ".join(said)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(one.value) for one in kind), bounds
    return KINDS.get(kind, "TEXT"), bounds


def _default(parameter: Any) -> str:
    """A default in words. One that is computed, or a place of this machine, is not told."""
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    if parameter.secondary_opts and isinstance(parameter.default, bool):
        return str((parameter.opts if parameter.default else parameter.secondary_opts)[0])
    return "" if parameter.show_default is False else _plain(parameter.default)


def _plain(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, PurePath):
        return "" if value.is_absolute() else value.as_posix()
    if isinstance(value, (tuple, list)):
        return " ".join(_plain(one) for one in value)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def native_files(suite: Suite) -> str:
    """The patterns of a suite's files; alternatives joined by `or`."""
    return ", ".join(" or ".join(f"`{one}`" for one in p.split("|")) for p in suite.files)


def prose(suite: Suite) -> str:
    """What the suite's file says of itself, one paragraph a line."""
    about = inspect.getdoc(sys.modules[suite.read.__module__]) or ""
    return "\n\n".join(" ".join(part.split()) for part in about.split("\n\n"))


def pages() -> dict[Path, str]:
    """Each made page with its text."""
    env = Environment(  # noqa: S701 (Markdown of our own words, no HTML)
        loader=FileSystemLoader(DOCS / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters["cell"] = lambda text: text.replace("|", "\\|")
    env.globals.update(native_files=native_files, prose=prose, scorer=published_scorer)
    given = {"suites": all_suites(), "commands": commands()}
    return {
        DOCS / path.stem: env.get_template(path.name).render(given)
        for path in sorted((DOCS / "templates").glob("*.md.j2"))
    }


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
        print(page.relative_to(DOCS.parent))
