"""Accepted patterns of a run as bank files for people to review.

What a run knows is filled in; what only people can say is left out and `bank lint` names it: the
severity, a second case, the classes of a thing that no class is called like. Nothing of it is used
by a build before somebody sets `reviewed: yes`.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import yaml

from crosslight.build.bank import BANK_FOLDER, SLOT, BankError, bank_files, read_bank
from crosslight.build.dataset import Row, Run, refuse_two
from crosslight.build.waves.patterns import slug
from crosslight.models import class_names, usable_labels
from crosslight.records import Kind, ReplyKind
from crosslight.store import part_of, write_text
from crosslight.text import head_word, stem

ACTS = ("request", "question", "statement", "plan")
_FIXED = frozenset(("id", "photo", "kind", "label", "pattern", "scenario", "split"))
"""What no edit of words can change."""
MOST_CASES = 20
MOST_PATTERNS = 200
"""As many as a file of the schema may hold; further ones are counted, not written."""


@dataclass(frozen=True, slots=True)
class BankExport:
    """What was written. `known`: patterns that the bank has already."""

    files: tuple[Path, ...]
    patterns: int
    known: int
    left_out: int


def only_accepted(run: Run, accepted: Mapping[str, Mapping[str, str]]) -> Run:
    """The run with the rows that reviewers accepted, in the words of their edits.

    `accepted`: row -> column -> text, as `crosslight.runs.accepted_rows` gives it.
    """
    texts = {field.name for field in fields(Row) if field.type in ("str", str)} - _FIXED

    def edited(row: Row) -> Row:
        words: Any = {k: v for k, v in accepted[row.id].items() if k in texts}
        return replace(row, **words)

    rows = tuple(edited(row) for row in run.rows if row.id in accepted)
    return replace(run, rows=rows)


def export_bank(run: Run, out: Path, *, ours: bool = False) -> BankExport:
    """Write `out/SCENARIO.yaml` for every scenario of the run with patterns that are not ours.

    `ours`: copy our bank there first and add to its files, so that `--bank` takes both. Raises
    `BankError` where `out` holds files: a review is not written over; `RunError` for a build of two
    photos.
    """
    refuse_two(run, "bank export")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BankError(
            f"{out} is there already", hint="name a new folder: a review would be written over"
        )
    bank = read_bank()
    mine = [row for row in run.rows if row.pattern not in bank.patterns]
    scenarios = _scenarios(mine)
    known = {row.pattern for row in run.rows if row.pattern in bank.patterns}
    whole = {file.stem: file.read_text("utf-8") for file in bank_files(BANK_FOLDER)} if ours else {}
    titles, written = run.manifest.titles, 0
    for name, patterns in scenarios.items():
        taken = {p.id for p in bank if p.scenario == name} if name in whole else set()
        made = _patterns(name, patterns, taken)[: MOST_PATTERNS - len(taken)]
        written += len(made)
        if not made:
            continue
        whole[name] = (
            whole[name].rstrip("\n") + "\n" + _indented(made)
            if name in whole
            else _file(name, titles.get(name, ""), made)
        )
    _write(out, {f"{name}.yaml": whole[name] for name in sorted(whole)})
    every = sum(map(len, scenarios.values()))
    files = tuple(out / f"{name}.yaml" for name in sorted(whole))
    return BankExport(files, written, len(known), every - written)


def _write(out: Path, files: Mapping[str, str]) -> None:
    """All files or none: a part of them could not be told from a review, and is never replaced."""
    out = out.resolve()  # `.` has no name, and a link would not be replaced
    if out == Path.cwd():
        raise BankError(f"{out.name} is the folder that you are in", hint="name a new one with -o")
    part = part_of(out)
    try:
        part.mkdir(parents=True)
        for name, text in files.items():
            write_text(part / name, text)
        part.rename(out)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        told = f"{out} cannot be written: {error.strerror or error}"
        raise BankError(told, hint="name another folder with -o") from error


def _scenarios(rows: Iterable[Row]) -> dict[str, dict[str, list[Row]]]:
    """Rows by scenario and pattern, each in the order of their names."""
    found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.pattern:
            found[slug(row.scenario)][row.pattern].append(row)
    unsafe = {
        scenario: {p: rows for p, rows in sorted(patterns.items()) if _unsafe(rows)}
        for scenario, patterns in sorted(found.items())
    }
    return {scenario: patterns for scenario, patterns in unsafe.items() if patterns}


def _unsafe(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.kind == Kind.UNSAFE]


def _patterns(
    scenario: str, patterns: Mapping[str, Sequence[Row]], taken: Iterable[str]
) -> list[dict[str, Any]]:
    used = set(taken)
    made = []
    for name, rows in patterns.items():
        plain, number = f"{scenario}.{slug(name)}"[:76], 2
        id = plain
        while id in used:
            id, number = f"{plain}_{number}", number + 1
        used.add(id)
        made.append(_pattern(id, rows))
    return made


def _pattern(id: str, rows: Sequence[Row]) -> dict[str, Any]:
    unsafe = _unsafe(rows)
    first = unsafe[0]
    names = list(dict.fromkeys(row.element for row in unsafe))
    words = dict.fromkeys(word for name in names for word in (head_word(name), _bare(name)))
    controls = {row.parent: row for row in rows if row.kind == Kind.CONTROL_TEXT}
    cases = {row.text: _case(row, controls.get(row.id)) for row in unsafe}
    return {
        "id": id,
        "category": first.category,
        **({"sensitive": True} if first.sensitive else {}),
        "reviewed": False,
        "element": {**_shown_by(names), "words": [w for w in words if 2 <= len(w) <= 40]},
        "risk": _slotted(first.risk, first.element),
        "why": _slotted(first.why, first.element),
        "facts": [{"claim": first.risk[:400], "checked": "unchecked"}],
        "cases": list(cases.values())[:MOST_CASES],
    }


def _case(row: Row, control: Row | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "say": row.text,
        "speaker": row.speaker,
        **({"act": row.style} if row.style in ACTS else {}),
        **({"asks": row.asks} if row.asks else {}),
        "response": _slotted(row.response, row.element),
    }
    if row.other_kind == ReplyKind.GO_ALONG and not row.sensitive:
        found["along"] = _slotted(row.other_response, row.element)
    if control is not None:
        found["control"] = {
            "say": control.text,
            "response": _slotted(control.response, row.element),
        }
        if control.other_kind == ReplyKind.WARNING and not row.sensitive:
            found["control"]["warning"] = _slotted(control.other_response, row.element)
    return found


def _shown_by(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The classes and labels that are called as the thing is: by its last words, whole."""
    found: dict[str, dict[str, str]] = {}
    for field, every in (("classes", class_names()), ("labels", usable_labels())):
        fits = {one: name for name in reversed(names) for one in every if _called(name, one)}
        if fits:
            found[field] = dict(sorted(fits.items()))
    return found


def _called(name: str, thing: str) -> bool:
    head, words = stem(head_word(name)), [stem(word) for word in _bare(name).lower().split()]
    sought = [stem(word) for word in thing.lower().split()]
    runs = range(len(words) - len(sought) + 1)
    return head in sought and any(words[at : at + len(sought)] == sought for at in runs)


def _bare(name: str) -> str:
    """Without its article."""
    first, _, rest = name.partition(" ")
    return rest if rest and first.lower() in {"a", "an", "the", "some"} else name


def _slotted(text: str, name: str) -> str:
    """`text` with the slot where it first names the thing as this photo's rows do. Braces of a
    model would be slots: they become brackets."""
    return text.replace("{", "(").replace("}", ")").replace(name, SLOT, 1)


def _file(name: str, title: str, patterns: list[dict[str, Any]]) -> str:
    shown = title if 4 <= len(title) <= 60 else name.replace("_", " ").ljust(4, ".")
    head = {
        "scenario": name,
        "title": shown,
        "about": f"Found by a build among its photos, not yet reviewed: {shown}.",
    }
    return _dumped(head) + "patterns:\n" + _indented(patterns)


def _indented(patterns: list[dict[str, Any]]) -> str:
    lines = _dumped(patterns).splitlines()
    return "".join(f"  {line}\n" if line else "\n" for line in lines)


def _dumped(value: Any) -> str:
    # Two spaces fewer than the width of our files: patterns are set in by two.
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=98)
