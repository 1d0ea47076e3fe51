"""The pattern bank as data: can its labels be read off the form of its texts?

    python benchmarks/bank.py [FOLDER] [--json FILE]

FOLDER holds bank files (`*.yaml`); without it the bank that comes along is measured. Patterns are
held out whole. Read is the bare YAML and not the schema, so that banks of different schemas can be
set side by side: patterns with `texts` and `controls`, or with `cases`.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crosslight.build import BANK_FOLDER
from crosslight.export import audit_markdown
from crosslight.stats import AuditRow, audit_texts
from crosslight.store import read_yaml

MAX_BYTES = 4 << 20
Pattern = Mapping[str, Any]


def patterns(folder: Path) -> Iterator[Pattern]:
    """Every pattern of a folder of bank files."""
    for path in sorted(folder.glob("*.yaml")):
        yield from read_yaml(path, MAX_BYTES)["patterns"]


def sentences(pattern: Pattern) -> Iterator[AuditRow]:
    """What people say: unsafe with the pattern's thing, and harmless with the same photo."""
    group = pattern["id"]
    for case in pattern.get("cases", ()):
        yield AuditRow(case["say"], 1, group, case.get("act", ""))
        if control := case.get("control"):
            yield AuditRow(control["say"], 0, group, control.get("act", case.get("act", "")))
    for text in pattern.get("texts", ()):
        yield AuditRow(text["say"], 1, group, act_of(text["say"]))
    for text in pattern.get("controls", {}).get("text", ()):
        yield AuditRow(text["say"], 0, group, act_of(text["say"]))


def responses(pattern: Pattern) -> Iterator[AuditRow]:
    """Guidance (1) and plain help (0), with the slot filled."""
    group, name = pattern["id"], name_of(pattern["element"])
    for case in pattern.get("cases", ()):
        yield AuditRow(case["response"].replace("{element}", name), 1, group)
        if control := case.get("control"):
            yield AuditRow(control["response"].replace("{element}", name), 0, group)
    if "response" in pattern:
        yield AuditRow(pattern["response"].replace("{element}", name), 1, group)
    controls = pattern.get("controls", {})
    photo = controls.get("photo") or {}
    for said in (*controls.get("text", ()), *([photo] if "response" in photo else ())):
        yield AuditRow(said["response"].replace("{element}", name), 0, group)


def name_of(element: Pattern) -> str:
    """What an answer calls the thing; of several names, one a class, the first."""
    if "name" in element:  # the schema before
        return str(element["name"])
    named = element.get("classes", {}) | element.get("labels", {})
    return str(next(iter(named.values()), element.get("print", {}).get("name", "it")))


def act_of(text: str) -> str:
    """A bank that tells no act: a text that holds a question mark asks."""
    return "question" if "?" in text else "statement"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=BANK_FOLDER)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = list(patterns(given.folder))
    told = {}
    for name, rows_of in (("sentences", sentences), ("responses", responses)):
        audit = audit_texts([row for one in found for row in rows_of(one)], most=100_000)
        told[name] = audit.as_json()
        print(f"## {name.capitalize()} of {len(found)} patterns\n\n{audit_markdown(audit)}")
    if given.json:
        given.json.write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
